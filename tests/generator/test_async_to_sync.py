"""The converter from the async shell to its sync twin."""

import io
import shutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from generator.async_to_sync import NAMES, PAIRED, TREES, ConversionError, convert, convert_tree

ROOT = Path(__file__).resolve().parents[2]


#: A generator that holds a scope across its yields.
HELD = "async def pages():\n    async with Scope() as scope:\n        yield scope\n"


def twin(text: str) -> str:
    """The converted lines below the header."""
    return convert(f'"""Module."""\n\n{text}', "src/amocrm/_async/x.py").split("\n", 2)[2]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("async def f() -> None: ...\n", "def f() -> None: ...\n"),
        ("async with a as b:\n    pass\n", "with a as b:\n    pass\n"),
        ("x = [y async for y in z()]\n", "x = [y for y in z()]\n"),
        ("value = await op.asyncio(client=c)\n", "value = op.sync(client=c)\n"),
        ("value = await op.asyncio_detailed(client=c)\n", "value = op.sync_detailed(client=c)\n"),
        ("class AsyncQuery(AsyncBase): ...\n", "class Query(Base): ...\n"),
        ("from amocrm._async.x import _AsyncY\n", "from amocrm._sync.x import _Y\n"),
        ("def f() -> AsyncGenerator[int]: ...\n", "def f() -> Generator[int]: ...\n"),
        ("from contextlib import asynccontextmanager\n", "from contextlib import contextmanager\n"),
        (
            "def f() -> AbstractAsyncContextManager[int]: ...\n",
            "def f() -> AbstractContextManager[int]: ...\n",
        ),
        ('"""Use `await crm.leads.get(1)` of AsyncAmoCRM."""\n', '"""Use `crm.leads.get(1)` of AmoCRM."""\n'),
        ("# async for one in pages\n", "# for one in pages\n"),
        ("я = 'ы'; y = await go()\n", "я = 'ы'; y = go()\n"),
        ("message = f'{count} waits'\n", "message = f'{count} waits'\n"),
        (
            HELD
            + "async def f():\n    async with aclosing(pages()) as found:\n        async for page in found: ...\n",
            "def pages():\n    with Scope() as scope:\n        yield scope\n"
            "def f():\n    with closing(pages()) as found:\n        for page in found: ...\n",
        ),
    ],
)
def test_a_construct_becomes_its_sync_form(source: str, expected: str) -> None:
    """Every async construct that the shell may use has exactly one sync form."""
    assert twin(source) == expected


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("import asyncio\n", "asyncio"),
        ("x: Awaitable[int]\n", "Awaitable"),
        ("x: Coroutine\n", "Coroutine"),
        ("def f() -> AsyncIterator[int]: ...\n", "AsyncIterator"),
        ("async def f():\n    return f'{await x}'\n", "await"),
        ("text = f'{AsyncThing}'\n", "AsyncThing"),
        ("async def f():\n    return (await\n        x)\n", "await"),
        ("my_async_thing = 1\n", "my_async_thing"),
        ("x = gather(a, b)\n", "gather"),
        ("from asyncio import CancelledError\n", "asyncio"),
        ("except_ = CancelledError\n", "CancelledError"),
        ("group = TaskGroup()\n", "TaskGroup"),
        ("task = create_task(f)\n", "create_task"),
        ("x = wait_for(f, 3)\n", "wait_for"),
        ("class A:\n    async def __anext__(self): ...\n", "__anext__"),
        ("x = aiter(y)\n", "aiter"),
        ("def f() -> AsyncGenerator[int, None]: ...\n", "AsyncGenerator"),
        ("async def f():\n    return f'{[x async for x in y]}'\n", "await"),
        ("async def f():\n    return f'{op.aclose}'\n", "aclose"),
        ("class AsyncA: ...\nclass A: ...\n", "A"),
        ("from a import A, AsyncA\n", "AsyncA"),
        ("class A:\n    def __enter__(self): ...\n    async def __aenter__(self): ...\n", "__aenter__"),
        (HELD + "async def f():\n    async for page in pages(): ...\n", "pages"),
        (HELD + "async def f():\n    return [page async for page in pages()]\n", "pages"),
    ],
)
def test_what_has_no_sync_form_is_refused_with_its_place(source: str, word: str) -> None:
    """A construct without a sync form is refused, naming the file, the line and the word."""
    with pytest.raises(ConversionError, match=rf"^src/amocrm/_async/x\.py:\d+: `{word}`"):
        twin(source)


