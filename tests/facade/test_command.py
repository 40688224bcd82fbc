"""The command ``amocrm``: doctor and models, against a sandbox over real HTTP."""

from __future__ import annotations

import json
import os
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

from amocrm import AmoCRM, CatalogElement, Contact, FileTokenStore, Lead, OAuth, Stage, Task
from amocrm.__main__ import main
from amocrm._core import conflicting_packages as neighbours
from amocrm._sync.connection import connection
from amocrm.command import doctor
from amocrm.command.names import attribute_name, distinct, member_name
from amocrm.command.source import catalog_class, entity_classes, source_of
from amocrm.fields import Definition, Definitions
from amocrm_gen.models.catalogs import CatalogCreate
from amocrm_gen.models.fields import CatalogFieldCreate, CustomField, CustomFieldEnum, CustomFieldEnumCreate
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
    due = next(name for name in declared if name.startswith("srok_"))
    deal = module.Lead(
        name="Заказ", gorod_dostavki=module.LeadGorodDostavki.KAZAN, class_=True, **{due: date(2030, 1, 2)}
    )
    with crm.session() as s:
        s.add(deal)
    again = crm.get(module.Lead, deal.id)
    assert again.gorod_dostavki is module.LeadGorodDostavki.KAZAN
    assert (getattr(again, due), again.class_) == (date(2030, 1, 2), True)
    assert issubclass(module.Contact, Contact)
    assert "phone" not in [name for name in module.Contact._declared if name not in Contact._declared]
    assert "written" in capsys.readouterr().out


