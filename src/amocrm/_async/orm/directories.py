"""The directories of an account: users, pipelines with their stages, tags, definitions of custom fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import check_account
from amocrm._core.orm.operations import endpoint
from amocrm.entities import Pipeline, Status, Tag, User
from amocrm.entities._base import Entity
from amocrm.entities.pipeline import LOST, WON
from amocrm.errors import DecodeError
from amocrm.fields import Definition, Definitions

from .account import AsyncAccountState
from .collections import AsyncCollection
from .loading import query_of
from .query import AsyncQuery

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from amocrm_gen._runtime.op import Op
    from amocrm_gen._runtime.wire import Response
    from amocrm_gen.models.fields import CustomField

__all__ = ["AsyncFields", "AsyncPipelines", "AsyncTags", "AsyncUsers"]

#: Users that one request can add.
_USERS = 10


@checked()
class AsyncTags:
    """The directories of tags; each type of entity has its own."""

    def __init__(self, account: AsyncAccountState) -> None:
        self._account = account

    def of(self, cls: type[Entity]) -> AsyncQuery[Tag]:
        """The tags of leads, contacts or companies."""
        return query_of(self._account, Tag, self._account.origin, {"entity_type": cls._kind})

    async def create(self, cls: type[Entity], tags: Iterable[str | Tag]) -> list[Tag]:
        """Creates tags; one that exists already is returned as it is.

        Entities need no tags to be created first: ``lead.tags.add("vip")`` creates what is missing.
        """
        wanted = [tag if isinstance(tag, Tag) else Tag(tag) for tag in tags]
        for tag in wanted:
            check_account(tag, self._account.directory.host)
        items = [
            {key: value for key, value in (("name", tag.name), ("color", tag.color)) if value is not None}
            for tag in wanted
        ]
        made = await _write(self._account, "tags.create_tags", items, "tags", 250, entity_type=cls._kind)
        return [Tag._from_api(item, self._account.origin) for item in made]


@checked()
class AsyncUsers(AsyncCollection[User]):
    """Users of the account. All methods need the rights of an administrator."""

    async def load(self) -> list[User]:
        """Reads all users once, so that ``lead.responsible.name`` is known from then on."""
        return await self._account.load_users()

    async def create(self, users: Iterable[User | Mapping[str, Any]]) -> list[User]:
        """Adds users, ten in a request.

        Args:
            users: ``User`` objects, or mappings as the API takes them.

        Returns:
            The users with their ids, in the order in which they were given.

        Raises:
            ValidationError: something was refused; the users of earlier requests exist.
        """
        given = list(users)
        for user in given:
            check_account(user, self._account.directory.host)
        items = [user._body() if isinstance(user, User) else dict(user) for user in given]
        made = await _write(self._account, "users.create_users", items, "users", _USERS)
        self._account.directory.objects.pop(("users", None), None)
        found = [User._from_api(item, self._account.origin) for item in made]
        self._account.directory.objects.update((("users", user.id), user) for user in found)
        return found


@checked()
class AsyncPipelines(AsyncCollection[Pipeline]):
    """Pipelines of leads with their stages."""

    def __aiter__(self) -> AsyncGenerator[Pipeline]:
        return self._listed()

    async def _listed(self) -> AsyncGenerator[Pipeline]:
        for pipeline in await self.all():
            yield pipeline

    async def all(self) -> list[Pipeline]:
        """All pipelines; there are at most 50, they come in one answer."""
        return await self._account.list_pipelines()

    async def load(self) -> list[Pipeline]:
        """Reads all pipelines once, so that ``lead.status.name`` is known from then on."""
        return await self._account.load_pipelines()

    async def by_name(self, name: str) -> Pipeline | None:
        """The pipeline of this name, ``None`` if there is none."""
        return next((one for one in await self.all() if one.name == name), None)

    async def create(
        self,
        name: str,
        *,
        statuses: Iterable[str | Status] = (),
        won: str | None = None,
        lost: str | None = None,
        is_main: bool = False,
        is_unsorted_on: bool = True,
        sort: int = 100,
    ) -> Pipeline:
        """Creates a pipeline (administrators only).

        Args:
            name: its name.
            statuses: ordinary stages in their order, as names or ``Status`` objects with colours; the
                system stages (won, lost, unsorted) come by themselves.
            won, lost: other names for the stages of won and lost leads.
            is_main: whether it becomes the main one.
            is_unsorted_on: whether it has a stage of incoming leads.
            sort: position; that of the main pipeline is set by the server.

        Returns:
            The pipeline with its stages: ``pipeline["Переговоры"]``, ``pipeline.won``.

        Raises:
            ValidationError: refused. ForbiddenError: the token's user is no administrator.
        """
        if isinstance(statuses, str):
            raise TypeError(
                f"statuses must be a list of names, got the text {statuses!r}; write [{statuses!r}]"
            )
        stages = [Status(one) if isinstance(one, str) else one for one in statuses]
        for stage in stages:
            check_account(stage, self._account.directory.host)
        nested: list[dict[str, Any]] = [_stage(stage, place) for place, stage in enumerate(stages, 1)]
        nested += [
            {"id": key, "name": title} for key, title in ((WON, won), (LOST, lost)) if title is not None
        ]
        item: dict[str, Any] = {
            "name": name,
            "sort": sort,
            "is_main": is_main,
            "is_unsorted_on": is_unsorted_on,
        }
        if nested:
            item["_embedded"] = {"statuses": nested}
        (made,) = await _write(self._account, "pipelines.create_pipelines", [item], "pipelines", 50)
        self._account.directory.objects.pop(("pipelines", None), None)
        return self._account.pipeline(made)

    async def save(self, *changed: Pipeline | Status) -> None:
        """Sends what was changed in pipelines and stages, a request for each (administrators only).

        What was not changed makes no request.

        Raises:
            ValidationError: refused. ForbiddenError: the token's user is no administrator.

        Example:
            >>> sales["Переговоры"].name = "Встреча"
            >>> await crm.pipelines.save(sales["Встреча"])
        """
        for one in changed:
            check_account(one, self._account.directory.host)
            changes = one._changes
            if not changes:
                continue
            path = {"id": one.id}
            if isinstance(one, Status):
                path["pipeline_id"] = _known_pipeline(one)
            kind = "pipeline_status" if isinstance(one, Status) else "pipeline"
            operation = endpoint(f"pipelines.update_{kind}")
            sent = changes.pending()
            changes.begin_flush(sent)
            try:
                response = await self._account.send(operation.request(body=dict(sent), **path))
                one._refresh_from(operation.parse(response))
            except BaseException:
                changes.revert(lambda wire: UNSET)
                raise
            changes.confirm(sent)


def _known_pipeline(stage: Status) -> int:
    key = stage._data.pipeline_id
    if key is UNSET:
        raise ValueError(f"{stage!r} does not know its pipeline; take the stage from crm.pipelines")
    return int(key)


def _stage(stage: Status, place: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "name": stage.name,
        "sort": stage.sort if stage.sort is not None else place * 10 + 10,
    }
    if stage.color is not None:
        item["color"] = stage.color
    return item


@checked()
class AsyncFields:
    """Definitions of custom fields."""

    def __init__(self, account: AsyncAccountState) -> None:
        self._account = account

    async def list(self, owner: type[Entity] | str) -> Definitions:
        """The definitions of one type of entity, read anew."""
        return await self._account.read_definitions(owner if isinstance(owner, str) else owner._kind)

    async def load(self, owner: type[Entity] | str) -> Definitions:
        """The definitions of one type of entity, read once for this client.

        From then on ``lead.custom["Город"]`` knows its type, and a misspelt name from an empty field.
        """
        return await self._account.definitions(owner if isinstance(owner, str) else owner._kind)

    async def create(
        self, owner: type[Entity] | str, definitions: Iterable[Definition]
    ) -> Sequence[CustomField]:
        """Creates fields (administrators only).

        Args:
            owner: ``Lead``, ``Contact``, ``Company`` or a class derived from one.
            definitions: what to create.

        Returns:
            The new definitions with ids and options, in the order in which they were given.

        Raises:
            ValidationError: refused. ForbiddenError: the token's user is no administrator.

        Example:
            >>> await crm.fields.create(Lead, [fields.Definition(name="Регион", type="select", options=["Восток"])])
        """
        kind = owner if isinstance(owner, str) else owner._kind
        items = [definition.body() for definition in definitions]
        operation = "fields.create_custom_fields"
        made = await _write(self._account, operation, items, "custom_fields", 250, entity_type=kind)
        self._account.directory.fields.pop(kind, None)
        return made

    async def ensure(self, owner: type[Entity]) -> Definitions:
        """Creates those declared fields of a class that the account does not have yet.

        Fields are found by code or name; fields declared by id are left alone.

        Returns:
            All definitions afterwards.

        Example:
            >>> class Deal(Lead):
            ...     region = fields.Select(name="Регион", options=Region)
            >>> await crm.fields.ensure(Deal)
        """
        known = await self.list(owner)
        declared = [field for field in owner._declared.values() if field.ref[0] != "id"]
        built_in = {("code", "PHONE"), ("code", "EMAIL")}
        missing = [field for field in declared if known.find(field.ref) is None and field.ref not in built_in]
        if not missing:
            return known
        await self.create(owner, [Definition.of(field) for field in missing])
        return await self.list(owner)


async def _write(
    account: AsyncAccountState,
    operation: str,
    items: Sequence[dict[str, Any]],
    key: str,
    size: int,
    **path: Any,
) -> list[Any]:
    """Creates items in as few requests as allowed; the answers in the order of the items."""
    found: list[Any] = []
    module = endpoint(operation)
    for start in range(0, len(items), size):
        body = [
            {**item, "request_id": f"n{start + at}"} for at, item in enumerate(items[start : start + size])
        ]
        response = await account.send(module.request(body=body, **path))
        answered = getattr(module.parse(response).embedded, key)
        found += _matched(module.OP, response, body, answered)
    return found


def _matched(
    op: Op, response: Response, sent: Sequence[Mapping[str, Any]], answered: Sequence[Any]
) -> list[Any]:
    """The answer to each item, by the keys that the description names and never by position."""
    if len(sent) == len(answered) == 1:
        return list(answered)
    keys = () if op.batch is None else op.batch.match
    by_key = {key: {getattr(item, key, UNSET): item for item in answered} for key in keys}
    found = [
        next((by_key[key][one[key]] for key in keys if key in one and one[key] in by_key[key]), None)
        for one in sent
    ]
    if None in found:
        raise DecodeError(
            f"{op.id} took effect, and its answer does not tell which of the items is which ({', '.join(keys)} "
            "are missing); read the list",
            op=op.id,
            status=response.status,
            request_id=response.request_id,
        )
    return found
