"""Fields of one kind of entity and their groups, administered: ``crm.fields[Lead]``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import endpoint, field_place, resource_of
from amocrm.errors import DecodeError
from amocrm.fields import Definition, Definitions

from .account import AsyncAccountState

if TYPE_CHECKING:
    from amocrm_gen._runtime.op import Op
    from amocrm_gen._runtime.wire import Response
    from amocrm_gen.models.fields import CustomField, CustomFieldGroup

__all__ = ["AsyncFieldGroups", "AsyncFieldList"]


class _Place:
    """A collection of fields or groups of one kind of entity."""

    _suffix = "s"

    def __init__(self, account: AsyncAccountState, kind: str) -> None:
        self._account, self._kind = account, kind
        self._collection, self._path = field_place(kind, self._suffix)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._kind}>"

    async def _call(self, role: str, **parameters: Any) -> Any:
        operation = endpoint(getattr(resource_of(self._collection), role))
        return operation.parse(await self._account.send(operation.request(**self._path, **parameters)))

    async def _write(self, role: str, items: Sequence[dict[str, Any]]) -> list[Any]:
        return await _write(self._account, getattr(resource_of(self._collection), role), items, **self._path)


@checked()
class AsyncFieldGroups(_Place):
    """Groups of the fields of one kind of entity (tabs of its card); their ids are texts."""

    _suffix = "_groups"

    async def list(self) -> Sequence[CustomFieldGroup]:
        """Return all groups."""
        return await self._account.read_all(self._collection, **self._path)

    async def get(self, key: str) -> CustomFieldGroup:
        """Return one group."""
        group: CustomFieldGroup = await self._call("get", id=key)
        return group

    async def create(self, name: str, *, sort: int = 100, fields: Iterable[int] = ()) -> CustomFieldGroup:
        """Create a group with fields in it."""
        item: dict[str, Any] = {"name": name, "sort": sort}
        group: CustomFieldGroup = (await self._write("create", [{**item, "fields": list(fields)}]))[0]
        return group

    async def change(
        self,
        key: str,
        *,
        name: str | None = None,
        sort: int | None = None,
        fields: Iterable[int] | None = None,
    ) -> CustomFieldGroup:
        """Change a group; ``fields`` are all that it is to hold."""
        given = {"name": name, "sort": sort, "fields": None if fields is None else list(fields)}
        body = {key: value for key, value in given.items() if value is not None}
        group: CustomFieldGroup = await self._call("update", id=key, body=body)
        return group

    async def delete(self, key: str) -> None:
        """Delete a group; its fields go to the first one."""
        await self._call("delete", id=key)


@checked()
class AsyncFieldList(_Place):
    """Fields of one kind of entity, administered (administrators only).

    Example:
        >>> city = crm.fields[Lead]
        >>> await city.change(1278, add_options=["Казань"], rename_options={"Мск": "Москва"})
    """

    @property
    def groups(self) -> AsyncFieldGroups:
        """Groups of these fields; segments have none."""
        if self._kind == "segments":
            raise TypeError(
                "fields of segments have no groups; there are those of leads, contacts and others"
            )
        return AsyncFieldGroups(self._account, self._kind)

    async def list(self) -> Definitions:
        """Return the definitions, read anew."""
        return await self._account.read_definitions(self._kind)

    async def get(self, key: int) -> CustomField:
        """Return one definition."""
        field: CustomField = await self._call("get", id=key)
        return field

    async def create(self, *definitions: Definition) -> Sequence[CustomField]:
        """Create fields; return them with ids and options, in the order in which they were given."""
        result = await self._write("create", [definition.body() for definition in definitions])
        self._account.directory.fields.pop(self._kind, None)
        return result

    async def change(
        self,
        key: int,
        *,
        name: str | None = None,
        sort: int | None = None,
        group_id: str | None = None,
        is_api_only: bool | None = None,
        add_options: Iterable[str] = (),
        rename_options: Mapping[str, str] | None = None,
        remove_options: Iterable[str] = (),
        more: Mapping[str, Any] | None = None,
    ) -> CustomField:
        """Change a field; what is not given stays. Its type cannot be changed.

        The options are read first and sent with their ids: an option that is sent without its id is a new one, and
        the values that use the old one are lost.

        Args:
            key: id of the field.
            name: new name.
            sort: new position.
            group_id: group to move it to.
            is_api_only: whether people cannot change its values.
            add_options: labels to add at the end.
            rename_options: new labels by old ones; values stay.
            remove_options: labels to remove, with the values that use them.
            more: further keys as the API takes them, such as ``required_statuses``.

        Raises:
            LookupError: the field has no option of this label.
        """
        given = {"name": name, "sort": sort, "group_id": group_id, "is_api_only": is_api_only}
        item: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        added, renamed, removed = list(add_options), dict(rename_options or {}), set(remove_options)
        if added or renamed or removed:
            item["enums"] = _options(await self.get(key), added, renamed, removed)
        (changed,) = await self._write("update", [{"id": key, **item, **(more or {})}])
        self._account.directory.fields.pop(self._kind, None)
        field: CustomField = changed
        return field

    async def delete(self, *keys: int) -> None:
        """Delete fields with all their values."""
        for key in keys:
            await self._call("delete", id=key)
        self._account.directory.fields.pop(self._kind, None)


def _options(
    field: CustomField, added: Sequence[str], renamed: Mapping[str, str], removed: set[str]
) -> list[dict[str, Any]]:
    """Return all options of a field as they are to be, those that exist with their ids."""
    listed: Any = [] if field.enums is UNSET or field.enums is None else field.enums
    known = {str(option.value) for option in listed}
    if missing := sorted((set(renamed) | removed) - known):
        raise LookupError(f"field {field.id} has no option {missing[0]!r}; it has {', '.join(sorted(known))}")
    kept: list[dict[str, Any]] = [
        {"id": option.id, "value": renamed.get(str(option.value), str(option.value))}
        for option in listed
        if option.value not in removed
    ]
    places = enumerate([*kept, *({"value": label} for label in added)], 1)
    return [{**option, "sort": place} for place, option in places]


async def _write(
    account: AsyncAccountState,
    operation: str,
    items: Sequence[dict[str, Any]],
    **path: Any,
) -> list[Any]:
    """Create items in as few requests as allowed; return the answers in the order of the items."""
    result: list[Any] = []
    module = endpoint(operation)
    batch = module.OP.batch
    assert batch is not None
    for start in range(0, len(items), batch.max):
        body = [
            {**item, "request_id": f"n{start + at}"}
            for at, item in enumerate(items[start : start + batch.max])
        ]
        response = await account.send(module.request(body=body, **path))
        answered = getattr(module.parse(response).embedded, batch.items or "")
        result += _matched(module.OP, response, body, answered)
    return result


def _matched(
    op: Op, response: Response, sent: Sequence[Mapping[str, Any]], answered: Sequence[Any]
) -> list[Any]:
    """Return the answer to each item, matched by the keys that the description names and never by position."""
    if len(sent) == len(answered) == 1:
        return list(answered)
    keys = () if op.batch is None else op.batch.match
    by_key = {key: {getattr(item, key, UNSET): item for item in answered} for key in keys}
    result = [
        next((by_key[key][one[key]] for key in keys if key in one and one[key] in by_key[key]), None)
        for one in sent
    ]
    if None in result:
        raise DecodeError(
            f"{op.id} took effect, and its answer does not tell which of the items is which ({', '.join(keys)} "
            "are missing); read the list",
            op=op.id,
            status=response.status,
            request_id=response.request_id,
        )
    return result
