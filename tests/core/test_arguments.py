"""Annotations are rules at run time: which values fit, what the error says, and what it never shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping  # noqa: F401  # names of annotations
from typing import TYPE_CHECKING, Any, Literal, Protocol  # noqa: F401

import pytest

from amocrm import Contact, Lead
from amocrm._core.arguments import checked
from amocrm.errors import AmoCRMError, ArgumentError

if TYPE_CHECKING:
    pass


class Store(Protocol):
    """What has to be awaited."""

    async def load(self, key: str) -> str:
        """Return a text."""
        ...


class Waiting:
    """A store as a class of the user's own."""

    async def load(self, key: str) -> str:
        """Return a text."""
        return key


class Plain:
    """The same for threads."""

    def load(self, key: str) -> str:
        """Return a text."""
        return key


def fits(annotation: str, value: Any) -> bool:
    """Whether a function with this annotation takes the value."""

    def function(argument: Any) -> Any:
        return argument

    function.__annotations__["argument"] = annotation
    try:
        checked()(function)(value)
    except ArgumentError:
        return False
    return True


@pytest.mark.parametrize(
    ("annotation", "right", "wrong"),
    [
        ("int", [5, -1, 2**63 - 1], [True, 5.0, "5", None, 2**63, 10**5000]),
        ("float", [5, 0.5], [True, float("nan"), float("inf"), 10**400, "5"]),
        ("bool", [True, False, 0, 1], [2, "True", None]),
        ("str", ["", "Казань", "\U0001f600"], [b"x", 5, "\ud83d"]),
        ("bytes", [b""], ["x", 5]),
        ("int | None", [5, None], ["5"]),
        ("Literal['a', 'b']", ["a"], ["c", [], None]),
        ("type[Lead]", [Lead], [Contact, 5, Lead(name="x")]),
        ("Lead", [Lead(name="x")], [Lead, Contact(name="x"), 5]),
        ("AmoCRM", [type("AmoCRM", (), {})()], [5, Lead(name="x")]),
        ("Callable[[int], None] | None", [print, None], [5, "x"]),
        ("Mapping[str, Any]", [{}], [[], "x"]),
        ("Iterable[str]", [[], ("a",), {"a"}, iter(["a"])], ["a", [5], 5, iter([5])]),
        ("str | Iterable[str]", ["a", ["a"]], [[5], 5]),
        ("Store", [Waiting()], [Plain(), 5]),
        ("Any", [5, None, object()], []),
    ],
)
def test_what_an_annotation_takes(annotation: str, right: list[Any], wrong: list[Any]) -> None:
    """A value fits the annotation of its argument, or it is refused."""
    assert [value for value in right if not fits(annotation, value)] == []
    assert [value for value in wrong if fits(annotation, value)] == []


@checked(own=("own",), key="write 5")
class Shop:
    """A class with methods of every kind."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, key: int, *more: int, names: Iterable[str] = ()) -> tuple[Any, ...]:
        """Return what was given."""
        return (key, *more, *names)

    async def wait(self, key: int) -> int:
        """Return what was given, later."""
        return key

    @classmethod
    def of(cls, name: str) -> Shop:
        """Make one."""
        return cls(name)

    def own(self, key: int) -> int:
        """Return what was given."""
        return key

    def _inner(self, key: int) -> int:
        return key


def test_methods_of_a_class() -> None:
    """Public methods and the constructor are compared, by place, by name and each of several."""
    shop = Shop.of("x")
    assert shop.get(5, 6, names=iter(["a"])) == (5, 6, "a")
    for call in (
        lambda: Shop(5),  # type: ignore[arg-type]
        lambda: Shop.of(5),  # type: ignore[arg-type]
        lambda: shop.get("5"),  # type: ignore[arg-type]
        lambda: shop.get(5, "6"),  # type: ignore[arg-type]
        lambda: shop.get(5, names=[5]),  # type: ignore[list-item]
    ):
        with pytest.raises(ArgumentError, match="must be"):
            call()
    assert shop.own("5") == shop._inner("5") == "5"  # type: ignore[arg-type, comparison-overlap]


def test_a_method_looks_as_it_did() -> None:
    """What is to be awaited still is, and the signature is that of the function."""
    assert inspect.iscoroutinefunction(Shop.wait)
    assert not inspect.iscoroutinefunction(Shop.get)
    assert list(inspect.signature(Shop.get).parameters) == ["self", "key", "more", "names"]


def test_the_message_says_what_to_write_and_shows_no_secret() -> None:
    """The argument, the rule, the kind of the value and a hint; texts and objects are never shown."""
    with pytest.raises(ArgumentError) as caught:
        Shop("x").get("hidden")  # type: ignore[arg-type]
    assert str(caught.value) == "key must be an integer, got str; write 5"
    with pytest.raises(ArgumentError, match=r"each item text.*got list with 5"):
        Shop("x").get(5, names=["hidden", 5])  # type: ignore[list-item]
    assert isinstance(caught.value, AmoCRMError | TypeError | ValueError)
