// Every method of @shevernitskiy/amo that has a place in the API.
"use strict";
const { attempt, job } = require("./driving.cjs");
const { Amo } = require("@shevernitskiy/amo");

const amo = new Amo(
  job.host,
  {
    client_id: job.client_id,
    client_secret: job.client_secret,
    redirect_uri: job.redirect_uri,
    token_type: "Bearer",
    expires_in: 86400,
    access_token: job.token,
    refresh_token: job.refresh_token,
    expires_at: Date.now() + 86400000,
  },
  { request_delay: 1 },
);
const first = (answer, key) => answer?._embedded?.[key]?.[0];
const last = (answer, key) => answer?._embedded?.[key]?.at(-1);
const until = 1999999999;

async function account() {
  const wanted = ["amojo_id", "amojo_rights", "users_groups", "task_types", "version", "entity_names", "datetime_settings", "drive_url", "is_api_filter_enabled"];
  await attempt("account.getAccount", () => amo.account.getAccount({ with: wanted }));
  await attempt("customer.updateCustomersMode", () => amo.customer.updateCustomersMode({ mode: "segments", is_enabled: true }));
  await attempt("product.enableProducts", () => amo.product.enableProducts(true));
  await attempt("product.getStatusProducts", () => amo.product.getStatusProducts());
}

async function fields(entity) {
  const api = amo.custom_fields;
  const enums = [{ value: "Один", sort: 1 }, { value: "Два", sort: 2 }];
  const made = await attempt(`custom_fields.addCustomFields ${entity}`, () =>
    api.addCustomFields(entity, [
      { name: "Текст", type: "text" },
      { name: "Список", type: "select", enums },
      { name: "Лишнее", type: "numeric" },
    ]),
  );
  const id = first(made, "custom_fields")?.id;
  await attempt(`custom_fields.getCustomFields ${entity}`, () => api.getCustomFields(entity));
  await attempt(`custom_fields.getCustomFieldById ${entity}`, () => api.getCustomFieldById(id, entity));
  await attempt(`custom_fields.updateCustomFields ${entity}`, () => api.updateCustomFields(entity, [{ id, name: "Текст 2" }]));
  await attempt(`custom_fields.updateCustomFieldById ${entity}`, () => api.updateCustomFieldById(id, entity, { name: "Текст 3" }));
  await attempt(`custom_fields.deleteCustomFieldById ${entity}`, () => api.deleteCustomFieldById(last(made, "custom_fields")?.id, entity));
  if (entity === "customers/segments") return id;
  const groups = await attempt(`custom_fields.addCustomFieldsGroups ${entity}`, () => api.addCustomFieldsGroups(entity, [{ name: "Группа", sort: 5 }]));
  const listed = await attempt(`custom_fields.getCustomFieldsGroups ${entity}`, () => api.getCustomFieldsGroups(entity));
  const group = first(groups, "custom_field_groups")?.id ?? (entity === "leads" ? job.group_id : undefined);
  await attempt(`custom_fields.getCustomFieldsByGroupId ${entity}`, () => api.getCustomFieldsByGroupId(group ?? first(listed, "custom_field_groups")?.id, entity));
  if (group === undefined) return id;
  await attempt(`custom_fields.updateCustomFieldsGroupById ${entity}`, () => api.updateCustomFieldsGroupById(group, entity, { name: "Группа 2", sort: 6 }));
  await attempt(`custom_fields.deleteCustomFieldsGroupById ${entity}`, () => api.deleteCustomFieldsGroupById(group, entity));
  return id;
}

async function entities(name, methods, bodies) {
  const api = amo[name];
  const key = methods.key;
  const made = await attempt(`${name}.${methods.add}`, () => api[methods.add](bodies));
  const id = first(made, key)?.id;
  await attempt(`${name}.${methods.list}`, () => api[methods.list]());
  await attempt(`${name}.${methods.list} with`, () => api[methods.list]({ with: methods.with, limit: 5, page: 1 }));
  await attempt(`${name}.${methods.list} filtered`, () =>
    api[methods.list]({ filter: (one) => one.multi("id", [id]).range("updated_at", 1, until), order: { updated_at: "desc" } }), true);
  await attempt(`${name}.${methods.list} searched`, () => api[methods.list]({ query: "x" }), true);
  const read = await attempt(`${name}.${methods.get}`, () => api[methods.get](id, { with: methods.with }));
  await attempt(`${name}.${methods.update}`, () => api[methods.update]([{ id, name: "Новое" }]));
  await attempt(`${name}.${methods.updateOne}`, () => api[methods.updateOne](id, { name: read?.name, custom_fields_values: read?.custom_fields_values }));
  return id;
}

