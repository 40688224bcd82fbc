// Every factory and record of amocrm-js: entities, tags, tasks, and plain requests.
"use strict";
const { attempt, job } = require("./driving.cjs");
const { Client } = require("amocrm-js");

const auth = { client_id: job.client_id, client_secret: job.client_secret, redirect_uri: job.redirect_uri };
const client = new Client({ domain: job.host, auth: { ...auth, bearer: job.token } }); // address

async function factory(name, bodies, wanted) {
  const api = client[name];
  const made = await attempt(`${name}.create`, () => api.create(bodies));
  const one = made?.[0];
  const list = await attempt(`${name}.get`, () => api.get({ limit: 1, page: 1 }));
  await attempt(`${name}.get ordered`, () => api.get({ order: { updated_at: "desc" }, limit: 5 }));
  await attempt(`${name}.get searched`, () => api.get({ query: "1" }));
  await attempt(`${name} next page`, () => list.next());
  await attempt(`${name} previous page`, () => list.prev());
  const read = await attempt(`${name}.getById`, () => api.getById(one.id, { with: wanted }));
  await attempt(`${name}.update`, () => api.update([{ id: one.id, ...(name === "tasks" ? { text: "Новое" } : { name: "Новое" }) }]));
  await attempt(`${name} record update`, () => {
    if (name !== "tasks") read.name = "Иное";
    return read.update();
  });
  await attempt(`${name} record save as read`, () => read.save());
  await attempt(`${name} record fetch`, () => read.fetch());
  if (api.tags) {
    await attempt(`${name}.tags.create`, () => api.tags.create([{ name: "новый", color: null }]));
    await attempt(`${name}.tags.get`, () => api.tags.get());
    await attempt(`${name} record tags`, () => read.embeddedTags?.add([{ name: "новый" }], { save: true }));
  }
  if (api.tasks) await attempt(`${name}.tasks.get`, () => api.tasks.get());
  return read;
}

async function main() {
  await attempt("connection.connect", () => client.connection.connect());
  const bodies = (word) => [{ name: `${word} 1` }, { name: `${word} 2`, request_id: "b" }];
  const contact = await factory("contacts", bodies("Контакт"), ["leads", "customers"]);
  const company = await factory("companies", bodies("Компания"), ["leads", "contacts"]);
  const lead = await factory("leads", bodies("Сделка"), ["contacts", "loss_reason"]);
  const due = { text: "Позвонить", complete_till: 1900000000, entity_id: lead?.id, entity_type: "leads", task_type_id: 1 };
  await factory("tasks", [due, due]);

  await attempt("Lead.save new", async () => {
    const made = new client.Lead({ name: "Сама" });
    await made.save();
    made.price = 7;
    await made.save();
  });
  await attempt("Contact.save new", async () => {
    const made = new client.Contact({ name: "Анна" });
    await made.save();
  });
  await attempt("Task.save new", () => new client.Task({ text: "Зайти", complete_till: 1900000000 }).save());
  await attempt("lead contacts", () => lead.embeddedContacts.add([contact], { save: true }));
  await attempt("lead companies", () => lead.embeddedCompanies.add([company], { save: true }));
  await attempt("lead tasks", () => lead.tasks.get());
  await attempt("request.get", () => client.request.get("/api/v4/account", { with: "version" }));
  await attempt("request.post", () => client.request.post("/api/v4/leads", [{ name: "x" }]));
  await attempt("request.patch", () => client.request.patch(`/api/v4/leads/${lead?.id}`, { name: "y" }));
  const hook = { destination: "https://example.com/hook", settings: ["add_lead"] };
  await attempt("request.post webhook", () => client.request.post("/api/v4/webhooks", hook));
  const other = new Client({ domain: job.host, auth: { ...auth, code: job.code } });
  await attempt("connection.connect by code", () => other.connection.connect());
  await attempt("token.refresh", () => other.token.refresh());
  // Last, because the body without a length spoils the connection.
  await attempt("request.delete webhook", () => client.request.delete("/api/v4/webhooks", { destination: hook.destination }));
}

main();
