"""Fields of one kind of entity and their groups, administered: ``crm.fields[Lead]``."""
# GENERATED from src/amocrm/_async/orm/field_lists.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.operations import Operation, batches, endpoint, field_place, filled, resource_of
from amocrm._core.orm.outcome import match_answer_items
from amocrm._core.orm.plan import PendingWrite
from amocrm.errors import DecodeError
from amocrm.fields import Definition, Definitions

from .account import AccountState

if TYPE_CHECKING:
    from amocrm_gen.models.fields import CustomField, CustomFieldGroup

__all__ = ["FieldGroups", "FieldList"]


class _Place:
    """A collection of fields or groups of one kind of entity."""

    _suffix = "s"

    def __init__(self, account: AccountState, kind: str) -> None:
        self._account, self._kind = account, kind
        self._collection, self._path = field_place(kind, self._suffix)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._kind}>"

    def _call(self, role: str, **parameters: Any) -> Any:
        operation = getattr(resource_of(self._collection), role)
        return self._account.call(operation, **self._path, **parameters)

    def _write(self, role: str, *items: dict[str, Any]) -> list[Any]:
        """Create or change items in as few requests as allowed; return the answers in the order of the items."""
        operation = Operation(getattr(resource_of(self._collection), role), tuple(self._path.items()))
        result: list[Any] = []
        for part in batches(endpoint(operation.name), items):
            writes = [PendingWrite("create", operation, None, dict(item)) for item in part]
            for place, write in enumerate(writes):
                write.request_id = write.body["request_id"] = f"n{place}"
            response = self._account.send(operation.request([write.body for write in writes]))
            answered = operation.items(operation.parse(response))
            batch = operation.op.batch
            assert batch is not None
            matched = match_answer_items(batch, writes, answered)
            if len(writes) == len(answered) == 1:
                matched = {0: answered[0]}
            if len(matched) < len(writes):
                raise DecodeError(
                    f"{operation.op.id} took effect, and its answer does not tell which of the items is which "
                    f"({', '.join(batch.match)} are missing); read the list",
                    op=operation.op.id,
                    status=response.status,
                    request_id=response.request_id,
                )
            result += [matched[place] for place in range(len(writes))]
        return result


@checked()
class FieldGroups(_Place):
    """Groups of the fields of one kind of entity (tabs of its card); their ids are texts."""

    _suffix = "_groups"

    def list(self) -> Sequence[CustomFieldGroup]:
        """Return all groups."""
        return self._account.read_all(self._collection, **self._path)

    def get(self, key: str) -> CustomFieldGroup:
        """Return one group."""
        return self._call("get", id=key)

    def create(self, name: str, *, sort: int = 100, fields: Iterable[int] = ()) -> CustomFieldGroup:
        """Create a group with fields in it."""
        (group,) = self._write("create", {"name": name, "sort": sort, "fields": list(fields)})
        return group

    def change(
        self,
        key: str,
        *,
        name: str | None = None,
        sort: int | None = None,
        fields: Iterable[int] | None = None,
    ) -> CustomFieldGroup:
        """Change a group; ``fields`` are all that it is to hold."""
        body = filled(name=name, sort=sort, fields=None if fields is None else list(fields))
        return self._call("update", id=key, body=body)

    def delete(self, key: str) -> None:
        """Delete a group; its fields go to the first one."""
        self._call("delete", id=key)


@checked()
class FieldList(_Place):
    """Fields of one kind of entity, administered (administrators only).

    Example:
        >>> city = crm.fields[Lead]
        >>> city.change(1278, add_options=["Казань"], rename_options={"Мск": "Москва"})
    """

    @property
    def groups(self) -> FieldGroups:
        """Groups of these fields; segments have none."""
        if self._kind == "segments":
            raise TypeError(
                "fields of segments have no groups; there are those of leads, contacts and others"
            )
        return FieldGroups(self._account, self._kind)

    def list(self) -> Definitions:
        """Return the definitions, read anew."""
        return self._account.read_definitions(self._kind)

    def get(self, key: int) -> CustomField:
        """Return one definition."""
        return self._call("get", id=key)

    def create(self, *definitions: Definition) -> Sequence[CustomField]:
        """Create fields; return them with ids and options, in the order in which they were given."""
        result = self._write("create", *(definition.body() for definition in definitions))
        self._account.directory.fields.pop(self._kind, None)
        return result

    def change(
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
        item = filled(name=name, sort=sort, group_id=group_id, is_api_only=is_api_only)
        added, renamed, removed = list(add_options), dict(rename_options or {}), set(remove_options)
        if added or renamed or removed:
            item["enums"] = _options(self.get(key), added, renamed, removed)
        (changed,) = self._write("update", {"id": key, **item, **(more or {})})
        self._account.directory.fields.pop(self._kind, None)
        return changed

    def delete(self, *keys: int) -> None:
        """Delete fields with all their values."""
        for key in keys:
            self._call("delete", id=key)
        self._account.directory.fields.pop(self._kind, None)


def _options(
    field: CustomField, added: Sequence[str], renamed: Mapping[str, str], removed: set[str]
) -> list[dict[str, Any]]:
    """Return all options of a field as they are to be, those that exist with their ids."""
    listed: Any = [] if field.enums is UNSET or field.enums is None else field.enums
    labels = {str(option.value) for option in listed}
    if missing := sorted((set(renamed) | removed) - labels):
        raise LookupError(
            f"field {field.id} has no option {missing[0]!r}; it has {', '.join(sorted(labels))}"
        )
    kept: list[dict[str, Any]] = [
        {"id": option.id, "value": renamed.get(str(option.value), str(option.value))}
        for option in listed
        if option.value not in removed
    ]
    places = enumerate([*kept, *({"value": label} for label in added)], 1)
    return [{**option, "sort": place} for place, option in places]