const crud = (one, many, key, wanted, updateOne) => ({
  key, with: wanted, add: `add${many}`, list: `get${many}`, get: `get${one}ById`, update: `update${many}`, updateOne: updateOne ?? `update${one}ById`,
});

async function main() {
  await account();
  const own = {};
  for (const entity of ["leads", "contacts", "companies", "customers", "customers/segments"]) own[entity] = await fields(entity);
  const values = (entity) => [{ field_id: own[entity], values: [{ value: "x" }] }];
  const tags = { tags: [{ name: "сайт" }] };
  const body = (entity) => [{ name: `${entity} 1`, custom_fields_values: values(entity), _embedded: tags }, { name: `${entity} 2`, request_id: "b" }];
  const contact = await entities("contact", crud("Contact", "Contacts", "contacts", ["leads", "customers", "catalog_elements"]), body("contacts"));
  const company = await entities("company", crud("Company", "Companies", "companies", ["leads", "customers", "contacts", "catalog_elements"], "updateCompaniesById"), body("companies"));
  const lead = await entities("lead", crud("Lead", "Leads", "leads", ["contacts", "loss_reason", "catalog_elements", "source_id"]), body("leads"));
  const customer = await entities("customer", crud("Customer", "Customers", "customers", ["contacts", "companies", "catalog_elements"]), body("customers"));
  await attempt("lead.addComplex", () => amo.lead.addComplex([{ name: "Сложная", price: 5, _embedded: { contacts: [{ first_name: "Анна" }], companies: [{ name: "ООО" }] } }]));
  await attempt("lead.getLeadSubscriptionById", () => amo.lead.getLeadSubscriptionById(job.subscribed));
  await attempt("customer.getCustomerSubscriptionById", () => amo.customer.getCustomerSubscriptionById(customer), true);

  const catalogs = await attempt("catalog.addCatalogs", () => amo.catalog.addCatalogs([{ name: "Список", type: "regular", can_add_elements: true }]));
  const catalog = first(catalogs, "catalogs")?.id;
  await attempt("catalog.getCatalogs", () => amo.catalog.getCatalogs());
  await attempt("catalog.getCatalogById", () => amo.catalog.getCatalogById(catalog));
  await attempt("catalog.updateCatalogs", () => amo.catalog.updateCatalogs([{ id: catalog, name: "Список 2" }]));
  await attempt("catalog.updateCatalogById", () => amo.catalog.updateCatalogById(catalog, { name: "Список 3" }));
  const elements = await attempt("catalog.addCatalogElements", () => amo.catalog.addCatalogElements(catalog, [{ name: "Стол" }, { name: "Стул" }]));
  const element = first(elements, "elements")?.id ?? job.element_id;
  await attempt("catalog.getCatalogElementsByCatalogId", () => amo.catalog.getCatalogElementsByCatalogId(catalog, { query: "Стол" }), true);
  await attempt("catalog.getCatalogElementById", () => amo.catalog.getCatalogElementById(element, elements ? catalog : job.catalog_id));
  await attempt("catalog.updateCatalogElements", () => amo.catalog.updateCatalogElements(elements ? catalog : job.catalog_id, [{ id: element, name: "Стол 2" }]));
  await attempt("catalog.updateCatalogElementById", () => amo.catalog.updateCatalogElementById(element, elements ? catalog : job.catalog_id, { name: "Стол 3" }));

  const to = { to_entity_id: contact, to_entity_type: "contacts", metadata: { is_main: true } };
  const whole = { entity_id: lead, ...to };
  await attempt("link.addLinksByEntityId", () => amo.link.addLinksByEntityId(lead, "leads", [to]));
  await attempt("link.addLinksByEntityType", () => amo.link.addLinksByEntityType("leads", [whole]));
  await attempt("link.getLinksByEntityId", () => amo.link.getLinksByEntityId(lead, "leads"));
  await attempt("link.getLinksByEntityType", () => amo.link.getLinksByEntityType("leads", { filter: (one) => one.multi("entity_id", [lead]) }));
  await attempt("link.deleteLinksByEntityId", () => amo.link.deleteLinksByEntityId(lead, "leads", [{ to_entity_id: contact, to_entity_type: "contacts" }]));
  await attempt("link.deleteLinksByEntityType", () => amo.link.deleteLinksByEntityType("leads", [{ entity_id: lead, to_entity_id: contact, to_entity_type: "contacts" }]));

  const due = { text: "Позвонить", complete_till: 1900000000, entity_id: lead, entity_type: "leads" };
  const tasks = await attempt("task.addTasks", () => amo.task.addTasks([due, due]));
  const task = first(tasks, "tasks")?.id;
  await attempt("task.getTasks", () => amo.task.getTasks({ filter: (one) => one.single("is_completed", 0), order: { id: "asc" } }));
  await attempt("task.getTaskById", () => amo.task.getTaskById(task));
  await attempt("task.updateTasks", () => amo.task.updateTasks([{ id: task, text: "Написать" }]));
  await attempt("task.updateTaskById", () => amo.task.updateTaskById(task, { text: "Зайти" }));
  await attempt("task.completeTasks", () => amo.task.completeTasks([{ id: task, is_completed: true, result: { text: "Готово" } }]));
  await attempt("task.completeTaskById", () => amo.task.completeTaskById(last(tasks, "tasks")?.id, { is_completed: true, result: { text: "Готово" } }));

  const note = { entity_id: lead, note_type: "common", params: { text: "x" } };
  const notes = await attempt("note.addNotes", () => amo.note.addNotes("leads", [note, { ...note, note_type: "call_in", params: { uniq: "u", duration: 5, source: "s", link: "https://example.com", phone: "+79000000001" } }]));
  const noted = first(notes, "notes")?.id;
  await attempt("note.getNotesByEntityType", () => amo.note.getNotesByEntityType("leads"));
  await attempt("note.getNotesByEntityId", () => amo.note.getNotesByEntityId(lead, "leads"));
  await attempt("note.getNotesById", () => amo.note.getNotesById(noted, "leads"));
  await attempt("note.updateNotes", () => amo.note.updateNotes("leads", [{ id: noted, note_type: "common", params: { text: "y" } }]));
  await attempt("note.updateNoteById", () => amo.note.updateNoteById(noted, "leads", { note_type: "common", params: { text: "z" } }));
  await attempt("tag.addTags", () => amo.tag.addTags("leads", [{ name: "новый" }]));
  await attempt("tag.getTags", () => amo.tag.getTags("leads", { query: "новый" }));

  const stages = [{ name: "Этап", sort: 20, color: "#fffeb2" }];
  const pipelines = await attempt("pipeline.addPipelines", () => amo.pipeline.addPipelines([{ name: "Воронка", sort: 20, is_main: false, is_unsorted_on: true, _embedded: { statuses: stages } }]));
  const pipeline = first(pipelines, "pipelines")?.id;
  await attempt("pipeline.getPipelines", () => amo.pipeline.getPipelines());
  await attempt("pipeline.getPipelineById", () => amo.pipeline.getPipelineById(pipeline));
  await attempt("pipeline.updatePipelinesById", () => amo.pipeline.updatePipelinesById(pipeline, { name: "Воронка 2" }));
  const statuses = await attempt("pipeline.addStatuses", () => amo.pipeline.addStatuses(pipeline, [{ name: "Второй", sort: 30, color: "#fffeb2" }]));
  const status = first(statuses, "statuses")?.id;
  await attempt("pipeline.getStatusesByPipelineId", () => amo.pipeline.getStatusesByPipelineId(pipeline));
  await attempt("pipeline.getStatusesById", () => amo.pipeline.getStatusesById(status, pipeline));
  await attempt("pipeline.updateStatusById", () => amo.pipeline.updateStatusById(status, pipeline, { name: "Иной" }));
  await attempt("pipeline.deleteStatusById", () => amo.pipeline.deleteStatusById(status, pipeline));
  const source = { name: "Источник", external_id: "e-1", pipeline_id: pipeline };
  const sources = await attempt("source.addSources", () => amo.source.addSources([source, { ...source, external_id: "e-2" }, { ...source, external_id: "e-3" }]));
  const id = first(sources, "sources")?.id;
  await attempt("source.getSources", () => amo.source.getSources());
  await attempt("source.getSourceById", () => amo.source.getSourceById(id));
  await attempt("source.updateSources", () => amo.source.updateSources([{ id, name: "Источник 2" }]));
  await attempt("source.updateSourceById", () => amo.source.updateSourceById(id, { name: "Источник 3" }));
  await attempt("source.deleteSources", () => amo.source.deleteSources([{ id }]));
  await attempt("source.deleteSourceById", () => amo.source.deleteSourceById(last(sources, "sources")?.id));
  await attempt("pipeline.deletePipelineById", () => amo.pipeline.deletePipelineById(pipeline));

  const segments = await attempt("segment.addSegment", () => amo.segment.addSegment({ name: "Сегмент", color: "ff5376" }));
  await attempt("segment.getSegments", () => amo.segment.getSegments());
  await attempt("segment.getSegmenteById", () => amo.segment.getSegmenteById(segments?.id));
  await attempt("segment.updateSegmentById", () => amo.segment.updateSegmentById(segments?.id, { name: "Сегмент 2" }));
  await attempt("segment.deleteSegmentById", () => amo.segment.deleteSegmentById(segments?.id));
  const purchases = await attempt("customer.addTransactionsToCustomer", () => amo.customer.addTransactionsToCustomer(customer, [{ price: 100, comment: "x" }]));
  await attempt("customer.getTransactions", () => amo.customer.getTransactions());
  await attempt("customer.getTransactionsByCustomerId", () => amo.customer.getTransactionsByCustomerId(customer));
  await attempt("customer.deleteTransactionsById", () => amo.customer.deleteTransactionsById(first(purchases, "transactions")?.id));
  await attempt("customer.updateBonusPointsByCustomerId", () => amo.customer.updateBonusPointsByCustomerId(customer, { earn: 10 }));
  await amo.customer.updateCustomersMode({ mode: "periodicity", is_enabled: true });
  const added = await attempt("status.addStatuses", () => amo.status.addStatuses([{ name: "Этап", sort: 40, color: "#fffeb2" }]));
  const stage = first(added, "statuses")?.id;
  await attempt("status.getStatuses", () => amo.status.getStatuses());
  await attempt("status.getStatuseById", () => amo.status.getStatuseById(stage));
  await attempt("status.updateStatusById", () => amo.status.updateStatusById(stage, { name: "Этап 2" }));
  await attempt("status.deleteStatusById", () => amo.status.deleteStatusById(stage));

  const right = { view: "A", edit: "A", add: "A", delete: "D", export: "D" };
  const rights = { leads: right, contacts: right, companies: right, tasks: { edit: "A", delete: "A" }, mail_access: false, catalog_access: true };
  const roles = await attempt("user.addRoles", () => amo.user.addRoles([{ name: "Роль", rights }]));
  const role = first(roles, "roles")?.id;
  await attempt("user.getRoles", () => amo.user.getRoles({ with: ["users"] }));
  await attempt("user.getRoleById", () => amo.user.getRoleById(role));
  await attempt("user.updateRoleById", () => amo.user.updateRoleById(role, { name: "Роль 2", rights }));
  await attempt("user.deleteRoleById", () => amo.user.deleteRoleById(role));
  await attempt("user.addUsers", () => amo.user.addUsers([{ name: "Анна", email: "a@example.com", password: "Secret1!", lang: "ru", rights }]));
  await attempt("user.getUsers", () => amo.user.getUsers({ with: ["role", "group", "uuid", "amojo_id"] }));
  await attempt("user.getUserById", () => amo.user.getUserById(job.user_id));

  await attempt("call.addCalls", () => amo.call.addCalls([{ direction: "inbound", uniq: "u", duration: 10, source: "s", link: "https://example.com", phone: job.phone, call_result: "r", call_status: 4 }]));
  const of = { source_uid: "u", source_name: "n", created_at: 1700000000, _embedded: { leads: [{ name: "Заявка" }], contacts: [{ name: "Кто-то" }] } };
  const sip = { ...of, metadata: { service_code: "s", uniq: "q", duration: 5, link: "https://example.com", phone: "135", from: "+79000000001", called_at: 1700000000, is_call_event_needed: true } };
  const form = { ...of, metadata: { ip: "1.1.1.1", form_id: "f", form_sent_at: 1700000000, form_name: "n", form_page: "p", referer: "r" } };
  await attempt("unsorted.addUnsortedSip", () => amo.unsorted.addUnsortedSip([sip]));
  const forms = await attempt("unsorted.addUnsortedForm", () => amo.unsorted.addUnsortedForm([form, { ...form, source_uid: "v" }]));
  const waiting = await attempt("unsorted.getUnsorted", () => amo.unsorted.getUnsorted({ limit: 10, order: { created_at: "desc" } }));
  await attempt("unsorted.getUnsortedByUid", () => amo.unsorted.getUnsortedByUid(first(forms, "unsorted")?.uid));
  await attempt("unsorted.acceptUnsortedByUid", () => amo.unsorted.acceptUnsortedByUid(first(forms, "unsorted")?.uid));
  await attempt("unsorted.declineUnsortedByUid", () => amo.unsorted.declineUnsortedByUid(last(forms, "unsorted")?.uid));
  const chat = waiting?._embedded.unsorted.find((one) => one.category === "chats");
  await attempt("unsorted.linkUnsortedByUid", () => amo.unsorted.linkUnsortedByUid(chat?.uid, { link: { entity_id: lead, entity_type: "leads" } }));
  await attempt("unsorted.getUnsortedSummary", () => amo.unsorted.getUnsortedSummary());

  const events = await attempt("event.getEvents", () => amo.event.getEvents({ limit: 5, with: ["contact_name"] }));
  await attempt("event.getEventById", () => amo.event.getEventById(first(events, "events")?.id));
  await attempt("event.getEventsTypes", () => amo.event.getEventsTypes("ru"));
  const hook = { destination: "https://example.com/hook", settings: ["add_lead"] };
  await attempt("webhook.addWebhook", () => amo.webhook.addWebhook(hook));
  await attempt("webhook.getWebhooks", () => amo.webhook.getWebhooks());
  await attempt("webhook.deleteWebhook", () => amo.webhook.deleteWebhook({ destination: hook.destination }));
  await attempt("widget.getWidgets", () => amo.widget.getWidgets());
  await attempt("widget.getWidgetByCode", () => amo.widget.getWidgetByCode("sandbox_widget"));
  await attempt("widget.addWidgetByCode", () => amo.widget.addWidgetByCode("sandbox_widget", { api_key: "k" }));
  await attempt("widget.deleteWidgetByCode", () => amo.widget.deleteWidgetByCode("sandbox_widget"));
  await attempt("short_link.createShortLinks", () => amo.short_link.createShortLinks([{ url: "https://example.com", metadata: { entity_type: "contacts", entity_id: contact } }]));
  await attempt("salesbot.runTask", () => amo.salesbot.runTask([{ bot_id: job.bot_id, entity_id: lead, entity_type: 2 }]));
  await attempt("talk.getTalkById", () => amo.talk.getTalkById(job.talk_id));
  await attempt("talk.closeTalkById", () => amo.talk.closeTalkById(job.talk_id, { force_close: true }));
  await attempt("contact.linkContactToChat", () => amo.contact.linkContactToChat([{ contact_id: contact, chat_id: job.chat_id }]));
  await attempt("contact.getContactToChat", () => amo.contact.getContactToChat({ contact_id: [contact] }));
  const template = { name: "Шаблон", content: "x", external_id: "t-1", is_editable: true };
  const templates = await attempt("chat_template.addChatTemplates", () => amo.chat_template.addChatTemplates([template, { ...template, external_id: "t-2" }]));
  const templated = first(templates, "chat_templates")?.id;
  await attempt("chat_template.getChatTemplates", () => amo.chat_template.getChatTemplates());
  await attempt("chat_template.getChatTemplateById", () => amo.chat_template.getChatTemplateById(templated));
  await attempt("chat_template.updateChatTemplates", () => amo.chat_template.updateChatTemplates([{ id: templated, content: "y" }]));
  await attempt("chat_template.updateChatTemplateById", () => amo.chat_template.updateChatTemplateById(templated, { content: "z" }));
  await attempt("chat_template.deleteChatTemplates", () => amo.chat_template.deleteChatTemplates([{ id: templated }]));
  await attempt("chat_template.deleteChatTemplateById", () => amo.chat_template.deleteChatTemplateById(last(templates, "chat_templates")?.id));
  await files(lead);
}

async function files(lead) {
  const api = amo.file("https://drive-a.amocrm.ru");
  const uuid = job.file_uuid;
  await attempt("file.createSession", () => api.createSession({ file_name: "a.txt", file_size: 3, content_type: "text/plain" }));
  await attempt("file.getFiles", () => api.getFiles());
  await attempt("file.getFileByUUID", () => api.getFileByUUID(uuid));
  await attempt("file.updateFileByUUID", () => api.updateFileByUUID(uuid, { name: "b" }));
  await attempt("file.getFileVersionByUUID", () => api.getFileVersionByUUID(uuid));
  await attempt("file.linkEntityFiles", () => api.linkEntityFiles(lead, "leads", [{ file_uuid: uuid }]));
  await attempt("file.getEntityFiles", () => api.getEntityFiles(lead, "leads"));
  await attempt("file.getFileEntities", () => api.getFileEntities(uuid));
  await attempt("file.unlinkEntityFiles", () => api.unlinkEntityFiles(lead, "leads", [{ file_uuid: uuid }]));
  await attempt("file.deleteFiles", () => api.deleteFiles([{ uuid }]));
  await attempt("file.restoreFiles", () => api.restoreFiles([{ uuid }]));
}

main();
