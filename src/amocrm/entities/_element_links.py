"""Links to elements of lists, such as the products of a lead, each with a quantity and a price."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec
from msgspec import UNSET

from .._core.arguments import shown_value
from .._core.orm.tracking import OneValue
from ._links import LinkState
from ._many_links import LinkSet, SetRelation
from ._relations import Members, standing_for

if TYPE_CHECKING:
    from ._holder import Holder
    from .catalog_element import CatalogElement

__all__ = ["ElementLinks", "ElementSet", "LinkedElement"]


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """Data of one link.

    Attributes:
        quantity: number of pieces.
        price_id: field of the list with the price in force, None for the ordinary price.
    """

    quantity: int | float
    price_id: int | None = None


class LinkedElement(NamedTuple):
    """Element of a list that an entity has.

    Attributes:
        element: the element; only its id and its list are known unless it was preloaded.
        quantity: number of pieces.
        price_id: field of the list with the price in force, None for the ordinary price.
    """

    element: CatalogElement
    quantity: int | float
    price_id: int | None = None


class ElementState(LinkState):
    """Links to elements with their changes.

    Attributes:
        terms: data of the links by element.
    """

    __slots__ = ("terms",)

    def __init__(self, base: Any = None) -> None:
        super().__init__(base)
        self.terms: dict[Any, OneValue] = {}

    def __copy__(self) -> ElementState:
        element_state = ElementState()
        element_state.changes = super().__copy__().changes
        element_state.terms = {target: terms.__copy__() for target, terms in self.terms.items()}
        return element_state

    def __bool__(self) -> bool:
        return bool(self.changes) or any(self.terms.values())

    def terms_of(self, target: Any) -> OneValue:
        """Return the data of the link to an element, also where another object stands for it."""
        own = self.terms.get(target)
        if own is None and (other := standing_for(target, self.terms)) is not None:
            own = self.terms[other]
        return self.terms.setdefault(target, OneValue()) if own is None else own

    def take_terms(self, read: Mapping[int, Terms]) -> None:
        """Take the data of links that were read; local changes are kept."""
        for target in self.changes.base or ():
            terms, fresh = self.terms_of(target), read.get(target._key, UNSET)
            # Changes are compared by identity.
            terms.rebase(terms.local if fresh == terms.local else fresh)

    def changed(self) -> list[Any]:
        """Return the elements whose links are to be made or made anew."""
        sent = self.changes.pending()
        added = [*sent.added, *(sent.replace or ())]
        others = [target for target, terms in self.terms.items() if terms]
        gone = {*added, *sent.removed} if others else set()
        # Another object may have come to stand for an element.
        keys = {target._key for target in gone} - {None}
        return [*added, *(target for target in others if target not in gone and target._key not in keys)]

    def clear(self) -> None:
        """Forget all changes."""
        super().clear()
        for term in self.terms.values():
            term.clear()

    def forget_base(self) -> None:
        """Note that the links of the record are not known any more; changes are kept."""
        super().forget_base()
        for term in self.terms.values():
            term.forget_base()

    def confirm(self, sent: Any) -> None:
        """Note that the server has these links."""
        super().confirm(sent)
        for term in self.terms.values():
            term.confirm(term.value)

    def metadata(self, target: Any) -> dict[str, Any]:
        """Return what is sent with a link."""
        terms = self.terms_of(target).value
        data = {} if terms is UNSET else msgspec.to_builtins(terms)
        return {"catalog_id": target.catalog_id, **data}

    def linked(self, target: Any, terms: Any) -> LinkedElement:
        """Return an element with the data of its link; the server takes 1 for a quantity that is not told."""
        terms = Terms(1) if terms is UNSET else terms
        return LinkedElement(target, terms.quantity, terms.price_id)

    def shown(self, base: Any, local: Any) -> tuple[Any, Any]:
        """Return the links before and after the changes as a user sees them."""
        before = (
            base if base is UNSET else tuple(self.linked(item, self.terms_of(item).base) for item in base)
        )
        return before, tuple(self.linked(item, self.terms_of(item).value) for item in local)

    def redirect(self, targets: Mapping[Any, Any]) -> None:
        """Link the values instead of the keys that were added."""
        super().redirect(targets)
        for old in [target for target in self.terms if target in targets]:
            self.terms[targets[old]] = self.terms.pop(old)

    def move_to(self, other: Any, *, override: bool) -> None:
        """Make the added links changes of another state."""
        super().move_to(other, override=override)
        for target, terms in self.terms.items():
            if terms and (override or not other.terms_of(target)):
                other.terms_of(target).set(terms.local)

    def begin_link(self, target: Any, metadata: Mapping[str, Any]) -> None:
        """Note that a link is in flight."""
        self.terms_of(target).begin_flush()

    def confirm_link(self, target: Any, metadata: Mapping[str, Any], *, is_there: bool) -> None:
        """Note that the server made or removed a link."""
        there: Any = target
        if not self.changes.holds(target):  # another object has come to stand for the element meanwhile
            members = (*(self.changes.base or ()), *self.changes.added, *self.changes.pending().removed)
            there = standing_for(target, members) or target
        super().confirm_link(there, {}, is_there=is_there)
        terms = self.terms_of(target)
        if is_there:
            sent = Terms(metadata.get("quantity", 1), metadata.get("price_id"))
            terms.confirm(terms.local if terms.local == sent else sent)
        else:
            terms.confirm(UNSET)

    def revert_link(self, target: Any) -> None:
        """Note that the server did not take a link."""
        self.terms_of(target).revert()


class ElementSet(Members[LinkedElement]):
    """Elements of lists that an entity has: iterate, ``add``, ``remove``.

    Example:
        >>> lead.catalog_elements.add(product, quantity=2)  # doctest: +SKIP
        <CatalogElement 33 'Чайник'>
        >>> [(one.element.id, one.quantity) for one in lead.catalog_elements]  # doctest: +SKIP
        [(33, 2)]
    """

    __slots__ = ()

    def _content(self) -> tuple[LinkedElement, ...]:
        state: ElementState = self._relation.state(self._entity)
        targets: LinkSet[CatalogElement] = LinkSet(self._entity, self._relation)
        return tuple(state.linked(target, state.terms_of(target).value) for target in targets)

    def __repr__(self) -> str:
        return repr(LinkSet(self._entity, self._relation))

    def add(
        self, element: CatalogElement, *, quantity: float | Decimal = 1, price_id: int | None = None
    ) -> CatalogElement:
        """Link an element, new or existing, or set the data of its link; works without having read the links.

        The quantity is set and not added to the former one. The same values again are no change.

        Args:
            element: an element whose list is known.
            quantity: number of pieces, may be fractional.
            price_id: field of the list whose price is in force; None leaves the price as it is.

        Raises:
            ValueError: the quantity is not above 0, or the list of the element is not known.
        """
        amount = _number(quantity)
        target = self._relation.known(self._entity, element)
        if target.catalog_id is None:
            raise ValueError(
                f"element must belong to a list, got {target!r}; give it catalog_id=..., or take it from its list"
            )
        state: ElementState = self._relation.state(self._entity)
        state.changes.add(target)
        kept = state.terms_of(target)
        if price_id is None and kept.value is not UNSET:
            price_id = kept.value.price_id
        terms = Terms(amount, price_id)
        kept.set(kept.base if terms == kept.base else terms)
        self._entity._touch()
        return cast("CatalogElement", target)

    def remove(self, element: CatalogElement) -> None:
        """Take a link away; the element itself stays."""
        target = self._relation.known(self._entity, element)
        state: ElementState = self._relation.state(self._entity)
        state.changes.remove(target)
        state.terms_of(target).clear()
        self._entity._touch()


def _number(quantity: Any) -> int | float:
    if isinstance(quantity, bool) or not isinstance(quantity, int | float | Decimal):
        raise TypeError(f"quantity must be a number, got {shown_value(quantity)}")
    number = float(quantity)
    if not isfinite(number) or number <= 0:
        raise ValueError(
            f"quantity must be above 0, got {quantity}; take the link away with .remove(element)"
        )
    return int(number) if number == int(number) else number


class ElementLinks(SetRelation[ElementSet]):
    """Links to elements of lists."""

    form = "elements"
    clearing = "call remove(...) for each link"

    def __init__(self) -> None:
        super().__init__("catalog_elements", needs="catalog_elements")

    def _value(self, instance: Holder) -> ElementSet:
        return ElementSet(instance, self)

    def __set__(self, instance: Holder, value: Any) -> None:
        raise AttributeError(f"{self!r} must be changed one by one; write .add(element, quantity=...)")

    def _tracked(self, entity: Holder) -> ElementState:
        embedded = getattr(entity._data, "embedded", UNSET)
        state = ElementState([] if entity._key is None else self._read(entity, embedded)[0])
        state.take_terms(self._terms(embedded))
        return state

    def rebase(self, entity: Holder, embedded: Any) -> None:
        """Take the links of a fresh answer, which says nothing about what it does not contain."""
        super().rebase(entity, embedded)
        state = self.known_state(entity)
        if state is not None and self._refs(embedded) is not UNSET:
            state.take_terms(self._terms(embedded))

    def _terms(self, embedded: Any) -> dict[int, Terms]:
        refs = self._refs(embedded)
        result = {}
        for ref in () if refs is UNSET else refs or ():
            data = [getattr(ref.metadata, name, UNSET) for name in ("quantity", "price_id")]
            quantity, price_id = (None if value is UNSET else value for value in data)
            result[ref.id] = Terms(1 if quantity is None else quantity, price_id)
        return result

    def _targets(self, entity: Holder, refs: Any) -> list[Any]:
        targets = super()._targets(entity, refs)
        for target, ref in zip(targets, refs or (), strict=True):
            catalog_id = getattr(ref.metadata, "catalog_id", UNSET)
            if target._data.catalog_id is UNSET and catalog_id is not None:
                target._data.catalog_id = catalog_id
        return targets

    def by_catalog(self, entities: Iterable[Holder], wanted: Collection[int]) -> dict[int, list[int]]:
        """Return the ids of linked elements by their lists."""
        keys: dict[int, dict[int, None]] = {}
        wanted = set(wanted)
        for entity in entities:
            for target in self.state(entity).changes.base or ():
                if target._key in wanted:
                    keys.setdefault(target.catalog_id, {})[target._key] = None
        return {catalog_id: list(ids) for catalog_id, ids in keys.items()}
