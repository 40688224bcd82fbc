"""The tables of the sandbox."""

from __future__ import annotations

__all__ = ["ENTITY_KINDS", "SCHEMA", "SEQUENCES", "TABLES", "UPGRADES", "VERSION"]

VERSION = 2

ENTITY_KINDS = frozenset({"leads", "contacts", "companies", "customers", "tasks", "notes"})

# Each kind of object counts from a base of its own: an id used for the wrong kind is never found by luck.
SEQUENCES = {
    "account": 31_000_000,
    "users": 700_000,
    "pipelines": 5_100_000,
    "statuses": 51_000_000,
    "descriptions": 52_000_000,
    "fields": 910_000,
    "enums": 560_000,
    "leads": 10_000_000,
    "contacts": 20_000_000,
    "companies": 30_000_000,
    "tasks": 40_000_000,
    "notes": 60_000_000,
    "tags": 80_000,
    "loss_reasons": 9_000,
    "sources": 15_000,
    "customers": 50_000_000,
    "customer_statuses": 470_000,
    "segments": 6_000,
    "transactions": 8_000_000,
    "catalogs": 6_100,
    "catalog_elements": 33_000_000,
    "groups": 2_000,
    "field_groups": 29_741_591_000_000,
    "roles": 3_000,
    "webhooks": 839_000,
    "talks": 70_000,
    "chat_links": 41_000,
    "bots": 500,
    "bot_runs": 900_000,
    "widgets": 700,
    "templates": 7_000,
    "reviews": 300,
    "buttons": 12_000,
    "entity_files": 2_100_000,
    "files": 501_000,
    "sessions": 26_136_000,
    "knowledge": 100,
    "short_links": 1_000,
}

_ENTITY = """
  name TEXT, responsible_user_id INTEGER, created_by INTEGER, updated_by INTEGER,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, closest_task_at INTEGER,
  is_deleted INTEGER NOT NULL DEFAULT 0, is_unsorted INTEGER NOT NULL DEFAULT 0,
  fields TEXT, search TEXT NOT NULL DEFAULT ''
"""


def _entity(table: str, extra: str, indexes: tuple[str, ...]) -> str:
    common = ("updated_at", "created_at", "responsible_user_id", "name", "closest_task_at")
    lines = [f"CREATE TABLE {table} (id INTEGER PRIMARY KEY,{extra}{_ENTITY});"]
    # With is_deleted in front, pages far out are skipped within the index.
    lines += [
        f"CREATE INDEX {table}_{name} ON {table} (is_deleted, {name}, id);" for name in (*common, *indexes)
    ]
    lines.append(f"CREATE INDEX {table}_id ON {table} (is_deleted, id);")
    return "\n".join(lines)


_HOOKS = """
CREATE TABLE hook_queue (number INTEGER PRIMARY KEY, next_at INTEGER, body TEXT);
CREATE TABLE hook_failures (hook_id INTEGER, at INTEGER);
CREATE INDEX hook_failures_hook ON hook_failures (hook_id, at);
"""