def test_a_source_that_is_no_python_is_named() -> None:
    """A slip in the source is told with its place, like everything else."""
    with pytest.raises(ConversionError, match=r"x\.py:4: this is no valid Python"):
        twin("x = 1\nasync def f(:\n")


@pytest.mark.slow
def test_no_rule_is_dead() -> None:
    """Every name in the table of the converter stands in some source; what nobody needs is no rule."""
    words = {
        token.string
        for folder in TREES
        for path in (ROOT / folder).rglob("*.py")
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    }
    assert set(NAMES) - words == set()


def test_a_twin_says_where_it_comes_from() -> None:
    """The empty line below the docstring becomes the header, so that nobody edits a twin by mistake."""
    made = convert('"""Module."""\n\nx = 1\n', "src/amocrm/_async/x.py").splitlines()

    assert made[1].startswith("# GENERATED from src/amocrm/_async/x.py")
    assert (made[0], made[2]) == ('"""Module."""', "x = 1")


@pytest.mark.parametrize("text", ["x = 1\n", '"""Module."""\nx = 1\n'])
def test_a_source_without_room_for_the_header_is_refused(text: str) -> None:
    """A module docstring and an empty line below it are required."""
    with pytest.raises(ConversionError, match=r"^src/amocrm/_async/x\.py:1: "):
        convert(text, "src/amocrm/_async/x.py")


def test_twins_keep_their_line_numbers() -> None:
    """Line n of a twin is line n of its source, so that tracebacks can be compared."""
    for source, target in TREES.items():
        for path in (ROOT / source).rglob("*.py"):
            if path.name not in PAIRED:
                text = path.read_text(encoding="utf-8")
                copy = (ROOT / target / path.relative_to(ROOT / source)).read_text(encoding="utf-8")

                assert len(copy.splitlines()) == max(len(text.splitlines()), 2 if text else 0)


@pytest.mark.slow
def test_no_word_of_asyncio_is_left_in_a_twin() -> None:
    """The committed twins are what the converter makes, and none of them knows asyncio."""
    twins = convert_tree(ROOT)

    assert twins
    for name, text in twins.items():
        assert (ROOT / name).read_text(encoding="utf-8") == text
        assert "await " not in text
        assert "import asyncio" not in text
        assert "asyncio." not in text


def interpreter(version: str) -> str | None:
    """A Python of that version that runs, from the path or from pyenv."""
    known = Path.home() / ".pyenv" / "versions"
    candidates = [shutil.which(f"python{version}"), *map(str, known.glob(f"{version}.*/bin/python"))]
    for path in filter(None, candidates):
        probe = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
        found = subprocess.run([path, "-c", probe], capture_output=True, text=True, check=False)
        if found.stdout.strip() == version:
            return path
    return None


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_the_twin_does_not_depend_on_the_interpreter(version: str) -> None:
    """Other interpreters tokenize f-strings differently and give the same twins all the same."""
    script = (
        "import hashlib, pathlib, sys; sys.path.insert(0, sys.argv[1]);"
        "from generator.async_to_sync import convert_tree;"
        "print(hashlib.sha256(repr(convert_tree(pathlib.Path(sys.argv[1]))).encode()).hexdigest())"
    )
    other = interpreter(version)
    if other is None:
        pytest.skip(f"no Python {version} on this machine")

    def digest(python: str) -> str:
        return subprocess.run([python, "-c", script, ROOT], capture_output=True, text=True, check=True).stdout

    assert digest(other) == digest(sys.executable)
