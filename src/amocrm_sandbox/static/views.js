// What is drawn: the board, lists, one entity, one request.

import { bytes, code, count, el, fieldValue, moment, money, user } from "./format.js";

export const KINDS = {
  leads: "Leads",
  contacts: "Contacts",
  companies: "Companies",
  customers: "Customers",
  tasks: "Tasks",
  notes: "Notes",
};

const seen = new Set();

export function tags(names) {
  return names?.length ? el("div", { class: "tags" }, names.map((name) => el("span", { class: "tag" }, name))) : null;
}

function due(seconds, isDone, now) {
  if (!seconds) return null;
  const state = isDone ? "done" : seconds < now ? "late" : "";
  return el("span", { class: `due ${state}` }, `◷ ${moment(seconds)}`);
}

// ---- the board

export function card(lead, open, now, isFirst) {
  const isFresh = !isFirst && !seen.has(lead.id);
  seen.add(lead.id);
  return el(
    "button",
    { class: `card${isFresh ? " fresh" : ""}`, type: "button", data: { id: lead.id }, onclick: () => open("leads", lead.id) },
    el("span", { class: "card-name" }, lead.name || `Lead #${lead.id}`),
    el("span", { class: "card-price" }, money(lead.price)),
    lead.contacts || lead.companies
      ? el("span", { class: "card-who" }, [lead.contacts, lead.companies].filter(Boolean).join(" · "))
      : null,
    tags(lead.tags),
    el("span", { class: "card-foot" }, el("span", {}, user(lead.responsible_user_id)), due(lead.closest_task_at, false, now)),
  );
}

export function board(data, open, more, now) {
  const isFirst = seen.size === 0;
  return el(
    "div",
    { class: "board" },
    data.columns.map((column) => {
      const cards = el("div", { class: "cards", data: { status: column.id } });
      cards.append(...column.leads.map((lead) => card(lead, open, now, isFirst)));
      if (column.leads.length < column.count) {
        const button = el("button", { class: "more", type: "button" }, `show more of ${count(column.count)}`);
        button.addEventListener("click", () => more(column, cards, button));
        cards.append(button);
      }
      if (!column.count) cards.append(el("p", { class: "empty" }, "no leads"));
      return el(
        "section",
        { class: "column", color: column.color, data: { status: column.id } },
        el("h2", {}, el("span", {}, column.name), el("small", {}, count(column.count))),
        el("p", { class: "sum" }, money(column.price)),
        cards,
      );
    }),
  );
}

// ---- lists

const AT = ["Created", (row) => moment(row.created_at)];
const WHO = ["Responsible", (row) => user(row.responsible_user_id)];
const NAME = ["Name", (row) => el("b", {}, row.name || "–")];
const PARENT = ["Of", (row) => row.entity_name ?? (row.entity_id ? `${row.entity_type} #${row.entity_id}` : "–")];

function columns(kind, info, now) {
  const task = ["Next task", (row) => due(row.closest_task_at, false, now) ?? "–"];
  const stage = (row) => info.stages[`${row.pipeline_id}/${row.status_id}`] ?? row.status_id;
  return {
    leads: [NAME, ["Price", (row) => money(row.price), "number"], ["Stage", stage], ["Contact", (row) => row.contacts ?? "–"], WHO, task, AT],
    contacts: [NAME, WHO, task, AT],
    companies: [NAME, WHO, task, AT],
    customers: [NAME, ["Expected", (row) => money(row.next_price), "number"], WHO, AT],
    tasks: [
      ["Task", (row) => el("b", {}, row.text)],
      ["Type", (row) => info.taskTypes[row.task_type_id] ?? row.task_type_id],
      ["Due", (row) => due(row.complete_till, row.is_completed, now)],
      ["State", (row) => (row.is_completed ? "done" : "open")],
      PARENT,
      WHO,
    ],
    notes: [["Note", (row) => el("b", {}, noteText(row))], ["Type", (row) => row.note_type], PARENT, ["By", (row) => user(row.created_by)], AT],
  }[kind];
}

function noteText(note) {
  const text = note.params?.text ?? note.params?.link ?? note.params?.url;
  return text ? String(text) : JSON.stringify(note.params);
}

export function rows(kind, items, info, open, now) {
  const shown = columns(kind, info, now);
  return items.map((row) => {
    const [type, id] = kind === "tasks" || kind === "notes" ? [row.entity_type, row.entity_id] : [kind, row.id];
    const enter = type && id ? () => open(type, id) : undefined;
    return el(
      "tr",
      { data: { id: row.id }, tabindex: enter ? 0 : undefined, onclick: enter, onkeydown: enter && ((event) => event.key === "Enter" && enter()) },
      el("td", { class: "id" }, String(row.id)),
      shown.map(([, cell, style]) => el("td", { class: style }, cell(row))),
    );
  });
}

export function list(kind, items, info, open, now) {
  if (!items.length) return el("p", { class: "empty" }, `no ${kind}`);
  const heads = ["Id", ...columns(kind, info, now).map(([head]) => head)];
  return el(
    "table",
    { class: "list" },
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", {}, head)))),
    el("tbody", {}, rows(kind, items, info, open, now)),
  );
}

// ---- one entity

function section(title, ...content) {
  return el("section", { class: "part" }, el("h3", {}, title), content);
}

function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, shown.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

