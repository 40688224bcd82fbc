"""The tree of errors: complete, drawn, picklable."""

from __future__ import annotations

import pickle
import re

import pytest

from amocrm import errors

KINDS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
CLASSES = [kind for kind in KINDS if not issubclass(kind, Warning)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_public_drawn_and_documented(kind: type[Exception]) -> None:
    """Each class stands in ``__all__`` and in the drawing of the module, and says what it means."""
    assert issubclass(kind, (errors.AmoCRMError, errors.AmoCRMWarning))
    assert kind.__name__ in errors.__all__
    assert re.search(rf"\b{kind.__name__}\b", errors.__doc__ or "")
    assert kind.__doc__


@pytest.mark.parametrize("kind", KINDS)
def test_the_drawing_shows_the_true_parent(kind: type[Exception]) -> None:
    """The branch on which a class is drawn is the class that it derives from."""
    drawn: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^([\s│├└─]*)([A-Z]\w+)(?:\s{2,}|$)", line)
        if match and hasattr(errors, match.group(2)):
            depth = len(match.group(1))
            path = [each for each in path if each[0] < depth]
            drawn[match.group(2)] = (
                path[-1][1] if path else "Exception" if "Error" in match.group(2) else "UserWarning"
            )
            path.append((depth, match.group(2)))
    assert drawn[kind.__name__] in [base.__name__ for base in kind.__bases__]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_survives_pickling(kind: type[Exception]) -> None:
    """Message and attributes arrive on the other side, for process pools and task queues."""
    error = kind("a sentence", op="list_leads", retry_in=5.0)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == "a sentence"
    assert (copy.op, copy.retry_in) == ("list_leads", 5.0)
