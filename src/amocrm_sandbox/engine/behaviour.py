"""Switches for behaviour that the vendor does not document."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = ["Behaviour"]


class Behaviour(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Switches for behaviour that differs between accounts, or that is not documented.

    A client is right if it stays right under every setting. Attributes may be changed at any time.

    Args:
        events_enabled: Whether changes write events.
        events_delay: Seconds after which an event can be read.
        events_follow_created_at: Whether the event of a creation has the `created_at` that the body names.
        ids_ascend: Whether ids of leads, contacts, companies, customers, tasks and notes ascend.
        strict: Which of two readings is followed where evidence is thin. True: keys that are only read are refused
            in an update, call notes need `duration` and `source`, and pictures, videos and files of chats `file_name`
            and `file_size`. False: such keys are ignored, and these may be missing.
        search: How `query` of the four main lists finds numbers: `literal` as they are stored, `digits` by their
            digits alone: ``9001234567`` finds ``+7 (900) 123-45-67``.
        search_delay: Seconds after which a new or changed entity is found by what it contains.

    Example:
        >>> from amocrm_sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.behaviour.events_enabled = False
        >>> _ = sandbox.call("POST", "/api/v4/leads", [{"name": "Order 17"}])
        >>> sandbox.get("/api/v4/events").status
        204
    """

    events_enabled: bool = True
    events_delay: float = 0.0
    events_follow_created_at: bool = False
    ids_ascend: bool = True
    strict: bool = True
    search: Literal["literal", "digits"] = "literal"
    search_delay: float = 0.0

    def change(self, changes: dict[str, Any]) -> None:
        """Change several switches.

        Args:
            changes: Values by name.

        Raises:
            msgspec.ValidationError: A name is unknown, or a value has the wrong type; nothing is changed then.
        """
        behaviour = msgspec.convert({**msgspec.structs.asdict(self), **changes}, Behaviour)
        for name in changes:
            setattr(self, name, getattr(behaviour, name))
