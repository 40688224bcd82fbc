"""Users (пользователи)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from .._core.arguments import checked
from ._attributes import Plain
from ._embedded import EmbeddedOne
from ._generated import users as _generated

if TYPE_CHECKING:
    from amocrm_gen.models.users import UserGroup, UserRole

__all__ = ["User"]

_DENIED = {"view": "D", "edit": "D", "add": "D", "delete": "D", "export": "D"}


@checked()
class User(_generated.User):
    """User of the account; users are created, activated and deactivated, not changed.

    Args:
        name: up to 50 characters.
        email: login.
        password: required for a person without an amoCRM login.
        lang: ``ru``, ``en``, ``es``.
        role_id: role that sets all rights.
        group_id: group (department).
        is_free: do not occupy a paid seat.
        rights: rights as the API takes them; without role and rights all access is denied.
    """

    rights = Plain[Any](fixed=True)
    role: EmbeddedOne[UserRole] = EmbeddedOne("role", "roles")
    group: EmbeddedOne[UserGroup] = EmbeddedOne("group", "groups")

    def __init__(
        self,
        name: str,
        email: str,
        *,
        password: str | None = None,
        lang: str | UnsetType = UNSET,
        role_id: int | None = None,
        group_id: int | None = None,
        is_free: bool = False,
        rights: dict[str, Any] | None = None,
    ) -> None:
        granted: dict[str, Any] = dict(rights or {})
        if role_id is not None:
            granted["role_id"] = role_id
        elif is_free:
            granted["is_free"] = True
        elif not granted:
            granted.update({kind: dict(_DENIED) for kind in ("leads", "contacts", "companies")})
            granted["tasks"] = {"edit": "D", "delete": "D"}
        if group_id is not None:
            granted["group_id"] = group_id
        self._init_from_arguments({"name": name, "email": email, "lang": lang, "rights": granted}, {})
        if password is not None:
            self._ensure_links().password = password

    @property
    def is_admin(self) -> bool:
        """True for an administrator."""
        return bool(self._right("is_admin"))

    @property
    def is_active(self) -> bool:
        """True unless the user was deactivated."""
        return bool(self._right("is_active"))

    def _right(self, name: str) -> Any:
        value = getattr(self._data.rights, name, UNSET)
        return self._absent(name) if value is UNSET else value