export function entity(data, info, open, now) {
  const it = data.entity;
  if (!it) return [el("h2", {}, `${KINDS[data.kind]} #${data.id}`), el("p", { class: "empty" }, "There is no such entity.")];
  const values = it.custom_fields_values ?? [];
  const isLead = data.kind === "leads";
  return [
    el("p", { class: "over" }, `${KINDS[data.kind].toLowerCase()} · ${it.id}`),
    el("h2", {}, it.name || "–"),
    tags(it._embedded?.tags?.map((tag) => tag.name)),
    facts([
      ["Price", isLead ? money(it.price) : null],
      ["Stage", isLead ? (info.stages[`${it.pipeline_id}/${it.status_id}`] ?? it.status_id) : null],
      ["Pipeline", isLead ? (info.pipelines[it.pipeline_id] ?? it.pipeline_id) : null],
      ["Loss reason", it.loss_reason_id ? (info.lossReasons[it.loss_reason_id] ?? it.loss_reason_id) : null],
      ["Responsible", user(it.responsible_user_id)],
      ["Created", `${moment(it.created_at)}, ${user(it.created_by)}`],
      ["Updated", `${moment(it.updated_at)}, ${user(it.updated_by)}`],
      ["Closed", it.closed_at ? moment(it.closed_at) : null],
      ["Next task", due(it.closest_task_at, false, now)],
    ]),
    section(
      "Custom fields",
      values.length
        ? el(
            "table",
            { class: "fields" },
            values.map((field) =>
              el(
                "tr",
                { data: { field: field.field_id } },
                el("th", {}, field.field_name, el("small", {}, `${field.field_type} · ${field.field_code ?? field.field_id}`)),
                el("td", {}, field.values.map((item) => el("div", {}, fieldValue(field.field_type, item)))),
              ),
            ),
          )
        : el("p", { class: "empty" }, "none are filled"),
    ),
    data.links.length
      ? section(
          "Linked",
          el("ul", { class: "links" }, data.links.map((link) => el("li", {}, linked(link, open)))),
        )
      : null,
    data.tasks.length
      ? section(
          "Tasks",
          el("ul", { class: "entries" }, data.tasks.map((task) => el("li", {}, task.is_completed ? "☑ " : "☐ ", task.text, el("small", {}, due(task.complete_till, task.is_completed, now), " ", user(task.responsible_user_id))))),
        )
      : null,
    data.notes.length
      ? section(
          "Notes",
          el("ul", { class: "entries" }, data.notes.map((note) => el("li", {}, noteText(note), el("small", {}, `${note.note_type} · ${moment(note.created_at)} · ${user(note.created_by)}`)))),
        )
      : null,
    data.events.length ? section("History", el("ul", { class: "entries" }, data.events.map(event))) : null,
    el("details", { class: "part" }, el("summary", {}, "As the API reads it"), code(JSON.stringify(it))),
  ];
}

function linked(link, open) {
  const text = link.name ?? `#${link.id}`;
  const what = el("span", { class: "kind" }, `${link.type.replace("_", " ")}${link.is_main ? ", main" : ""}`);
  const isOurs = link.type in KINDS;
  return [isOurs ? el("button", { type: "button", class: "link", onclick: () => open(link.type, link.id) }, text) : text, " ", what];
}

function event(entry) {
  const change = [entry.before, entry.after].map((side) => (side.length ? JSON.stringify(side.length === 1 ? side[0] : side) : ""));
  const text = change.filter(Boolean).join(" → ");
  return el("li", {}, entry.type, el("small", {}, `${moment(entry.created_at)} · ${user(entry.created_by)}`), text ? el("code", {}, text) : null);
}

// ---- requests

function verdict(entry) {
  if (entry.dropped) return el("span", { class: "status s5" }, "drop");
  return el("span", { class: `status s${Math.floor(entry.status / 100)}` }, String(entry.status));
}

export function request(entry, open, isOpen) {
  return el(
    "li",
    {},
    el(
      "button",
      { type: "button", class: `request${isOpen ? " open" : ""}`, data: { number: entry.number }, onclick: () => open("requests", entry.number) },
      el("span", { class: "when" }, moment(entry.time, "clock")),
      el("span", { class: `method m-${entry.method}` }, entry.method),
      el("span", { class: "target", title: entry.target }, readable(entry.target)),
      verdict(entry),
      el("span", { class: "spent" }, `${entry.milliseconds.toFixed(1)} ms`),
    ),
  );
}

export function readable(target) {
  try {
    return decodeURIComponent(target);
  } catch {
    return target;
  }
}

function message(title, headers, body, size, isCut) {
  return section(
    `${title} · ${bytes(size)}`,
    el("details", {}, el("summary", {}, `${headers.length} headers`), el("table", { class: "heads" }, headers.map(([name, value]) => el("tr", {}, el("th", {}, name), el("td", {}, value))))),
    body ? code(body) : el("p", { class: "empty" }, "no body"),
    isCut ? el("p", { class: "empty" }, "only the beginning is kept") : null,
  );
}

export function exchange(entry) {
  if (entry.is_forgotten) return [el("h2", {}, `Request ${entry.number}`), el("p", { class: "empty" }, "It is not remembered any more.")];
  return [
    el("p", { class: "over" }, `request ${entry.number} · ${entry.operation}`),
    el("h2", { class: "address" }, el("span", { class: `method m-${entry.method}` }, entry.method), " ", readable(entry.target)),
    el("p", {}, verdict(entry), ` ${moment(entry.time)} · ${entry.milliseconds} ms · integration ${entry.client_id}`),
    message("Request", entry.request_headers, entry.request_body, entry.request_size, false),
    message("Answer", entry.response_headers, entry.response_body, entry.response_size, entry.is_cut),
  ];
}

export function figures(pulse) {
  const shown = [
    ["requests", count(pulse.total)],
    ["peak / s", count(pulse.peak)],
    ["refused", count(pulse.limited)],
    ["blocked", pulse.is_blocked ? "yes" : "no"],
    ["now", moment(pulse.now)],
  ];
  return shown.map(([name, value]) => [el("dt", {}, name), el("dd", { data: { figure: name } }, value)]).flat();
}
