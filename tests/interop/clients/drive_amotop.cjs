// Every method of @mobilon-dev/amotop that has a place in the API: the account, chats and files.
"use strict";
const { mkdtempSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { attempt, job } = require("./driving.cjs");
const amotop = require("@mobilon-dev/amotop");

const page = { page: 1, limit: 5 };
const common = { note_type: "common", params: { text: "x" } };
const first = (answer, key) => (answer?._embedded?.[key] ?? answer?.[key])?.[0];

async function main() {
  const amo = new amotop.AmoApiClient(job.host, job.token); // address
  // A word behind the method says what the call was about.
  const call = (about, ...args) => attempt(about, () => amo[about.split(" ")[0]](...args));
  const empty = (method, ...args) => attempt(method, () => amo[method](...args), true);
  const service = new amotop.AmoService({ timeout: 5000 });
  const keys = { client_id: job.client_id, client_secret: job.client_secret, redirect_uri: job.redirect_uri };
  await attempt("exchangeCode", () => service.exchangeCode(job.host, { ...keys, code: job.code }));
  await attempt("exchangeAccessToken", () => service.exchangeAccessToken(job.host, { ...keys, refresh_token: job.refresh_token }));
  await call("getAccount", { amojoId: true, amojoRights: true, version: true, driveUrl: true, isApiFilterEnabled: true, usersGroups: true, taskTypes: true });
  await call("setWebhook", { destination: "https://example.com/hook", settings: ["add_lead"] });
  await call("getWebhooks");
  await call("deleteWebhook", { destination: "https://example.com/hook" });
  await call("getUsers");
  await call("getUserById", job.user_id);

  const pipeline = first(await call("getPipelines"), "pipelines") ?? first((await amo.getPipelines())?._embedded, "pipelines");
  await call("getPipelineById", pipeline?.id ?? 0);
  const stages = await call("getPipelineStatuses", pipeline?.id ?? 0);
  const stage = (stages?._embedded?.statuses ?? stages ?? []).find((one) => one.is_editable);
  const lead = first(await call("addLead", { ...amo.getBaseLeadPayload("Сделка", 100, job.user_id), ...amo.getPipelineLeadPayload(pipeline?.id, stage?.id) }), "leads")?.id;
  await call("getLeads", { ...page, with: "contacts", query: "Сделка", filter: { createdAtFrom: 1, createdAtTo: 1999999999 } });
  await call("getLeadById", lead, { contacts: true });
  await call("updateLead", [{ id: lead, name: "Новая" }]);
  await call("appendTagsToLead", lead, [{ name: "новый" }]);
  await call("addTagForLeads", { name: "ещё" });
  await call("getTagsForLeads", page);
  await call("getLeadsTags", page);
  await empty("getLeadLinks", lead);
  const contact = first(await call("addContact", amo.getContactPayload("Анна", "+79000000001")), "contacts")?.id;
  await call("getContacts", { ...page, query: "Анна" });
  await call("getContact", contact, { leads: true });
  await call("updateContact", contact, { name: "Анна 2" });
  await empty("getContactLinks", contact);
  const company = first(await call("addCompany", { name: "ООО" }), "companies")?.id;
  await call("getCompanies", page);
  await empty("getCompanyLinks", company);

  for (const [kind, word, id] of [["leads", "Lead", lead], ["contacts", "Contact", contact], ["companies", "Company", company]]) {
    const note = word === "Company" ? await call("addNote", kind, id, common) : await call(`addNoteTo${word}`, id, common);
    const noted = first(note, "notes")?.id ?? job.notes[kind];
    const at = noted === job.notes[kind] ? job.noted[kind] : id;
    await call(`get${word}NoteById`, at, noted);
    await call(`getNoteById ${kind}`, kind, at, noted);
    await call(`getNotesByEntityId ${kind}`, kind, at);
    await call(`getNotesByEntityType ${kind}`, kind, page);
    await call(`getCustomFieldsByEntityType ${kind}`, kind, page);
    const many = { leads: "Leads", contacts: "Contacts", companies: "Companies" }[kind];
    await call(`get${many}Notes`, page);
    if (word !== "Company") {
      const field = first(await call(`add${many}CustomFields`, [{ name: "Поле", type: "text" }]), "custom_fields")?.id;
      await call(`get${many}CustomFieldById`, field);
    }
    await call(`get${many}CustomFields`, page);
    await call(`get${many}CustomFieldGroups`);
    await call(`get${many}CustomFieldGroupById`, kind === "leads" ? job.group_id : "default");
    await empty(`get${many}Tags`, page);
    await empty(`get${word}Files`, id);
  }
  await call("getContactNotes", job.noted.contacts);
  await call("getCompanyNotes", job.noted.companies);
  const due = { text: "Позвонить", complete_till: 1900000000, entity_id: lead, entity_type: "leads", task_type_id: 1 };
  const task = first(await call("addTask", [due]), "tasks")?.id;
  await call("getTasks", page);
  await call("getTaskById", task);
  await call("editTask", task, { text: "Написать" });
  await call("getLossReasons");
  await call("linkFileToLead", job.file_uuid, lead);
  await call("linkFileToContact", job.file_uuid, contact);
  await call("getEntityFiles", "leads", lead);

  await call("getEvents", page);
  await call("getEventTypes");
  await call("notifyPhoneCall", "+79000000001", [job.user_id]);
  await call("addPhoneCall", { direction: "inbound", uniq: "u", duration: 5, source: "s", link: "https://example.com", phone: job.phone, call_responsible: job.user_id, responsible_user_id: job.user_id });
  await call("getShortLinkForContact", "https://example.com", contact);
  await call("getWidgets", page);
  await call("getWidget", "sandbox_widget");
  const source = first(await call("addSource", [{ name: "Источник", external_id: "e-1", pipeline_id: pipeline?.id }]), "sources")?.id;
  await call("getSources");
  await call("getSourceById", source);
  await call("deleteSourceById", source);
  await call("getSalesBots");
  const template = first(await call("addTemplate", [{ name: "Шаблон", content: "x", external_id: "t" }]), "chat_templates")?.id;
  await call("getTemplates", page);
  await call("getTemplateById", template);
  await call("updateTemplateById", template, { name: "Шаблон 2", content: "y" });
  await call("deleteTemplateById", template);

  const of = { source_uid: "u", source_name: "n", created_at: 1700000000, _embedded: { leads: [{ name: "Заявка" }] } };
  const sip = { ...of, metadata: { service_code: "s", uniq: "q", duration: 5, link: "https://example.com", phone: "135", from: "+79000000001", called_at: 1700000000, is_call_event_needed: true } };
  const form = { ...of, metadata: { ip: "1.1.1.1", form_id: "f", form_sent_at: 1700000000, form_name: "n", form_page: "p", referer: "r" } };
  const called = await call("addUnsortedSip", [sip]);
  const filled = await call("addUnsortedForms", [form]);
  const waiting = await call("getUnsorted", { page: 1, limit: 50 });
  await call("getUnsortedSummary");
  await call("getUnsortedByUID", first(called, "unsorted")?.uid);
  await call("acceptUnsorted", first(called, "unsorted")?.uid, job.user_id, stage?.id);
  await call("declineUnsorted", first(filled, "unsorted")?.uid, job.user_id);
  const chat = (waiting?._embedded?.unsorted ?? waiting ?? []).find((one) => one.category === "chats");
  await call("linkUnsorted", chat?.uid, { link: { entity_id: lead, entity_type: "leads" } });

  await call("getTalks", page);
  await call("getTalkById", job.talk_id);
  await call("closeTalkById", job.talk_id, true);
  await call("attachChatToContact", job.chat_id, contact);
  await call("getContactsChats", [contact]);
  await call("getContactChats", contact);
  await chats();
  await files();
}

async function chats() {
  const { channel_id: channelId, secret: channelSecret, bot_id: channelBotId } = job.channel;
  const channel = new amotop.AmoJoChannelClient({ channelId, channelSecret });
  await attempt("chats.connectChannel", () => channel.connectChannel(job.account_id, "Канал"));
  const scope = new amotop.AmoJoScopeClient({ scopeId: `${channelId}_${job.account_id}`, channelSecret });
  const conversationId = "c-77";
  const user = { conversation_id: conversationId, user: { id: "client-77", name: "Анна" } };
  await attempt("chats.createChat", () => scope.createChat(user));
  const about = { conversationId, senderName: "Анна", message: "Здравствуйте", channelBotId, amojoUserId: job.amojo_user_id, mediaUrl: "https://example.com/a.jpg" };
  const kinds = ["Text", "Image", "Video", "Audio"].flatMap((kind) => ["Contact", "Bot", "User"].map((who) => `get${kind}PayloadFrom${who}`));
  let sent;
  for (const kind of kinds) {
    const made = await attempt(`chats.sendMessage ${kind}`, () => scope.sendMessage(scope[kind](about)));
    sent = made ?? sent;
  }
  const reference = sent?.new_message?.ref_id ?? sent?.new_message?.msgid;
  await attempt("chats.updateMessageStatus", () => scope.updateMessageStatus(sent?.new_message?.msgid ?? reference, 2));
  const history = job.chat_id;
  await attempt("chats.getChatHistory", () => scope.getChatHistory(history));
  await attempt("chats.disconnectChannel", () => channel.disconnectChannel(job.account_id));
}

async function files() {
  const client = new amotop.AmoFileClient(job.token, { driveUrl: "https://drive-a.amocrm.ru" });
  const file = join(mkdtempSync(join(tmpdir(), "interop")), "a.txt");
  writeFileSync(file, "x".repeat(700000));
  const uploaded = await attempt("files.uploadFile", () => client.uploadFile("a.txt", file, "text/plain"));
  await attempt("files.getFiles", () => client.getFiles());
  await attempt("files.getFileByUUID", () => client.getFileByUUID(uploaded?.uuid ?? job.file_uuid));
  await attempt("files.restoreFileByUUID", () => client.restoreFileByUUID(job.deleted_uuid));
  await attempt("files.hasFilesScope", async () => client.hasFilesScope());
}

main();
