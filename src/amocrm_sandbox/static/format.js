// Elements and texts. Everything that comes from the account goes into text nodes, never into markup.

export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "color") element.style.setProperty("--color", value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const account = { timezone: "UTC", symbol: "", users: {} };

const whole = new Intl.NumberFormat("ru-RU");

export function money(value) {
  return `${whole.format(value ?? 0)} ${account.symbol}`;
}

export function count(value) {
  return whole.format(value ?? 0);
}

export function moment(seconds, style = "full") {
  if (!seconds) return "–";
  const parts = { day: "2-digit", month: "2-digit", year: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit", hour12: false };
  const wanted = { full: { ...parts, ...clock }, day: parts, clock: { ...clock, second: "2-digit" } }[style];
  return new Intl.DateTimeFormat("ru-RU", { ...wanted, timeZone: account.timezone }).format(new Date(seconds * 1000));
}

export function user(id) {
  return id === 0 ? "robot" : (account.users[id] ?? `#${id}`);
}

export function bytes(size) {
  return size < 1024 ? `${size} B` : `${(size / 1024).toFixed(1)} KiB`;
}

function link(text) {
  const isWeb = /^https?:\/\//i.test(text);
  return isWeb ? el("a", { href: text, target: "_blank", rel: "noopener noreferrer" }, text) : text;
}

// One value of a custom field, as its type means it.
export function fieldValue(type, item) {
  const value = item.value;
  if (type === "checkbox") return value ? "☑ yes" : "☐ no";
  if (type === "date" || type === "birthday") return moment(value, "day");
  if (type === "date_time") return moment(value);
  if (type === "monetary" || type === "price") return money(Number(value));
  if (type === "numeric") return Number.isFinite(Number(value)) ? whole.format(Number(value)) : String(value);
  if (type === "url") return link(String(value));
  if (type === "multitext" || type === "smart_address") {
    return [String(value), " ", el("span", { class: "kind" }, String(item.enum_code ?? "").toLowerCase())];
  }
  if (type === "legal_entity" && value) return [value.name, value.vat_id ? ` · ИНН ${value.vat_id}` : ""].join("");
  if (type === "file" && value) return String(value.file_name ?? value.file_uuid);
  return typeof value === "object" ? JSON.stringify(item) : String(value);
}

// Pretty JSON with colours, or the text as it is.
export function code(text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return el("pre", { class: "code" }, text);
  }
  const pattern = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const pre = el("pre", { class: "code" });
  let at = 0;
  for (const match of shown.matchAll(pattern)) {
    pre.append(shown.slice(at, match.index));
    const kind = match[1] ? (match[2] ? "key" : "text") : /^[tfn]/.test(match[0]) ? "word" : "number";
    pre.append(el("span", { class: `j-${kind}` }, match[1] ?? match[0]), match[2] ?? "");
    at = match.index + match[0].length;
  }
  pre.append(shown.slice(at));
  return pre;
}
