"""Actions of the web interface that the API does not offer: bots, channels, the bin, subscribers, mail, rights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from .account import Account
from .domain.closest_task import refresh_closest
from .domain.context import Context, Item
from .domain.duplicates import CONTROL_KIND
from .domain.entities import create
from .domain.kinds import CONTACTS, LEADS
from .domain.relations import link
from .domain.stages import main_pipeline
from .domain.unsorted import add_unsorted
from .engine.messages import Request, Response
from .messaging.chats import close_talk, touch_talk
from .storage.ids import new_uuid
from .storage.seed import full_rights

__all__ = ["UserActions"]

Record = dict[str, Any]


class UserActions:
    """Actions of the administrator in the web interface.

    Example:
        >>> from amocrm_sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> bot = sandbox.ui.add_bot("Опрос", request_url="https://example.com/bot")
        >>> sandbox.get("/api/v4/bots").json()["_total_items"]
        2
    """

    def __init__(self, account: Account, call: Callable[[str, str, Any], Response]) -> None:
        self._account = account
        self._call = call

    @contextmanager
    def _acting(self) -> Iterator[Context]:
        """Yield a context of the administrator; its changes are stored and delivered when the block ends."""
        account = self._account
        with account.lock:
            request = Request("POST", "/", f"{account.subdomain}.amocrm.ru")
            ctx = Context(account, request, "/", "", {}, None)
            ctx.user, ctx.client_id = account.store.documents("users")[account.admin_id], ""
            with account.store.transaction():
                yield ctx
                deliveries = ctx.changes.flush()
        account.hook_queue.send_all(deliveries)
        account.hook_queue.pump()

    def _put(self, kind: str, document: Record) -> Record:
        with self._acting() as ctx:
            result = {"id": ctx.store.next_id(kind), **document}
            ctx.store.put(kind, result)
        return result

    # ---- bots, widgets, channels

    def add_bot(
        self,
        name: str,
        type_functionality: str = "regular",
        is_active: bool = True,
        request_url: str | None = None,
        request_data: Record | None = None,
    ) -> Record:
        """Add a bot.

        Args:
            name: Its name.
            type_functionality: `regular`, `greeting`, `marketing` or `nps`.
            is_active: Whether it is on.
            request_url: Address that a run asks, as a `widget_request` step does; the run then waits to be continued.
            request_data: What that request carries in `data`.
        """
        settings = {"active": is_active}
        bot = {
            "name": name,
            "type_functionality": type_functionality,
            "is_visual_editor": True,
            "settings": settings,
        }
        return self._put(
            "bots", {**bot, "favorite_of": [], "request_url": request_url, "request_data": request_data}
        )

    def bot_runs(self) -> list[Record]:
        """Return all runs of bots: `bot_id`, `kind`, `entity_id`, `state` and, when continued, `answer`."""
        return list(self._account.store.documents("bot_runs").values())

    def add_widget(
        self, code: str, settings_template: list[Record] | None = None, client_id: str | None = None
    ) -> Record:
        """Add a widget; with a `client_id` it belongs to that integration, which then reads its settings."""
        settings = [
            {"name": item["key"], "type": "text", "is_required": False, **item}
            for item in settings_template or ()
        ]
        plain = {"version": "1.0.0", "rating": "0,0", "settings_template": settings}
        flags = dict.fromkeys(
            ("is_lead_source", "is_work_with_dp", "is_crm_template", "is_active_in_account"), False
        )
        own = {"client_uuid": client_id, "pipeline_id": None, "settings": None}
        return self._put("widgets", {"code": code, **plain, **flags, **own})

    def add_channel(self, title: str, hook_url: str | None = None, origin: str = "sandbox") -> Record:
        """Register a chat channel, as the vendor's support does, and return its `channel_id` and `secret`.

        Args:
            title: Its name.
            hook_url: Where messages to clients are sent; `:scope_id` in it is replaced.
            origin: Code of the messenger.
        """
        with self._acting() as ctx:
            number = len(ctx.store.documents("channels")) + 1
            channel = {
                "id": number,
                "channel_id": new_uuid(self._account.random),
                "code": f"amo.ext.{number}",
                "title": title,
                "secret": f"{self._account.random.getrandbits(160):040x}",
                "hook_url": hook_url,
                "bot_id": new_uuid(self._account.random),
                "origin": origin,
                "connection": None,
                "created_at": ctx.now,
            }
            ctx.store.put("channels", channel)
        return channel

    def write_as_client(
        self, text: str, name: str = "Анна", conversation_id: str = "c-1", phone: str | None = None
    ) -> Response:
        """Write a message as a client of the first channel, which is connected when it is not yet."""
        account = self._account
        channel, amojo_id = account.channel, account.settings["amojo_id"]
        path = f"/v2/origin/custom/{channel['channel_id']}"
        if channel["connection"] is None:
            body = {"account_id": amojo_id, "title": channel["title"], "hook_api_version": "v2"}
            self._call("POST", f"{path}/connect", body)
        now = account.clock.now()
        sender: Record = {"id": f"client-{conversation_id}", "name": name}
        if phone is not None:
            sender["profile"] = {"phone": phone}
        payload = {
            "timestamp": now,
            "msec_timestamp": now * 1000,
            "msgid": new_uuid(self._account.random),
            "sender": sender,
        }
        payload.update(conversation_id=conversation_id, message={"type": "text", "text": text})
        return self._call("POST", f"{path}_{amojo_id}", {"event_type": "new_message", "payload": payload})

    # ---- entities

    def delete(self, kind: str, id: int) -> None:
        """Put a lead, contact, company or customer into the bin.

        Raises:
            ValueError: There are no such entities here.
        """
        if kind not in ("leads", "contacts", "companies", "customers"):
            raise ValueError(f"{kind} cannot be deleted")
        with self._acting() as ctx:
            changed = ctx.store.execute(
                f"UPDATE {kind} SET is_deleted=1, updated_at=? WHERE id=? AND is_deleted=0",
                (ctx.now, id),
            )
            if changed.rowcount:
                ctx.changes.deleted(kind, id)

    def restore(self, kind: str, id: int) -> None:
        """Take a lead, contact or company out of the bin.

        Raises:
            ValueError: There is no bin for such entities.
        """
        if kind not in ("leads", "contacts", "companies"):
            raise ValueError(f"{kind} cannot be restored")
        with self._acting() as ctx:
            changed = ctx.store.execute(
                f"UPDATE {kind} SET is_deleted=0, updated_at=? WHERE id=? AND is_deleted=1",
                (ctx.now, id),
            )
            if changed.rowcount:
                ctx.changes.restored(kind, id)

    def delete_task(self, id: int) -> None:
        """Delete a task."""
        with self._acting() as ctx:
            row = ctx.store.row("SELECT entity_type, entity_id FROM tasks WHERE id=?", (id,))
            if row is not None:
                ctx.store.execute("DELETE FROM tasks WHERE id=?", (id,))
                refresh_closest(ctx, [{"entity_type": row[0], "entity_id": row[1]}])
                ctx.changes.event("task_deleted", "tasks", id)
                ctx.changes.hook("delete_task", "tasks", id)

    def delete_note(self, id: int) -> None:
        """Delete a note."""
        with self._acting() as ctx:
            row = ctx.store.row("SELECT entity_type, entity_id FROM notes WHERE id=?", (id,))
            if row is not None:
                ctx.store.execute("DELETE FROM notes WHERE id=?", (id,))
                ctx.changes.event("common_note_deleted", row[0], row[1], after=[{"note": {"id": id}}])

    def open_short_link(self, url: str) -> str:
        """Open a short link as its contact does, which leaves a note, and return the address behind it.

        Raises:
            ValueError: There is no such link.
        """
        with self._acting() as ctx:
            links = ctx.store.documents("short_links").values()
            link = next((short_link for short_link in links if url.endswith(f"/{short_link['code']}")), None)
            if link is None:
                raise ValueError(f"there is no short link {url!r}")
            note = {
                "id": ctx.store.next_id("notes"),
                "entity_type": "contacts",
                "entity_id": link["contact_id"],
                "note_type": "link_followed",
                **dict.fromkeys(("created_by", "updated_by"), 0),
                **dict.fromkeys(("created_at", "updated_at"), ctx.now),
                "responsible_user_id": 0,
                "params": msgspec.json.encode({"url": link["url"]}),
            }
            ctx.store.insert("notes", note)
            ctx.changes.user_id = 0
            ctx.changes.noted("contacts", link["contact_id"], "link_followed", note["id"])
        return str(link["url"])

    def rate_talk(self, talk_id: int, rate: int) -> None:
        """Give a talk the mark (0 to 10) that a client gives to the NPS bot, which closes it."""
        with self._acting() as ctx:
            talk = touch_talk(ctx, ctx.store.documents("talks")[talk_id], rate=rate)
            ctx.changes.user_id = 0
            after = [{"nps": {"rate": rate}}]
            ctx.changes.event("nps_rate_added", "contacts", talk["contact_id"], after=after)
            if talk["status"] != "closed":
                close_talk(ctx, talk, is_forced=True)

    def subscribe(self, kind: str, entity_id: int, subscriber_id: int, type: str = "user") -> Record:
        """Subscribe a user or a group to the chat of a lead or customer."""
        document = {"kind": kind, "entity_id": entity_id, "subscriber_id": subscriber_id, "type": type}
        return self._put("subscriptions", document)

    def receive_mail(self, email: str, subject: str, text: str, name: str = "") -> str:
        """Receive a letter of an unknown person, which makes an incoming lead, and return its uid."""
        with self._acting() as ctx:
            ctx.changes.is_paused = True
            values = [{"field_code": "EMAIL", "values": [{"value": email, "enum_code": "WORK"}]}]
            contact = Item(None, {"name": name or email, "custom_fields_values": values}, [])
            contact_id = create(ctx, CONTACTS, contact, contact.data) or 0
            ctx.store.update("contacts", contact_id, {"is_unsorted": 1})
            lead = Item(None, {"name": subject}, [])
            lead_id = create(ctx, LEADS, lead, lead.data) or 0
            link(ctx, ("leads", lead_id), ("contacts", contact_id), True)
            ctx.changes.is_paused = False
            number = ctx.store.next_id("notes")
            metadata = {
                "from": {"email": email, "name": name},
                "received_at": ctx.now,
                "subject": subject,
                "thread_id": number,
                "message_id": number,
                "content_summary": text,
            }
            body = {"source_uid": None, "source_name": None, "metadata": metadata}
            return add_unsorted(ctx, "mail", lead_id, main_pipeline(ctx.store), body)

    # ---- the account

    def add_user(self, name: str = "Коллега", view: str = "A", is_admin: bool = False) -> Record:
        """Add a user with a token of its own and return its `id` and `token`.

        Args:
            name: Its name.
            view: Letter of its rights on leads, contacts and companies: `A` all records, `G` those of its group, `M`
                only those that it is responsible for, `D` none.
            is_admin: Whether it is an administrator, who sees everything.
        """
        if view not in ("A", "G", "M", "D"):
            raise ValueError(f'view must be "A", "G", "M" or "D", got {view!r}')
        letters = {**dict.fromkeys(("view", "edit", "delete", "export"), view), "add": "A"}
        rights = full_rights(is_admin=is_admin)
        rights.update({kind: dict(letters) for kind in ("leads", "contacts", "companies")})
        account = self._account
        with self._acting() as ctx:
            id = ctx.store.next_id("users")
            marks = {"uuid": new_uuid(account.random), "amojo_id": new_uuid(account.random)}
            user = {"id": id, "name": name, "email": f"user{id}@{account.subdomain}.example", "lang": "ru"}
            ctx.store.put("users", {**user, "rights": rights, **marks})
            token = account.tokens.issue_access(account.integration.client_id, id, 365 * 86400)
        return {"id": id, "token": token}

    def set_duplicate_control(
        self,
        pipeline_id: int | None = None,
        *,
        is_on: bool = True,
        phone: bool = True,
        email: bool = True,
        fields: Sequence[int] = (),
        stages: Sequence[int] | None = None,
        on_many: str = "newest",
        keep: bool = False,
    ) -> Record:
        """Set the duplicate control of a pipeline, which only `POST /api/v4/leads/complex` takes part in.

        An item that repeats a stored lead changes that lead instead of creating one. With more than three such leads
        nothing is merged. Items of one request are not compared with each other.

        Args:
            pipeline_id: The pipeline; None for the main one.
            is_on: Whether it is on.
            phone: Compare phones of main contacts, in international form.
            email: Compare e-mails of main contacts.
            fields: Ids of text and number fields of leads and contacts to compare.
            stages: Ids of the stages that are searched; None for all.
            on_many: With two or three duplicates: `newest` changes the newest lead, `all` changes all, `new` creates.
            keep: Keep what is stored and only fill what is empty; otherwise what is sent replaces it. Phones and
                e-mails are always added to.

        Raises:
            ValueError: There is no such pipeline, or `on_many` is unknown.
        """
        if on_many not in ("newest", "all", "new"):
            raise ValueError(f'on_many must be "newest", "all" or "new", got {on_many!r}')
        with self._acting() as ctx:
            id = main_pipeline(ctx.store) if pipeline_id is None else pipeline_id
            if ctx.store.document("pipelines", id) is None:
                raise ValueError(f"pipeline_id must be the id of a pipeline, got {id}")
            control = {
                "id": id,
                "is_on": is_on,
                "phone": phone,
                "email": email,
                "on_many": on_many,
                "keep": keep,
            }
            control |= {"fields": list(fields), "stages": None if stages is None else list(stages)}
            ctx.store.put(CONTROL_KIND, control)
        return control

    def add_group(self, name: str) -> Record:
        """Add a group of users."""
        return self._put("groups", {"name": name, "uuid": new_uuid(self._account.random)})

    def give_api_key(self, user_id: int) -> str:
        """Give a user one of the old API keys, which can still be exchanged for a code."""
        key = f"{self._account.random.getrandbits(160):040x}"
        with self._acting() as ctx:
            user = ctx.store.documents("users")[user_id]
            ctx.store.put("users", {**user, "api_key": key})
        return key

    def do(self, action: str, args: Record) -> Any:
        """Carry out an action by its name; used by the control endpoint.

        Raises:
            ValueError: There is no such action.
        """
        method: Callable[..., Any] | None = (
            getattr(self, action, None) if not action.startswith("_") else None
        )
        if method is None or action == "do":
            raise ValueError(f"unknown action {action!r}")
        result = method(**args)
        return msgspec.to_builtins(result.json()) if isinstance(result, Response) else result
