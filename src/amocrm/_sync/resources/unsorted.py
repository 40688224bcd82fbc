"""Incoming leads (неразобранное): forms and calls, accepted, declined or linked: ``crm.unsorted``."""
# GENERATED from src/amocrm/_async/resources/unsorted.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import check_account
from amocrm._core.orm.operations import filled
from amocrm._core.orm.times import seconds
from amocrm.entities import Company, Contact, Customer, Lead, Unsorted, User
from amocrm.entities._base import Entity
from amocrm.entities._relations import key_in
from amocrm.entities._writing import writes_of

from ..orm.collections import Records

if TYPE_CHECKING:
    from amocrm_gen.models.unsorted import UnsortedProcessed, UnsortedSummary

__all__ = ["UnsortedLeads"]


@checked()
class UnsortedLeads(Records[Unsorted, str]):
    """Incoming leads. Mails and chats come by themselves; forms and calls can be added."""

    def add_form(
        self,
        lead: Lead | None = None,
        *,
        source_uid: str,
        source_name: str,
        form_id: str,
        form_name: str,
        form_page: str,
        sent_at: datetime | int | None = None,
        contact: Contact | None = None,
        company: Company | None = None,
        pipeline_id: int | None = None,
        ip: str | None = None,
        referer: str | None = None,
    ) -> Unsorted:
        """Add a filled form.

        Args:
            lead: new lead, which exists once the form is accepted.
            source_uid: id of where it comes from.
            source_name: its name.
            form_id: id of the form.
            form_name: its name.
            form_page: address of its page.
            sent_at: when it was sent, now by default.
            contact: new one that the lead is linked to.
            company: likewise.
            pipeline_id: pipeline whose stage of incoming leads it appears in, the main one by default.
            ip: address of the visitor.
            referer: where the visitor came from.

        Example:
            >>> crm.unsorted.add_form(Lead(name="Заявка"), source_uid="site", source_name="Сайт",
            ...     form_id="1", form_name="Обратный звонок", form_page="https://example.com/")
            <Unsorted '...'>
        """
        form = {
            "form_id": form_id,
            "form_name": form_name,
            "form_page": form_page,
            "ip": ip,
            "referer": referer,
        }
        metadata = {**form, "form_sent_at": self._moment(sent_at)}
        return self._add(
            "create_forms", source_uid, source_name, metadata, pipeline_id, lead, contact, company
        )

    def add_call(
        self,
        lead: Lead | None = None,
        *,
        source_uid: str,
        source_name: str,
        phone: str,
        service_code: str,
        uniq: str,
        called_at: datetime | int | None = None,
        duration: int = 0,
        link: str = "",
        caller: str | None = None,
        contact: Contact | None = None,
        company: Company | None = None,
        pipeline_id: int | None = None,
    ) -> Unsorted:
        """Add an incoming call.

        Args:
            lead: new lead, which exists once the call is accepted.
            source_uid: id of where it comes from.
            source_name: its name.
            phone: number of the call; ``caller`` is the other end.
            service_code: code of the telephony.
            uniq: id of the call; the same one twice is an error.
            called_at: when it began, now by default.
            duration: seconds.
            link: address of the recording.
            caller: number that called.
            contact: new one that the lead is linked to.
            company: likewise.
            pipeline_id: pipeline whose stage of incoming leads it appears in, the main one by default.
        """
        call = {"phone": phone, "from": caller, "service_code": service_code, "uniq": uniq, "link": link}
        metadata = {**call, "called_at": self._moment(called_at), "duration": duration}
        return self._add(
            "create_sip", source_uid, source_name, metadata, pipeline_id, lead, contact, company
        )

    def accept(
        self, incoming: Unsorted | str, *, user: User | int | None = None, status_id: int | None = None
    ) -> UnsortedProcessed:
        """Accept an incoming lead; the answer names the lead that it became.

        Args:
            incoming: it, or its ``uid``.
            user: who accepts it, the token's user by default.
            status_id: stage that the lead goes to, the first one by default.
        """
        body = filled(user_id=self._key_of(user), status_id=status_id)
        return self._act("accept", body=body, uid=self._key_of(incoming))

    def decline(self, incoming: Unsorted | str, *, user: User | int | None = None) -> UnsortedProcessed:
        """Decline an incoming lead: it goes to the bin with its contacts."""
        body = filled(user_id=self._key_of(user))
        return self._act("decline", body=body, uid=self._key_of(incoming))

    def link(
        self,
        incoming: Unsorted | str,
        to: Lead | Customer,
        *,
        contact: Contact | int | None = None,
        user: User | int | None = None,
    ) -> UnsortedProcessed:
        """Join an incoming lead to a lead or customer that exists; chats and mails only.

        Args:
            incoming: it, or its ``uid``.
            to: the lead or customer.
            contact: contact of it that the incoming one is, where it has several.
            user: who does it, the token's user by default.
        """
        target: dict[str, Any] = {
            "entity_id": key_in(self._account.directory.host, to),
            "entity_type": to._kind,
        }
        if contact is not None:
            target["metadata"] = {"contact_id": self._key_of(contact)}
        body = {"link": target, **filled(user_id=self._key_of(user))}
        return self._act("link", body=body, uid=self._key_of(incoming))

    def summary(
        self,
        *,
        since: datetime | int | None = None,
        until: datetime | int | None = None,
        pipeline_id: int | None = None,
    ) -> UnsortedSummary | None:
        """Return how many came, were accepted and declined, by category; ``None`` for an empty answer."""
        span = {"from": since, "to": until}
        created = {name: seconds(end) for name, end in span.items() if end is not None}
        filters = filled(pipeline_id=pipeline_id, created_at=created or None)
        return self._act("summary", filter=filters or None)

    def _moment(self, when: datetime | int | None) -> int:
        return int(self._account.clock.wall()) if when is None else seconds(when)

    def _add(
        self,
        action: str,
        source_uid: str,
        source_name: str,
        metadata: dict[str, Any],
        pipeline_id: int | None,
        *entities: Entity | None,
    ) -> Unsorted:
        embedded: dict[str, Any] = {}
        for entity in filter(None, entities):
            check_account(entity, self._account.directory.host)
            if entity._key is not None:
                raise ValueError(
                    f"{entity!r} exists: an incoming lead brings new objects along; link() joins others"
                )
            embedded[entity._kind] = [writes_of(entity)[0].body]
        item = {"source_uid": source_uid, "source_name": source_name, "metadata": filled(**metadata)}
        item |= filled(pipeline_id=pipeline_id, _embedded=embedded or None)
        (added,) = (self._act(action, body=[item])).embedded.unsorted
        data = Unsorted._model(uid=added.uid, embedded=added.embedded)
        return Unsorted._from_api(data, self._account.origin)
