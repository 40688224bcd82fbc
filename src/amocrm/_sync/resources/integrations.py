"""What integrations use: bots, widgets, buttons of web sites, short links, links between entities, subscribers."""
# GENERATED from src/amocrm/_async/resources/integrations.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from amocrm._core.arguments import checked
from amocrm._core.orm.filters import cut_ids
from amocrm._core.orm.identity import check_account
from amocrm._core.orm.operations import filled
from amocrm._core.orm.paging import items_of
from amocrm.entities import Bot, Contact, Lead, WebsiteButton, Widget
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in
from amocrm.errors import DecodeError

from ..orm.account import Area
from ..orm.collections import Records, WritableRecords

if TYPE_CHECKING:
    from amocrm_gen.models.bots import BotHandler
    from amocrm_gen.models.links import EntityLink
    from amocrm_gen.models.short_links import ShortLink

__all__ = ["Bots", "Links", "ShortLinks", "WebsiteButtons", "Widgets"]


@checked()
class Bots(Records[Bot, int]):
    """Bots (Salesbot); the API runs them and makes none."""

    def run(self, bot: Bot | int, *entities: Entity) -> None:
        """Run a bot for leads, contacts or customers: one request, for several one for 100.

        Example:
            >>> crm.bots.run(77, lead)
        """
        key, host = self._key_of(bot), self._account.directory.host
        targets = [{"entity_id": key_in(host, entity), "entity_type": entity._kind} for entity in entities]
        if len(targets) == 1:
            self._act("run", body=targets[0], id=key)
        else:
            self._account.call_in_parts(
                "bots.run_bots", [{"bot_id": key, **target} for target in targets]
            )

    def stop(self, bot: Bot | int, lead: Lead) -> None:
        """Stop a bot that runs for a lead."""
        target = {"entity_id": key_in(self._account.directory.host, lead), "entity_type": "leads"}
        self._act("stop", body=target, id=self._key_of(bot))

    def resume(
        self,
        bot_type: Literal["salesbot", "marketingbot"],
        bot_id: int,
        continue_id: int,
        *,
        data: Mapping[str, Any] | None = None,
        handlers: Sequence[BotHandler] = (),
    ) -> None:
        """Let a bot go on that waits for a widget; the three ids are in the request to the widget.

        Args:
            bot_type: first part of its ``return_url``.
            bot_id: second part.
            continue_id: last part.
            data: values for the bot.
            handlers: steps that it takes first.
        """
        body = filled(data=dict(data or {}), execute_handlers=list(handlers) or None)
        path = {"bot_type": bot_type, "bot_id": bot_id, "continue_id": continue_id}
        self._account.call("bots.continue_bot", body=body, **path)


@checked()
class Widgets(Records[Widget, str]):
    """Widgets of the account, by their codes."""

    def install(self, widget: Widget | str, settings: Mapping[str, Any] | None = None) -> Widget:
        """Install a widget with its settings; return it."""
        answer = self._act("install", body=dict(settings or {}), widget_code=self._key_of(widget))
        return Widget._from_api(answer, self._account.origin)

    def uninstall(self, widget: Widget | str) -> None:
        """Take a widget off the account."""
        self._act("uninstall", widget_code=self._key_of(widget))


@checked()
class WebsiteButtons(WritableRecords[WebsiteButton]):
    """Buttons of web sites (CRM Plugin)."""

    def connect_chat(self, button: WebsiteButton | int) -> None:
        """Add an online chat to a button."""
        self._act("connect_chat", source_id=self._key_of(button))


@checked()
class ShortLinks(Area):
    """Short links that tell when a contact follows them; the API creates them only."""

    def create(self, url: str, contact: Contact | int) -> ShortLink:
        """Create a short link for a contact.

        Raises:
            DecodeError: the answer has no link.

        Example:
            >>> (crm.short_links.create("https://example.com/offer", contact)).url
            'https://...'
        """
        links = self.create_all([(url, contact)])
        if not links:
            raise DecodeError(
                "short_links.create_short_links was answered without a link; check that the contact exists",
                op="create_short_links",
                status=200,
                request_id=None,
            )
        return links[0]

    def create_all(self, links: Iterable[tuple[str, Contact | int]]) -> list[ShortLink]:
        """Create short links, 250 in a request; the answers have addresses and contacts."""
        bodies = []
        for url, contact in links:
            key = key_in(self._account.directory.host, contact) if isinstance(contact, Entity) else contact
            bodies.append({"url": url, "metadata": {"entity_type": "contacts", "entity_id": key}})
        answers = self._account.call_in_parts("short_links.create_short_links", bodies)
        return [link for answer in answers for link in answer.embedded.short_links]


@checked()
class Links(Area):
    """Links between entities as the API has them; sessions write those of their relations by themselves."""

    def of(self, *entities: Entity) -> list[EntityLink]:
        """Return all links of entities, a request for 240 of one kind; not paged.

        Example:
            >>> [link.to_entity_id for link in crm.links.of(lead) if link.to_entity_type == "customers"]
        """
        kinds: dict[str, list[int]] = {}
        for entity in entities:
            kinds.setdefault(entity._kind, []).append(key_in(self._account.directory.host, entity))
        result: list[EntityLink] = []
        for kind, keys in kinds.items():
            for part in cut_ids(keys, "entity_id"):
                path = {"entity_type": kind, "filter": {"entity_id": part}}
                result += items_of(self._account.call("links.list_links", **path), "links")
        return result

    def add(self, entity: Entity, *targets: Entity, **metadata: Any) -> None:
        """Link an entity to others; ``metadata`` such as ``quantity=2`` goes with each link."""
        self._write("link", entity, targets, metadata)

    def remove(self, entity: Entity, *targets: Entity) -> None:
        """Take links of an entity away."""
        self._write("unlink", entity, targets, {})

    def _write(
        self, action: str, entity: Entity, targets: Sequence[Entity], metadata: Mapping[str, Any]
    ) -> None:
        host = self._account.directory.host
        items = []
        for target in targets:
            check_account(target, host)
            item = {"entity_id": key_in(host, entity), "to_entity_id": key_in(host, target)}
            data = dict(metadata)
            if target._kind == "catalog_elements":
                data["catalog_id"] = target.catalog_id  # type: ignore[attr-defined]
            items.append({**item, "to_entity_type": target._kind, **({"metadata": data} if data else {})})
        path = {"entity_type": entity._kind}
        self._account.call_in_parts(f"links.{action}_entities", items, **path)