def test_check_tells_drift(crm: AmoCRM, tmp_path: Path, capsys: Any) -> None:
    """--check says what has changed in the account since, and writes nothing."""
    path = tmp_path / "models.py"
    assert main(["models", "-o", str(path), "--check"]) == 1
    assert not path.exists()
    assert main(["models", "-o", str(path), "--parts", "leads"]) == 0
    assert main(["models", "-o", str(path), "--parts", "leads", "--check"]) == 0
    crm.fields.create(Lead, [Definition(name="Новое поле", type="text")])
    before = path.read_bytes()
    capsys.readouterr()
    assert main(["models", "-o", str(path), "--parts", "leads", "--check"]) == 1
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
    made: Any = crm.api.catalogs.create(body=[CatalogCreate(name="Товары", type="regular")])
    field = CatalogFieldCreate(
        name="Поле select", type="select", enums=[CustomFieldEnumCreate(value="А", sort=1)]
    )
    crm.api.fields.create_for_catalog(catalog_id=made.embedded.catalogs[0].id, body=[field])
    assert main(["models", "-o", str(tmp_path / "models.py")]) == 0
    (tmp_path / "use.py").write_text(
        "from datetime import date\n"
        "from models import Lead, LeadPoleSelect, TaskTypes, Users, catalogs, pipelines\n"
        "good = Lead(name='x', price=5, pole_select=LeadPoleSelect.A, pole_date=date(2030, 1, 1), tags={'a'})\n"
        "found: LeadPoleSelect | None = good.pole_select\n"
        "Lead(pole_selekt=LeadPoleSelect.A)\n"
        "Lead(pole_select='Б')\n"
        "Lead(pole_date='2030-01-01')\n"
        "Lead(status=pipelines.voronka.won, responsible=Users.ADMINISTRATOR, loss_reason_id=TaskTypes.VSTRECHA)\n"
        "Lead.status.in_(pipelines.voronka.won), Lead.pipeline_id.in_(pipelines.voronka.id)\n"
        "element = catalogs.Tovary(name='x', pole_select=catalogs.Tovary.PoleSelect.A)\n"
        "chosen: catalogs.Tovary.PoleSelect | None = element.pole_select\n"
        "catalogs.Tovary('x', pole_select=5.5)\n"
        "pipelines.voronka.pole_won\n",
        encoding="utf-8",
    )
    # From the root, with the options of `make check`: what that has found out before is read.
    done = subprocess.run(
        [sys.executable, "-m", "mypy", str(tmp_path / "models.py"), str(tmp_path / "use.py")],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "MYPYPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line.split(": ", 2) for line in done.stdout.splitlines() if ": error" in line]
    assert [(Path(where).name, "pole_" in said) for where, _, said in errors] == [
        ("use.py:5", True),
        ("use.py:6", True),
        ("use.py:7", True),
        ("use.py:12", True),
        ("use.py:13", True),
    ], done.stdout


_OPTIONS = ("select", "multiselect", "radiobutton")
_NAMES = st.text(max_size=12) | st.sampled_from(["id", "name", "custom", "_data", "None", "Цена", "цена", ""])


@given(st.lists(_NAMES, max_size=8))
def test_equal_names_all_carry_their_ids(texts: list[str]) -> None:
    """No two ids share a name, and a name without an id is the only one of its kind: it can pass to no other."""
    named = [(key, attribute_name(text)) for key, text in enumerate(texts, 1)]
    names = distinct(named, "stage", {"id"})
    assert len(set(names.values())) == len(texts)
    for key, wanted in named:
        shared = wanted in ("", "id") or [text for _, text in named].count(wanted) > 1
        assert names[key].endswith(f"_{key}") or (names[key] == wanted and not shared)


def test_an_account_is_written_as_constants(crm: AmoCRM, tmp_path: Path) -> None:
    """Stages with their pipelines, users, reasons, types of tasks and lists are names that requests take."""
    crm.pipelines.create('Lead """', statuses=["Новая", "Новая", "id", "won"])
    made: Any = crm.api.catalogs.create(body=[CatalogCreate(name="None", type="regular")])
    (catalog,) = made.embedded.catalogs
    path = tmp_path / "models.py"
    assert main(["models", "-o", str(path)]) == 0
    module = loaded(path.read_text(encoding="utf-8"))
    first, second = module.pipelines.voronka, module.pipelines.lead
    stages = [name for name in vars(second) if not name.startswith("_")]
    assert [name.rstrip("0123456789") for name in stages] == [
        *("id", "nerazobrannoe", "novaya_", "novaya_", "id_", "won_", "won", "lost")
    ]
    assert second.won == Stage(second.id, 142)
    assert issubclass(getattr(module.catalogs, f"None_{catalog.id}"), CatalogElement)
    with crm.session() as s:
        lead = s.add(
            module.Lead(
                status=first.lost,
                responsible=module.Users.ADMINISTRATOR,
                loss_reason_id=module.LossReasons.SLISHKOM_DOROGO,
            )
        )
        s.add(
            Task(
                "Позвонить",
                entity=lead,
                due=datetime.now(UTC),
                task_type_id=module.TaskTypes.VSTRECHA,
            )
        )
    again = crm.get(module.Lead, lead.id)
    assert (again.pipeline_id, again.status_id) == (first.id, first.lost.id)
    assert again.responsible_user_id == module.Users.ADMINISTRATOR
    assert (
        len(
            crm.query(module.Lead).where(module.Lead.responsible.is_(module.Users.ADMINISTRATOR)).scan().all()
        )
        == 1
    )


def test_what_the_user_may_not_see_is_left_out(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """A part without rights is one line on the error output, and the others are written."""
    boris = server.sandbox.ui.add_user("Борис", view="M")
    monkeypatch.setenv("AMOCRM_TOKEN", boris["token"])
    assert main(["models"]) == 0
    written, said = capsys.readouterr()
    assert "users are left out" in said
    assert "class Users" not in written
    assert "class pipelines" in written


@pytest.mark.slow
def test_the_tokens_of_a_login_are_taken(
    server: SandboxServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    """--store names the folder of `amocrm login`; the keys come from the environment and never from an option."""
    made, folder = server.sandbox.integration, str(tmp_path / "tokens")
    oauth = OAuth(made.client_id, made.client_secret, made.redirect_uri)
    with AmoCRM("demo", oauth=oauth, store=FileTokenStore(folder), base_url=server.url) as crm:
        crm.authorize(server.sandbox.authorization_code())
    monkeypatch.delenv("AMOCRM_TOKEN")
    assert main(["models", "--store", folder]) == 2
    assert "AMOCRM_CLIENT_ID" in capsys.readouterr().err
    monkeypatch.setenv("AMOCRM_CLIENT_ID", made.client_id)
    monkeypatch.setenv("AMOCRM_CLIENT_SECRET", made.client_secret)
    monkeypatch.setenv("AMOCRM_REDIRECT_URI", made.redirect_uri)
    for command in ("models", "doctor"):
        assert main([command, "--store", folder]) == 0


@pytest.mark.slow
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
    source = source_of("demo", entity_classes(Lead, definitions))
    module = loaded(source)
    element = loaded(source_of("demo", [catalog_class("Thing", 6101, definitions)])).Thing
    assert len(set(element._declared) - set(CatalogElement._declared)) == len(named)
    declared = {name for name in module.Lead._declared if name not in Lead._declared}
    assert len(declared) == len(named)
    assert not declared & set(dir(Lead))
    assert source == source_of("demo", entity_classes(Lead, definitions))


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
        main(["models", "--parts", "lead"])
    with pytest.raises(SystemExit):
        main(["models", "--check"])


# ---- doctor


@pytest.mark.slow
def test_doctor_examines_an_account(server: SandboxServer, capsys: Any) -> None:
    """It tells the account, the option, the rights and the limits, and never the token."""
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "demo.amocrm.ru accepts the token" in said
    assert "has no filters" in said
    assert "an administrator" in said
    assert server.sandbox.token not in said


@pytest.mark.slow
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