SCHEMA = f"""
CREATE TABLE settings (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sequences (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (kind TEXT, id INTEGER, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;

{
    _entity(
        "leads",
        "price INTEGER, status_id INTEGER, pipeline_id INTEGER, loss_reason_id INTEGER, source_id INTEGER,"
        "closed_at INTEGER, visitor_uid TEXT,",
        ("price", "status_id", "pipeline_id", "closed_at"),
    )
}
{_entity("contacts", "first_name TEXT, last_name TEXT,", ())}
{_entity("companies", "", ())}
{
    _entity(
        "customers",
        "next_price INTEGER, next_date INTEGER, status_id INTEGER, periodicity INTEGER, ltv INTEGER NOT NULL DEFAULT 0,"
        "purchases_count INTEGER NOT NULL DEFAULT 0, average_check INTEGER NOT NULL DEFAULT 0,"
        "bonus_points INTEGER NOT NULL DEFAULT 0,",
        ("next_price", "next_date", "status_id"),
    )
}

CREATE TABLE field_values (
  field_id INTEGER, entity_id INTEGER, position INTEGER, value,
  PRIMARY KEY (field_id, entity_id, position)) WITHOUT ROWID;
CREATE INDEX field_values_value ON field_values (field_id, value, entity_id);

CREATE TABLE tags (id INTEGER PRIMARY KEY, entity_type TEXT, name TEXT, color TEXT);
CREATE UNIQUE INDEX tags_name ON tags (entity_type, name);
CREATE TABLE entity_tags (
  entity_type TEXT, entity_id INTEGER, tag_id INTEGER, PRIMARY KEY (entity_type, entity_id, tag_id)) WITHOUT ROWID;

CREATE TABLE links (
  a_type TEXT, a_id INTEGER, b_type TEXT, b_id INTEGER, position INTEGER, is_main INTEGER, metadata TEXT,
  PRIMARY KEY (a_type, a_id, b_type, b_id)) WITHOUT ROWID;
CREATE INDEX links_back ON links (b_type, b_id, a_type, a_id);

CREATE TABLE notes (
  id INTEGER PRIMARY KEY, entity_type TEXT, entity_id INTEGER, note_type TEXT, created_by INTEGER,
  updated_by INTEGER, created_at INTEGER, updated_at INTEGER, responsible_user_id INTEGER,
  params TEXT, is_pinned INTEGER NOT NULL DEFAULT 0);
CREATE INDEX notes_entity ON notes (entity_type, entity_id, id);
CREATE INDEX notes_updated_at ON notes (entity_type, updated_at, id);

CREATE TABLE tasks (
  id INTEGER PRIMARY KEY, created_by INTEGER, updated_by INTEGER, created_at INTEGER, updated_at INTEGER,
  responsible_user_id INTEGER, entity_id INTEGER, entity_type TEXT, duration INTEGER, is_completed INTEGER,
  task_type_id INTEGER, text TEXT, result TEXT, complete_till INTEGER);
CREATE INDEX tasks_entity ON tasks (entity_type, entity_id, is_completed, complete_till);
CREATE INDEX tasks_updated_at ON tasks (updated_at, id);
CREATE INDEX tasks_created_at ON tasks (created_at, id);
CREATE INDEX tasks_complete_till ON tasks (complete_till, id);
CREATE INDEX tasks_responsible ON tasks (responsible_user_id, id);

CREATE TABLE unsorted (
  uid TEXT PRIMARY KEY, category TEXT, pipeline_id INTEGER, lead_id INTEGER, created_at INTEGER, body TEXT,
  state TEXT NOT NULL DEFAULT 'new', sorted_at INTEGER);
CREATE INDEX unsorted_state ON unsorted (state, created_at);

CREATE TABLE events (
  n INTEGER PRIMARY KEY, id TEXT UNIQUE, type TEXT, alias TEXT, kind TEXT, entity_id INTEGER, created_by INTEGER,
  created_at INTEGER, before TEXT, after TEXT, shown TEXT);
CREATE INDEX events_entity ON events (kind, entity_id, n);
CREATE INDEX events_type ON events (type, n);
CREATE INDEX events_alias ON events (alias, n);
CREATE INDEX events_created_at ON events (created_at, n);

CREATE TABLE customer_segments (
  customer_id INTEGER, segment_id INTEGER, PRIMARY KEY (customer_id, segment_id)) WITHOUT ROWID;
CREATE INDEX customer_segments_back ON customer_segments (segment_id);
CREATE TABLE transactions (
  id INTEGER PRIMARY KEY, customer_id INTEGER, comment TEXT, price INTEGER, completed_at INTEGER, created_by INTEGER,
  updated_by INTEGER, created_at INTEGER, updated_at INTEGER, elements TEXT);
CREATE INDEX transactions_customer ON transactions (customer_id, id);

CREATE TABLE catalog_elements (
  id INTEGER PRIMARY KEY, catalog_id INTEGER, name TEXT, created_by INTEGER, updated_by INTEGER, created_at INTEGER,
  updated_at INTEGER, currency_id INTEGER, is_deleted INTEGER NOT NULL DEFAULT 0, fields TEXT,
  search TEXT NOT NULL DEFAULT '');
CREATE INDEX catalog_elements_catalog ON catalog_elements (catalog_id, is_deleted, id);

CREATE TABLE entity_files (id INTEGER PRIMARY KEY, entity_type TEXT, entity_id INTEGER, file_uuid TEXT);
CREATE UNIQUE INDEX entity_files_entity ON entity_files (entity_type, entity_id, file_uuid);
CREATE INDEX entity_files_file ON entity_files (file_uuid);
CREATE TABLE files (
  id INTEGER PRIMARY KEY, uuid TEXT UNIQUE, name TEXT, version_uuid TEXT, created_by INTEGER, updated_by INTEGER,
  created_at INTEGER, updated_at INTEGER, deleted_at INTEGER, deleted_by INTEGER);
CREATE TABLE uploads (
  id INTEGER PRIMARY KEY, token TEXT UNIQUE, former_token TEXT, former_size INTEGER, expires_at INTEGER, body TEXT,
  content BLOB);
CREATE INDEX uploads_former ON uploads (former_token);
CREATE TABLE file_versions (
  uuid TEXT PRIMARY KEY, file_uuid TEXT, name TEXT, mime_type TEXT, size INTEGER, created_by INTEGER,
  created_at INTEGER, content BLOB);
CREATE INDEX file_versions_file ON file_versions (file_uuid);

CREATE TABLE chat_messages (
  n INTEGER PRIMARY KEY, id TEXT UNIQUE, client_id TEXT, chat_id TEXT, talk_id INTEGER, created_at INTEGER, body TEXT);
CREATE INDEX chat_messages_chat ON chat_messages (chat_id, n);
CREATE INDEX chat_messages_talk ON chat_messages (talk_id, n);
CREATE INDEX chat_messages_client_id ON chat_messages (client_id);

CREATE TABLE integrations (
  client_id TEXT PRIMARY KEY, client_secret TEXT, redirect_uri TEXT, scopes TEXT, is_installed INTEGER);
CREATE TABLE tokens (
  value TEXT PRIMARY KEY, kind TEXT, client_id TEXT, user_id INTEGER, expires_at INTEGER, spent INTEGER DEFAULT 0,
  grant_id TEXT);
CREATE INDEX tokens_client ON tokens (client_id, kind);
{_HOOKS}
"""
# What a file of an older format lacks, by that format.
UPGRADES = {1: _HOOKS}

# What a reset empties; integrations and tokens stay, and clients go on.
TABLES = (
    "documents",
    "sequences",
    "leads",
    "contacts",
    "companies",
    "field_values",
    "tags",
    "entity_tags",
    "links",
    "notes",
    "tasks",
    "unsorted",
    "events",
    "customers",
    "customer_segments",
    "transactions",
    "catalog_elements",
    "entity_files",
    "files",
    "uploads",
    "file_versions",
    "chat_messages",
    "hook_queue",
    "hook_failures",
)
