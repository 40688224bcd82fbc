"""The directories of an account: users, pipelines with their stages, tags, definitions of custom fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from amocrm._core.arguments import checked
from amocrm._core.orm.identity import check_account
from amocrm._core.orm.operations import field_kind
from amocrm.entities import Pipeline, Status, Tag, User
from amocrm.entities._base import Entity
from amocrm.fields import Definition, Definitions

from .account import AsyncAccountState, AsyncArea
from .collections import AsyncWritableRecords
from .field_lists import AsyncFieldList
from .loading import query_of
from .query import AsyncQuery

if TYPE_CHECKING:
    from amocrm_gen.models.fields import CustomField

__all__ = ["AsyncFields", "AsyncPipelines", "AsyncTags", "AsyncUsers"]


@checked()
class AsyncTags(AsyncArea):
    """The directories of tags; each type of entity has its own."""

    def of(self, cls: type[Entity]) -> AsyncQuery[Tag]:
        """Return the tags of leads, contacts, companies or customers."""
        return query_of(self._account, Tag, self._account.origin, {"entity_type": cls._kind})

    async def create(self, cls: type[Entity], tags: Iterable[str | Tag]) -> list[Tag]:
        """Create tags; one that exists already is returned as it is.

        Entities need no tags to be created first: ``lead.tags.add("vip")`` creates what is missing.
        """
        wanted = [tag if isinstance(tag, Tag) else Tag(tag) for tag in tags]
        return await AsyncWritableRecords(self._account, Tag, {"entity_type": cls._kind}).create_all(wanted)

    async def save(self, *changed: Tag) -> None:
        """Rename tags of leads; the API renames no others.

        Example:
            >>> tag.name = "VIP"
            >>> await crm.tags.save(tag)
        """
        await AsyncWritableRecords(self._account, Tag).save(*changed)


@checked()
class AsyncUsers(AsyncWritableRecords[User]):
    """Users of the account. All methods need the rights of an administrator."""

    async def load(self) -> list[User]:
        """Read all users once; ``lead.responsible.name`` is known from then on."""
        return await self._account.load_users()

    async def create_all(self, entities: Iterable[User]) -> list[User]:
        """Add users, ten in a request; see ``AsyncWritableRecords.create_all``."""
        result = await super().create_all(entities)
        objects = self._account.directory.objects
        objects.pop(("users", None), None)
        objects.update({("users", user.id): user for user in result})
        return result

    async def activate(self, *users: User | int) -> None:
        """Give users access to the account again."""
        await self._switch("activate", users)

    async def deactivate(self, *users: User | int) -> None:
        """Take users the access to the account; what they are responsible for stays theirs."""
        await self._switch("deactivate", users)

    async def _switch(self, action: str, users: Sequence[User | int]) -> None:
        items = [{"id": self._key_of(user)} for user in users]
        await self._account.call_in_parts(f"users.{action}_users", items)
        self._account.directory.objects.pop(("users", None), None)


@checked()
class AsyncStatuses(AsyncWritableRecords[Status]):
    """Stages of one pipeline.

    Example:
        >>> stages = crm.pipelines[sales].statuses
        >>> await stages.create(Status("Договор", color="#fffeb2"))
    """

    async def create_all(self, entities: Iterable[Status]) -> list[Status]:
        """Add stages, behind the others unless they say their place; see ``AsyncWritableRecords.create_all``."""
        stages = list(entities)
        if any(isinstance(item, Status) and item.sort is None for item in stages):
            places = [stage.sort or 0 for stage in await self.all() if not (stage.is_won or stage.is_lost)]
            for number, stage in enumerate(stages, 1):
                stage.sort = max(places, default=0) + 10 * number if stage.sort is None else stage.sort
        result = await super().create_all(stages)
        self._forget()
        return result

    async def count_leads(self, status: Status | int) -> int:
        """Return how many leads are on a stage: they move to the first one when it is deleted.

        Needs the filter option, else it reads the list of leads.
        """
        from amocrm.entities import Lead

        stage = status if isinstance(status, Status) else Status._from_api(Status._model(id=status), None)
        stage._data.pipeline_id = self._path["pipeline_id"]
        query = query_of(self._account, Lead, self._account.origin).where(Lead.status.in_(stage))
        return await query.scan().count()

    async def delete(self, *entities: Status | int, move_leads: bool = False) -> None:
        """Delete stages; the server moves their leads to the first stage and does not say so.

        Args:
            entities: stages or ids; the system stages cannot be deleted.
            move_leads: allow it for stages with leads on them.

        Raises:
            ValueError: there are leads on a stage; says how many would move. Nothing was deleted.
        """
        for status in entities if not move_leads else ():
            if number := await self.count_leads(status):
                raise ValueError(
                    f"{status!r} has {number} leads, which deleting it moves to the first stage; move them first, or "
                    "allow it with move_leads=True"
                )
        await super().delete(*entities)
        self._forget()

    def _forget(self) -> None:
        objects = self._account.directory.objects
        objects.pop(("pipelines", None), None)
        objects.pop(("pipelines", self._path["pipeline_id"]), None)


class AsyncPipelineParts:
    """What belongs to one pipeline."""

    def __init__(self, account: AsyncAccountState, key: int) -> None:
        self.statuses = AsyncStatuses(account, Status, {"pipeline_id": key})


@checked(statuses='write statuses=["New", "Paid"]')
class AsyncPipelines(AsyncWritableRecords[Pipeline]):
    """Pipelines of leads with their stages."""

    def __getitem__(self, pipeline: Pipeline | int) -> AsyncPipelineParts:
        """Return what belongs to one pipeline, without a request."""
        return AsyncPipelineParts(self._account, self._key_of(pipeline))

    async def load(self) -> list[Pipeline]:
        """Read all pipelines once; ``lead.status.name`` is known from then on."""
        return await self._account.load_pipelines()

    async def by_name(self, name: str) -> Pipeline | None:
        """Return the pipeline of this name, ``None`` if there is none."""
        return next((item for item in await self.all() if item.name == name), None)

    async def create(
        self,
        entity: Pipeline | str,
        *,
        statuses: Iterable[str | Status] = (),
        won: str | None = None,
        lost: str | None = None,
        is_main: bool = False,
        is_unsorted_on: bool = True,
        sort: int = 100,
    ) -> Pipeline:
        """Create a pipeline (administrators only).

        Args:
            entity: a new ``Pipeline``, or its name.
            statuses: see ``Pipeline``; only with a name.
            won: see ``Pipeline``; only with a name.
            lost: see ``Pipeline``; only with a name.
            is_main: see ``Pipeline``; only with a name.
            is_unsorted_on: see ``Pipeline``; only with a name.
            sort: see ``Pipeline``; only with a name.

        Returns:
            The pipeline with its stages: ``pipeline["Переговоры"]``, ``pipeline.won``.

        Raises:
            ValidationError: refused. ForbiddenError: the token's user is no administrator.
        """
        if isinstance(entity, str):
            for stage in statuses:
                check_account(stage, self._account.directory.host)
            entity = Pipeline(
                entity, sort, is_unsorted_on, is_main=is_main, statuses=statuses, won=won, lost=lost
            )
        (result,) = await self.create_all([entity])
        self._account.directory.objects.pop(("pipelines", None), None)
        return result

    async def save(self, *changed: Pipeline | Status) -> None:
        """Send what was changed in pipelines and stages, a request for each (administrators only).

        What was not changed makes no request.

        Raises:
            ValidationError: refused. ForbiddenError: the token's user is no administrator.

        Example:
            >>> sales["Переговоры"].name = "Встреча"
            >>> await crm.pipelines.save(sales["Встреча"])
        """
        for item in changed:
            if isinstance(item, Status):  # one at a time: all pipelines share the ids of their closing stages
                await AsyncStatuses(self._account, Status).save(item)
            elif isinstance(item, Pipeline):
                await super().save(item)
            else:
                raise TypeError(
                    f"save() must be given pipelines and stages, got {item!r}; take them from crm.pipelines"
                )


@checked()
class AsyncFields(AsyncArea):
    """Definitions of custom fields; ``crm.fields[Lead]`` changes and deletes them, and has their groups."""

    def __getitem__(self, owner: type[Entity] | str) -> AsyncFieldList:
        """Return the fields of one kind of entity, to be administered, without a request.

        Args:
            owner: ``Lead``, ``Contact``, ``Company``, ``Customer``, ``Segment``, a class of elements that names its
                list, or a word such as ``leads``, ``segments``, ``catalogs/6101``.
        """
        return AsyncFieldList(self._account, _kind_of(owner))

    async def list(self, owner: type[Entity] | str) -> Definitions:
        """Read the definitions of one type of entity anew."""
        return await self._account.read_definitions(_kind_of(owner))

    async def load(self, owner: type[Entity] | str) -> Definitions:
        """Read the definitions of one type of entity, once for this client.

        From then on ``lead.custom["Город"]`` knows its type, and a misspelt name from an empty field.
        """
        return await self._account.definitions(_kind_of(owner))

    async def create(
        self, owner: type[Entity] | str, definitions: Iterable[Definition]
    ) -> Sequence[CustomField]:
        """Create fields (administrators only).

        Args:
            owner: ``Lead``, ``Contact``, ``Company`` or a class derived from one; see ``crm.fields[...]``.
            definitions: what to create.

        Returns:
            The new definitions with ids and options, in the order in which they were given.

        Raises:
            ValidationError: refused. ForbiddenError: the token's user is no administrator.

        Example:
            >>> await crm.fields.create(Lead, [fields.Definition(name="Регион", type="select", options=["Восток"])])
        """
        return await self[owner].create(*definitions)

    async def ensure(self, owner: type[Entity]) -> Definitions:
        """Create those declared fields of a class that the account does not have yet.

        Fields are found by code or name; fields declared by id are left alone.

        Returns:
            All definitions afterwards.

        Example:
            >>> class Deal(Lead):
            ...     region = fields.Select(name="Регион", options=Region)
            >>> await crm.fields.ensure(Deal)
        """
        definitions = await self.list(owner)
        declared = [field for field in owner._declared.values() if field.ref[0] != "id"]
        built_in = {("code", "PHONE"), ("code", "EMAIL")}
        missing = [
            field for field in declared if definitions.find(field.ref) is None and field.ref not in built_in
        ]
        if not missing:
            return definitions
        await self.create(owner, [Definition.of(field) for field in missing])
        return await self.list(owner)


def _kind_of(owner: type[Entity] | str) -> str:
    if isinstance(owner, str):
        return owner
    kind = field_kind(owner._kind, owner._scope.get("catalog_id"))
    if kind == "catalogs/None":
        raise TypeError(
            f"{owner.__name__} must name its list: class Product(CatalogElement, catalog_id=6101), or write "
            'crm.fields["catalogs/6101"]'
        )
    return kind
