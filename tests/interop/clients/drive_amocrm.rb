# frozen_string_literal: true

# Every method of the gem amocrm that has a place in the API. Prints one JSON object a line for each call.

require "json"
require "amocrm"

JOB = JSON.parse($stdin.read, symbolize_names: true)
CRM = Amocrm::Client.new(token: JOB[:token], subdomain: "demo", base_url: JOB[:url], max_retries: 0) # address

def attempt(call)
  result = yield
  puts JSON.generate(call: call, passed: true)
  result
rescue StandardError => e
  said = "#{e.class}: #{e.message}".tr("\n", " ")[0, 1500]
  puts JSON.generate(call: call, passed: false, said: said)
  nil
end

def plain(value)
  value.respond_to?(:deep_to_h) ? value.deep_to_h : value
end

def first(answer, key)
  (plain(answer) || {}).dig(:_embedded, key)&.first || {}
end

# What a resource has of the usual five, at a list or below a parent.
def drive(name, key, bodies, update, one: nil, parent: [], own: {}, filters: {})
  api = CRM.public_send(name)
  made = attempt("#{name}.create") { api.create(*parent, body: bodies) }
  id = (plain(made) || {})[:id] || first(made, key)[:id]
  attempt("#{name}.list") { api.list(*parent) }
  attempt("#{name}.list with") { api.list(*parent, **filters) } unless filters.empty?
  attempt("#{name}.get_by_id") { api.get_by_id(id, **own) }
  attempt("#{name}.update") { api.update(*parent, body: [update.merge(id: id)]) } if api.respond_to?(:update)
  attempt("#{name}.update_by_id") { api.update_by_id(id, **own, **(one || update)) }
  attempt("#{name}.delete_by_id") { api.delete_by_id((plain(made) || {})[:id] || plain(made).dig(:_embedded, key).last[:id], **own) } if api.respond_to?(:delete_by_id)
  id
end

attempt("account.get") { CRM.account.get(with: "amojo_id,users_groups,task_types,version,datetime_settings") }
attempt("customers_mode.set_mode") { CRM.customers_mode.set_mode(mode: :segments, is_enabled: true) }
named = ->(word) { [{name: "#{word} 1"}, {name: "#{word} 2"}] }
paged = {limit: 5, page: 1, query: "1"}
lead = drive(:leads, :leads, named["Сделка"], {name: "Новая"}, filters: {**paged, with: "contacts", order: {updated_at: "desc"}, filter: {id: [1]}})
contact = drive(:contacts, :contacts, named["Контакт"], {name: "Анна"}, filters: {**paged, with: "leads"})
company = drive(:companies, :companies, named["Компания"], {name: "ООО"}, filters: {**paged, with: "leads"})
customer = drive(:customers, :customers, named["Покупатель"], {name: "Борис"}, filters: {**paged, with: "contacts"})
attempt("leads.create_complex") { CRM.leads.create_complex(body: [{name: "Сложная", _embedded: {contacts: [{first_name: "Анна"}], companies: [{name: "ООО"}]}}]) }
due = {text: "Позвонить", complete_till: 1_900_000_000, entity_id: lead, entity_type: "leads", task_type_id: 1}
drive(:tasks, :tasks, [due, due], {text: "Написать"}, filters: {limit: 5, filter: {is_completed: 0}})

catalog = drive(:catalogs, :catalogs, named["Список"], {name: "Склад"}, filters: {limit: 5, page: 1})
drive(:catalog_elements, :elements, named["Стол"], {name: "Стул"}, parent: [catalog], own: {catalog_id: catalog}, filters: {limit: 5, query: "Ст"})
drive(:custom_fields, :custom_fields, [{name: "Поле", type: "text"}, {name: "Ещё", type: "numeric"}], {name: "Новое"}, parent: [:leads], own: {entity_type: :leads}, filters: {limit: 5})
drive(:custom_field_groups, :custom_field_groups, [{name: "Группа", sort: 5}], {name: "Новая", sort: 6}, parent: [:leads], own: {entity_type: :leads})

