// State and movement: where the user is (the hash), what is asked of the sandbox, and when it is asked again.

import { account, el } from "./format.js";
import * as views from "./views.js";

const PULSE = 700; // milliseconds between two looks at the journal
const CALM = 1500; // least milliseconds between two drawings of a view that changed
const MOST = 500; // requests that the page remembers

const $ = (id) => document.getElementById(id);
const info = { pipelines: {}, stages: {}, taskTypes: {}, lossReasons: {}, counts: {}, order: [] };
const pulse = { generation: 0, total: 0, version: -1, now: Date.now() / 1000 };
let requests = [];
let drawn = 0;
let isStale = false;
let query = "";
let isPaused = false;

async function ask(view, args = {}) {
  const answer = await fetch(`/_sandbox/view/${view}?${new URLSearchParams(args)}`);
  if (!answer.ok) throw new Error(`${view}: ${answer.status}`);
  return answer.json();
}

// ---- where we are

function place() {
  const [path, opened] = location.hash.replace(/^#\/?/, "").split("!");
  const [view = "", id] = path.split("/");
  const [kind, number] = (opened ?? "").split("/");
  return { view: view || "board", id, kind, number };
}

// Whether the user is still where he was when something was asked for him.
function isHere(there) {
  const here = place();
  return here.view === there.view && here.id === there.id;
}

function go(view, id) {
  location.hash = `#/${view}${id ? `/${id}` : ""}`;
}

function open(kind, number) {
  location.hash = `${location.hash.split("!")[0] || "#/board"}!${kind}/${number}`;
}

function close() {
  location.hash = location.hash.split("!")[0];
}

// ---- drawing

async function learn() {
  const told = await ask("account");
  Object.assign(account, { timezone: told.account.timezone, symbol: told.account.currency_symbol, users: told.users });
  $("account-name").textContent = told.account.name;
  $("account-host").textContent = new URL(told.url).host;
  info.order = told.pipelines;
  info.pipelines = Object.fromEntries(told.pipelines.map((one) => [one.id, one.name]));
  info.stages = Object.fromEntries(told.pipelines.flatMap((one) => one.statuses.map((status) => [`${one.id}/${status.id}`, status.name])));
  info.taskTypes = told.task_types;
  info.lossReasons = told.loss_reasons;
  info.counts = told.counts;
}

function navigation(here) {
  const entries = [["board", "Board", null], ...Object.entries(views.KINDS).map(([kind, name]) => [kind, name, info.counts[kind]]), ["requests", "Requests", pulse.total]];
  $("nav").replaceChildren(
    ...entries.map(([view, name, number]) =>
      el("a", { href: `#/${view}`, class: view === here.view ? "here" : "", "aria-current": view === here.view ? "page" : undefined }, name, number === null ? null : el("small", {}, (number ?? 0).toLocaleString("ru-RU"))),
    ),
  );
}

function search(hint, changed) {
  const box = el("input", { type: "search", placeholder: hint, "aria-label": hint });
  box.value = query;
  let timer;
  box.addEventListener("input", () => {
    query = box.value;
    clearTimeout(timer);
    timer = setTimeout(changed, 200);
  });
  return box;
}

async function drawBoard(here, isNew) {
  const pipeline = Number(here.id) in info.pipelines ? Number(here.id) : info.order[0]?.id;
  const data = await ask("board", { pipeline });
  if (!isHere(here)) return;
  if (isNew) {
    const choice = el("select", { "aria-label": "Pipeline", id: "pipeline" }, info.order.map((one) => el("option", { value: one.id, selected: one.id === pipeline }, one.name)));
    choice.addEventListener("change", () => go("board", choice.value));
    $("tools").replaceChildren(choice);
  }
  const scrolled = Object.fromEntries([...document.querySelectorAll(".cards")].map((cards) => [cards.dataset.status, cards.scrollTop]));
  const left = document.querySelector(".board")?.scrollLeft ?? 0;
  const made = views.board(data, open, more, pulse.now);
  $("view").replaceChildren(made);
  made.scrollLeft = left;
  for (const cards of made.querySelectorAll(".cards")) cards.scrollTop = scrolled[cards.dataset.status] ?? 0;

  async function more(column, cards, button) {
    const last = column.leads.at(-1).id;
    const { leads } = await ask("column", { pipeline, status: column.id, before: last });
    column.leads.push(...leads);
    button.before(...leads.map((lead) => views.card(lead, open, pulse.now, true)));
    if (!leads.length || column.leads.length >= column.count) button.remove();
  }
}

async function drawList(here, isNew) {
  const kind = here.view;
  if (isNew) $("tools").replaceChildren(search(`search ${kind}`, () => drawList(here, false)));
  const data = await ask("list", { kind, query });
  if (!isHere(here)) return;
  const table = views.list(kind, data.items, info, open, pulse.now);
  $("view").replaceChildren(table);
  let last = data.items.at(-1)?.id;
  if (!data.has_more) return;
  const button = el("button", { class: "more", type: "button" }, "show more");
  button.addEventListener("click", async () => {
    const next = await ask("list", { kind, query, before: last });
    table.querySelector("tbody").append(...views.rows(kind, next.items, info, open, pulse.now));
    last = next.items.at(-1)?.id;
    if (!next.has_more) button.remove();
  });
  $("view").append(button);
}

function drawRequests(here, isNew) {
  if (isNew) {
    const pause = el("button", { type: "button", id: "pause", "aria-pressed": String(isPaused) }, isPaused ? "resume" : "pause");
    pause.addEventListener("click", () => {
      isPaused = !isPaused;
      pause.textContent = isPaused ? "resume" : "pause";
      pause.setAttribute("aria-pressed", String(isPaused));
      drawRequests(here, false);
    });
    $("tools").replaceChildren(search("filter requests", () => drawRequests(here, false)), pause);
  } else if (isPaused) return;
  const text = query.toLowerCase();
  const wanted = requests.filter((entry) => `${entry.method} ${views.readable(entry.target)} ${entry.status} ${entry.operation}`.toLowerCase().includes(text));
  const number = here.kind === "requests" ? Number(here.number) : 0;
  $("view").replaceChildren(wanted.length ? el("ol", { class: "requests" }, wanted.map((entry) => views.request(entry, open, entry.number === number))) : el("p", { class: "empty" }, "no requests yet"));
}

function drawLive(here) {
  const number = here.kind === "requests" ? Number(here.number) : 0;
  const shown = requests.slice(0, 60).map((entry) => views.request(entry, open, entry.number === number));
  $("live-list").replaceChildren(...(shown.length ? shown : [el("li", { class: "empty" }, "none yet")]));
}

async function drawDrawer(here) {
  const drawer = $("drawer");
  drawer.hidden = !here.kind;
  if (!here.kind) return;
  const content = here.kind === "requests" ? views.exchange(await ask("request", { number: here.number })) : views.entity(await ask("entity", { kind: here.kind, id: here.number }), info, open, pulse.now);
  if (place().kind !== here.kind || place().number !== here.number) return;
  const top = drawer.dataset.of === location.hash ? drawer.scrollTop : 0;
  const unfolded = drawer.dataset.of === location.hash && drawer.querySelector("details[open]") !== null;
  drawer.replaceChildren(el("button", { class: "close", type: "button", "aria-label": "Close", onclick: close }, "×"), ...content.flat(3).filter(Boolean));
  if (unfolded) drawer.querySelector("details").open = true;
  drawer.dataset.of = location.hash;
  drawer.scrollTop = top;
}

const last = { view: "", id: "" };

async function draw() {
  const here = place();
  const isNew = here.view !== last.view || here.id !== last.id;
  if (here.view !== last.view) query = "";
  Object.assign(last, { view: here.view, id: here.id });
  document.body.dataset.view = here.view;
  $("title").textContent = here.view === "board" ? "Board" : (views.KINDS[here.view] ?? "Requests");
  navigation(here);
  if (here.view === "board") await drawBoard(here, isNew);
  else if (here.view in views.KINDS) await drawList(here, isNew);
  else drawRequests(here, isNew);
  drawLive(here);
  await drawDrawer(here);
}

// ---- what comes in

async function look() {
  const told = await ask("requests", { after: pulse.total, generation: pulse.generation });
  const isAnew = told.generation !== pulse.generation;
  const isChanged = told.version !== pulse.version;
  if (isAnew) requests = [];
  requests = [...told.requests.reverse(), ...requests].slice(0, MOST);
  Object.assign(pulse, told);
  $("figures").replaceChildren(...views.figures(pulse));
  $("state").textContent = "";
  document.body.classList.remove("lost");
  isStale ||= isChanged;
  const here = place();
  if (isAnew || told.requests.length) {
    drawLive(here);
    if (here.view === "requests") drawRequests(here, false);
    navigation(here);
  }
  if (isStale && Date.now() - drawn > CALM) {
    isStale = false;
    drawn = Date.now();
    await learn();
    if (here.view !== "requests") await draw();
    else navigation(here);
  }
}

function complain(error) {
  document.body.classList.add("lost");
  $("state").textContent = error instanceof TypeError ? "the sandbox does not answer" : String(error.message);
}

async function run() {
  try {
    if (!document.hidden) await look();
  } catch (error) {
    complain(error);
  }
  setTimeout(run, PULSE);
}

addEventListener("hashchange", () => draw().catch(complain));
addEventListener("keydown", (event) => event.key === "Escape" && place().kind && close());
run();
