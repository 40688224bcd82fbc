"""The command ``amocrm``: doctor and models, against a sandbox over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import types
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amocrm import AmoCRM, Contact, Lead
from amocrm.__main__ import main
from amocrm._core import conflicting_packages as neighbours
from amocrm._sync.connection import connection
from amocrm.command import doctor
from amocrm.command.names import attribute_name, member_name
from amocrm.command.source import source_of
from amocrm.fields import Definition, Definitions
from amocrm_gen.models.fields import CustomField, CustomFieldEnum
from amocrm_sandbox import SandboxServer

NASTY = 'Имя "%s" \\ \n """ # \u2028 import os'


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    """A sandbox whose address and token are in the environment, as a user has them."""
    with SandboxServer(limits=False) as running:
        monkeypatch.setenv("AMOCRM_ACCOUNT", "demo")
        monkeypatch.setenv("AMOCRM_TOKEN", running.sandbox.token)
        monkeypatch.setenv("AMOCRM_BASE_URL", running.url)
        yield running


@pytest.fixture
def crm(server: SandboxServer) -> Iterator[AmoCRM]:
    """A client of it."""
    with AmoCRM("demo", token=server.sandbox.token, base_url=server.url) as client:
        yield client


def loaded(source: str) -> Any:
    """The generated module, executed."""
    module = types.ModuleType("generated")
    exec(compile(source, "generated.py", "exec"), module.__dict__)
    return module


# ---- models


def test_models_are_typed_classes_that_work(crm: AmoCRM, tmp_path: Path, capsys: Any) -> None:
    """The file has a class for each entity with its fields, enums of ids, and reads and writes the account."""
    crm.fields.create(
        Lead,
        [
            Definition(name="Город доставки", type="select", options=["Казань", "Нижний Новгород", "!"]),
            Definition(name="Срок", type="date"),
            Definition(name="Срок", type="date_time"),
            Definition(name="Метки", type="multiselect", options=["а", "б"]),
            Definition(name="class", type="checkbox"),
            Definition(name="Price", type="monetary", currency="RUB"),
            Definition(name="2 сорт", type="numeric"),
            Definition(name="Файл", type="file"),
            Definition(name=NASTY, type="text"),
        ],
    )
    path = tmp_path / "models.py"
    assert main(["models", "-o", str(path)]) == 0
    source = path.read_text(encoding="utf-8")
    module = loaded(source)
    assert [option.name for option in module.LeadGorodDostavki][:2] == ["KAZAN", "NIZHNIY_NOVGOROD"]
    declared = [name for name in module.Lead._declared if name not in Lead._declared]
    assert [name.rpartition("_")[0] if name[-1].isdigit() else name for name in declared][-9:] == [
        *("gorod_dostavki", "srok", "srok", "metki", "class_", "price", "n2_sort", "fayl"),
        "imya_percent_s_import_os",
    ]
    deal = module.Lead(
        name="Заказ", gorod_dostavki=module.LeadGorodDostavki.KAZAN, srok=date(2030, 1, 2), class_=True
    )
    with crm.session() as s:
        s.add(deal)
    again = crm.get(module.Lead, deal.id)
    assert again.gorod_dostavki is module.LeadGorodDostavki.KAZAN
    assert (again.srok, again.class_) == (date(2030, 1, 2), True)
    assert issubclass(module.Contact, Contact)
    assert "phone" not in [name for name in module.Contact._declared if name not in Contact._declared]
    assert "written" in capsys.readouterr().out