text = {note_type: "common", params: {text: "x"}}
notes = CRM.entity_notes
noted = first(attempt("entity_notes.create") { notes.create(:leads, body: [{entity_id: lead, **text}]) }, :notes)[:id]
attempt("entity_notes.list") { notes.list(:leads, limit: 5) }
attempt("entity_notes.get_by_id") { notes.get_by_id(noted, entity_type: :leads) }
attempt("entity_notes.update") { notes.update(:leads, body: [{id: noted, **text}]) }
attempt("entity_notes.update_by_id") { notes.update_by_id(noted, entity_type: :leads, **text) }
attempt("entity_notes.pin") { notes.pin(noted, entity_type: :leads) }
attempt("entity_notes.unpin") { notes.unpin(noted, entity_type: :leads) }
own = CRM.entity_notes_by_parent
note = first(attempt("entity_notes_by_parent.create_by_parent") { own.create_by_parent(lead, entity_type: :leads, body: [text]) }, :notes)[:id]
attempt("entity_notes_by_parent.list_by_parent") { own.list_by_parent(lead, entity_type: :leads) }
attempt("entity_notes_by_parent.get_by_parent_id") { own.get_by_parent_id(note, entity_type: :leads, entity_id: lead) }
attempt("entity_notes_by_parent.update_by_parent") { own.update_by_parent(lead, entity_type: :leads, body: [{id: note, **text}]) }
attempt("entity_notes_by_parent.update_by_parent_id") { own.update_by_parent_id(note, entity_type: :leads, path_entity_id: lead, **text) }

to = {to_entity_id: contact, to_entity_type: "contacts"}
links = CRM.entity_links
attempt("entity_links.link") { links.link(:leads, body: [{entity_id: lead, **to}]) }
attempt("entity_links.link_by_entity") { links.link_by_entity(lead, entity_type: :leads, body: [to]) }
attempt("entity_links.list") { links.list(:leads, filter: {entity_id: [lead]}) }
attempt("entity_links.list_by_entity") { links.list_by_entity(lead, entity_type: :leads) }
attempt("entity_links.unlink_by_entity") { links.unlink_by_entity(lead, entity_type: :leads, body: [to]) }
attempt("entity_links.unlink") { links.unlink(:leads, body: [{entity_id: lead, **to}]) }
attempt("tags.create") { CRM.tags.create(:leads, body: [{name: "новый"}]) }
attempt("tags.list") { CRM.tags.list(:leads, limit: 5, query: "новый") }

stages = [{name: "Этап", sort: 20, color: "#fffeb2"}]
lines = [{name: "Воронка 1", sort: 20, is_main: false, is_unsorted_on: true, _embedded: {statuses: stages}}, {name: "Воронка 2", sort: 30, is_main: false, is_unsorted_on: true, _embedded: {statuses: stages}}]
pipeline = drive(:pipelines, :pipelines, lines, {name: "Новая"})
drive(:pipeline_statuses, :statuses, [{name: "Второй", sort: 30, color: "#fffeb2"}], {name: "Иной"}, parent: [pipeline], own: {pipeline_id: pipeline})
sources = [{name: "Источник 1", external_id: "e-1", pipeline_id: pipeline}, {name: "Источник 2", external_id: "e-2", pipeline_id: pipeline}]
source = drive(:sources, :sources, sources, {name: "Новый"})
attempt("sources.delete") { CRM.sources.delete(body: [{id: source}]) }
segment = drive(:customer_segments, :segments, {name: "Сегмент", color: "ff5376"}, {name: "Новый"})
purchase = first(attempt("customer_transactions.create") { CRM.customer_transactions.create(customer, body: [{price: 100, comment: "x"}]) }, :transactions)[:id]
attempt("customer_transactions.list") { CRM.customer_transactions.list(limit: 5) }
attempt("customer_transactions.list_by_customer") { CRM.customer_transactions.list_by_customer(customer, limit: 5) }
attempt("customer_transactions.delete_by_id") { CRM.customer_transactions.delete_by_id(purchase, customer_id: customer) }
attempt("customer_bonus_points.change") { CRM.customer_bonus_points.change(customer, body: {earn: 10}) }
CRM.customers_mode.set_mode(mode: :periodicity, is_enabled: true)
drive(:customer_statuses, :statuses, [{name: "Этап", sort: 40, color: "#fffeb2"}], {name: "Новый"})

