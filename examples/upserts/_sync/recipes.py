"""A web form, a nightly list of orders, a phone book, a report of duplicates, two programs at once."""
# GENERATED from examples/upserts/_async/recipes.py by generator/async_to_sync.py: edit that file and run `make generate`.
from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from amocrm import (
    AmoCRM,
    Session,
    TokenStore,
    Contact,
    FlushError,
    Lead,
    Status,
    UpsertReport,
    any_of,
    fields,
)

WON, LOST = 142, 143


class Order(Lead):
    """A lead that a shop knows by the number of its order."""

    number = fields.Text(name="Order number")


def open_lead_of(session: Session, contact: Contact) -> Lead | None:
    """Return a lead of a contact that is neither won nor lost, None without any."""
    record = session.get(Contact, contact.id, preload=[Contact.leads])
    return next((lead for lead in record.leads if lead.status_id not in (WON, LOST)), None)


def take_form(crm: AmoCRM, form: Mapping[str, str]) -> Lead:
    """Find or create the contact of a web form; note it on the open lead, or create one."""
    with crm.session() as session:
        row = Contact(phone=form["phone"], email=form["email"])
        # The name is for a new contact only: a person who is known keeps what the manager wrote.
        entries = session.upsert_all(
            [row],
            key=any_of(Contact.phones, Contact.emails),
            new={"name": form["name"]},
            on_many="oldest",
            sure=False,
        )
        session.look_up()
        contact, is_new = entries[0].entity, entries[0].action == "created"
        lead = None if is_new else open_lead_of(session, contact)
        if lead is None:
            lead = session.add(Lead(name=f"Form: {form['name']}", contacts=[contact], tags={"site"}))
        lead.notes.add(form["text"])
    return lead


def import_orders(
    crm: AmoCRM, rows: Iterable[Mapping[str, str]], stage: Status
) -> UpsertReport[Order]:
    """Write a list of orders by their numbers; a second run writes what differs, a won lead stays where it is."""
    orders = (
        Order(number=row["number"], name=f"Order {row['number']}", price=int(row["price"])) for row in rows
    )
    try:
        return crm.leads.upsert_all(orders, key=Order.number, new={"status": stage}, on_repeat="last")
    except FlushError as error:  # some rows were rejected, all others are written
        if not isinstance(error.upserts, UpsertReport):
            raise
        return error.upserts


def import_phone_book(crm: AmoCRM, rows: Iterable[Mapping[str, str]]) -> UpsertReport[Contact]:
    """Write people by their numbers, however these are spelt; rows without a number are reported and left out."""
    people = [Contact(name=row["name"], phones=[row["phone"]] if row["phone"] else []) for row in rows]
    return crm.contacts.upsert_all(
        people, key=Contact.phones, on_repeat="merge", on_keyless="skip", on_many="oldest"
    )


def duplicates(crm: AmoCRM) -> Generator[str]:
    """Give a line for each number or address that several contacts share; one reading of the list."""
    for group in crm.contacts.find_duplicates(by=any_of(Contact.phones, Contact.emails)):
        yield f"{group.key}: {', '.join(f'{record.id} {record.name}' for record in group.records)}"


def take_call(crm: AmoCRM, phone: str, store: TokenStore) -> tuple[Contact, bool]:
    """Return the contact of a call and whether it is new; programs that share the store create it once."""
    return crm.contacts.find_or_create(
        Contact(name=f"Call from {phone}", phone=phone), key=Contact.phone, lock=store
    )