def test_check_tells_drift(crm: AmoCRM, tmp_path: Path, capsys: Any) -> None:
    """--check says what has changed in the account since, and writes nothing."""
    path = tmp_path / "models.py"
    assert main(["models", "-o", str(path), "--check"]) == 1
    assert not path.exists()
    assert main(["models", "-o", str(path), "--entities", "leads"]) == 0
    assert main(["models", "-o", str(path), "--entities", "leads", "--check"]) == 0
    crm.fields.create(Lead, [Definition(name="Новое поле", type="text")])
    before = path.read_bytes()
    capsys.readouterr()
    assert main(["models", "-o", str(path), "--entities", "leads", "--check"]) == 1
    assert "+    novoe_pole = fields.Text(field_id=" in capsys.readouterr().out
    assert path.read_bytes() == before


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_models_are_checked_by_the_editor(crm: AmoCRM, tmp_path: Path) -> None:
    """mypy --strict accepts the module, and refuses a misspelt field and a value of a wrong type."""
    crm.fields.create(
        Lead,
        [
            Definition(name=f"Поле {kind}", type=kind, options=["А", "Б"] if kind in _OPTIONS else None)
            for kind in ("text", "numeric", "checkbox", "select", "multiselect", "radiobutton", "date", "url")
        ],
    )
    assert main(["models", "-o", str(tmp_path / "models.py")]) == 0
    (tmp_path / "use.py").write_text(
        "from datetime import date\n"
        "from models import Lead, LeadPoleSelect\n"
        "good = Lead(name='x', price=5, pole_select=LeadPoleSelect.A, pole_date=date(2030, 1, 1), tags={'a'})\n"
        "found: LeadPoleSelect | None = good.pole_select\n"
        "Lead(pole_selekt=LeadPoleSelect.A)\n"
        "Lead(pole_select='Б')\n"
        "Lead(pole_date='2030-01-01')\n",
        encoding="utf-8",
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "models.py", "use.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(root / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line.split(": ", 2) for line in done.stdout.splitlines() if ": error" in line]
    assert [(where, "pole_" in said) for where, _, said in errors] == [
        ("use.py:5", True),
        ("use.py:6", True),
        ("use.py:7", True),
    ], done.stdout


_OPTIONS = ("select", "multiselect", "radiobutton")
_NAMES = st.text(max_size=12) | st.sampled_from(["id", "name", "custom", "_data", "None", "Цена", "цена", ""])


@given(st.lists(st.tuples(_NAMES, st.sampled_from(["text", "select", "odd"]), st.lists(_NAMES, max_size=4))))
def test_whatever_people_call_their_fields_the_module_can_be_imported(
    named: list[tuple[str, str, list[str]]],
) -> None:
    """Any names give valid Python that hides nothing of the base class, the same text for the same account."""
    definitions = Definitions(
        "leads",
        [
            CustomField(
                id=1000 + number,
                name=name,
                type=kind,
                enums=[CustomFieldEnum(id=place, value=label) for place, label in enumerate(labels, 1)],
            )
            for number, (name, kind, labels) in enumerate(named)
        ],
    )
    source = source_of("demo", [(Lead, definitions)])
    module = loaded(source)
    declared = {name for name in module.Lead._declared if name not in Lead._declared}
    assert len(declared) == len(named)
    assert not declared & set(dir(Lead))
    assert source == source_of("demo", [(Lead, definitions)])


@pytest.mark.parametrize(
    ("text", "attribute", "member"),
    [
        ("Дата оплаты (план)", "data_oplaty_plan", "DATA_OPLATY_PLAN"),
        ("Щёлково", "schelkovo", "SCHELKOVO"),
        ("Größe", "grosse", "GROSSE"),
        ("import", "import_", "IMPORT"),
        ("5 звёзд", "n5_zvezd", "N5_ZVEZD"),
        ("日本", "", ""),
    ],
)
def test_names_in_latin_letters(text: str, attribute: str, member: str) -> None:
    """Russian letters as people write them, others without their accents, nothing where nothing fits."""
    assert (attribute_name(text), member_name(text)) == (attribute, member)


def test_models_say_what_is_missing(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    """No account, no token, a refused token and a wrong option are sentences and not tracebacks."""
    token = server.sandbox.token
    monkeypatch.setenv("AMOCRM_TOKEN", "wrong")
    assert main(["models"]) == 2
    assert "401" in capsys.readouterr().err
    monkeypatch.delenv("AMOCRM_TOKEN")
    assert main(["models"]) == 2
    assert "AMOCRM_TOKEN" in capsys.readouterr().err
    (tmp_path / "token").write_text(token + "\n")
    assert main(["models", "--token-file", str(tmp_path / "token")]) == 0
    assert "class Company(amocrm.Company)" in capsys.readouterr().out
    assert main(["models", "--token-file", str(tmp_path / "nothing")]) == 2
    monkeypatch.delenv("AMOCRM_ACCOUNT")
    assert main(["models"]) == 2
    with pytest.raises(SystemExit):
        main(["models", "--entities", "lead"])
    with pytest.raises(SystemExit):
        main(["models", "--check"])


# ---- doctor


def test_doctor_examines_an_account(server: SandboxServer, capsys: Any) -> None:
    """It tells the account, the option, the rights and the limits, and never the token."""
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "demo.amocrm.ru accepts the token" in said
    assert "filter option is off" in said
    assert "an administrator" in said
    assert server.sandbox.token not in said


def test_doctor_says_what_is_wrong(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A refused token, a missing one and a server that is not there are problems with a sentence."""
    monkeypatch.setenv("AMOCRM_TOKEN", "wrong")
    assert main(["doctor"]) == 1
    assert "PROBLEM demo.amocrm.ru rejects the token" in capsys.readouterr().out
    monkeypatch.delenv("AMOCRM_TOKEN")
    assert main(["doctor"]) == 1
    assert "PROBLEM a long-lived token must be given" in capsys.readouterr().out
    monkeypatch.delenv("AMOCRM_ACCOUNT")
    assert main(["doctor"]) == 0
    assert "to check an account too" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("days", "how", "said"),
    [(-1, "PROBLEM", "expired on"), (5, "note", "in 5 days"), (300, "ok", "is valid until")],
)
def test_doctor_reads_when_the_token_is_over(days: int, how: str, said: str) -> None:
    """A long-lived token says it itself."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    body = json.dumps({"exp": (now + timedelta(days=days, hours=1)).timestamp()}).encode()
    token = f"e30.{urlsafe_b64encode(body).decode().rstrip('=')}.x"
    ((found, sentence),) = doctor._life(token, now)
    assert (found, said in sentence) == (how, True)


def test_doctor_names_another_owner_of_the_package(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """Two distributions with a package of the same name overwrite each other's files: doctor says which."""
    assert doctor.other_owners({"amocrm": ["amocrm-orm"]}) == []
    assert doctor.other_owners({"amocrm": ["amocrm_orm", "amocrm-api"]}) == ["amocrm-api"]
    monkeypatch.setattr(doctor, "packages_distributions", lambda: {"amocrm": ["amocrm-orm", "other-amo"]})
    assert main(["doctor"]) == 1
    assert "'other-amo'" in capsys.readouterr().out
    monkeypatch.setattr(doctor, "packages_distributions", lambda: {"amocrm": ["amocrm-orm"]})
    assert main(["doctor"]) == 0


def test_the_first_client_warns_of_another_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The known ones are found in one listing of the folder, by the names of their metadata."""
    for entry in ("amocrm_sdk-1.2.dist-info", "amocrm_orm-0.1.0.dist-info", "httpx-0.28.dist-info", "amocrm"):
        (tmp_path / entry).mkdir()
    assert neighbours.installed_conflicts(str(tmp_path)) == ("amocrm-sdk",)
    assert neighbours.installed_conflicts(str(tmp_path / "missing")) == ()
    monkeypatch.setattr(
        connection, "installed_conflicts", lambda: neighbours.installed_conflicts(str(tmp_path))
    )
    with pytest.warns(UserWarning, match="'amocrm-sdk' installs a package 'amocrm' too"):
        AmoCRM("demo", token="t").close()
