"""Relations and built-in fields of generated classes."""

from __future__ import annotations

from generator.entity_relations import fields_of, relations_of

CLASSES = {"contacts": "Contact", "companies": "Company", "leads": "Lead", "users": "User"}


def lines(
    named: dict[str, str], *, with_: tuple[str, ...] = (), on_create: tuple[str, ...] = ()
) -> dict[str, tuple[str, str]]:
    """Declarations and arguments by the names of the relations."""
    properties = {"responsible_user_id": True, "status_id": False}
    made = relations_of(named, CLASSES, properties, with_, on_create)
    return {one.name: (one.line.partition(" = ")[2], one.argument) for one in made}


def test_an_id_among_the_properties_makes_a_foreign_key() -> None:
    """It takes None where the property may be null."""
    assert lines({"responsible": "users", "status": "statuses"}) == {
        "responsible": ('ForeignKey("users", "responsible_user_id")', "User | int | None"),
        "status": ("StageKey()", "Status | Stage"),
    }


def test_a_relation_named_as_its_collection_leads_to_many() -> None:
    """Another name leads to one; what the list shows on request and what a creation embeds is said."""
    assert lines(
        {"contacts": "contacts", "company": "companies"}, with_=("contacts",), on_create=("companies",)
    ) == {
        "contacts": ('ManyLinks("contacts", needs="contacts")', "Iterable[Contact]"),
        "company": ('OneLink("companies", on_create=True)', "Company | None"),
    }


def test_links_to_leads_are_made_from_their_side() -> None:
    """They are read-only here, and no constructor takes them."""
    assert lines({"leads": "leads"}) == {"leads": ('ManyLinks("leads", writable=False)', "")}


def test_a_built_in_field_is_one_value_and_several() -> None:
    """Both declare the same field."""
    assert [one.line for one in fields_of({"phone": "PHONE"})] == [
        'phone = fields.Phone(code="PHONE")',
        'phones = fields.Phones(code="PHONE")',
    ]