right = {view: "A", edit: "A", add: "A", delete: "D", export: "D"}
rights = {leads: right, contacts: right, companies: right, tasks: {edit: "A", delete: "A"}, mail_access: false, catalog_access: true}
drive(:roles, :roles, [{name: "Роль", rights: rights}], {name: "Новая", rights: rights})
attempt("users.create") { CRM.users.create(body: [{name: "Анна", email: "a@example.com", password: "Secret1!", lang: "ru", rights: rights}]) }
attempt("users.list") { CRM.users.list(limit: 5, with: "role,group") }
attempt("users.get_by_id") { CRM.users.get_by_id(JOB[:user_id]) }

attempt("calls.create") { CRM.calls.create(body: [{direction: "inbound", uniq: "u", duration: 5, source: "s", link: "https://example.com", phone: JOB[:phone], call_result: "r", call_status: 4}]) }
form = {source_uid: "u", source_name: "n", metadata: {ip: "1.1.1.1", form_id: "f", form_sent_at: 1_700_000_000, form_name: "n", form_page: "p", referer: "r"}, _embedded: {leads: [{name: "Заявка"}]}}
forms = attempt("unsorted_leads.create_forms") { CRM.unsorted_leads.create_forms(body: [form, {**form, source_uid: "v"}]) }
uids = ((plain(forms) || {}).dig(:_embedded, :unsorted) || []).map { |one| one[:uid] }
attempt("unsorted_leads.accept") { CRM.unsorted_leads.accept(uids[0], user_id: JOB[:user_id]) }
attempt("unsorted_leads.decline") { CRM.unsorted_leads.decline(uids[1], user_id: JOB[:user_id]) }
event = first(attempt("events.list") { CRM.events.list(limit: 5, filter: {type: "lead_added"}) }, :events)[:id]
attempt("events.get_by_id") { CRM.events.get_by_id(event) }
attempt("events.list_types") { CRM.events.list_types }
attempt("webhooks.subscribe") { CRM.webhooks.subscribe(destination: "https://example.com/hook", settings: ["add_lead"]) }
attempt("webhooks.list") { CRM.webhooks.list }
attempt("webhooks.unsubscribe") { CRM.webhooks.unsubscribe(destination: "https://example.com/hook") }
attempt("widgets.list") { CRM.widgets.list(limit: 5) }
attempt("widgets.get_by_code") { CRM.widgets.get_by_code("sandbox_widget") }
attempt("widgets.install") { CRM.widgets.install("sandbox_widget", body: {api_key: "k"}) }
attempt("widgets.uninstall") { CRM.widgets.uninstall("sandbox_widget") }
attempt("short_links.create") { CRM.short_links.create(url: "https://example.com") }
attempt("salesbot.run") { CRM.salesbot.run(body: [{bot_id: JOB[:bot_id], entity_id: lead, entity_type: 2}]) }
attempt("talks.get_by_id") { CRM.talks.get_by_id(JOB[:talk_id]) }
attempt("talks.close") { CRM.talks.close(JOB[:talk_id], force_close: true) }
attempt("contact_chats.link") { CRM.contact_chats.link(body: [{contact_id: contact, chat_id: JOB[:chat_id]}]) }
attempt("contact_chats.list") { CRM.contact_chats.list(contact_id: contact) }
attempt("entity_followers.list") { CRM.entity_followers.list(lead, entity_type: :leads) }
button = plain(attempt("website_buttons.create") { CRM.website_buttons.create(pipeline_id: pipeline, trusted_websites: ["example.com"]) }) || {}
attempt("website_buttons.list") { CRM.website_buttons.list(limit: 5) }
attempt("website_buttons.get_by_source_id") { CRM.website_buttons.get_by_source_id(button[:source_id]) }
attempt("website_buttons.update") { CRM.website_buttons.update(button[:source_id], trusted_websites: {add: ["example.org"]}) }
attempt("website_buttons.connect_online_chat") { CRM.website_buttons.connect_online_chat(button[:source_id]) }
