"""Contacts (контакты)."""

from __future__ import annotations

from ._generated import contacts as _generated

__all__ = ["Contact"]


class Contact(_generated.Contact):
    """Contact, a person; derive from it to declare custom fields.

    Args:
        name: full name; or give ``first_name`` and ``last_name``.
        phone, email: first telephone number and mail address; ``phones`` and ``emails`` take several.
        company: company that the contact belongs to.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        custom: declared custom fields by their attribute names; checked at run time.

    Example:
        >>> Contact(name="Иван Петров", phone="+7 900 000-00-00", email="ivan@example.com")
        <Contact new 'Иван Петров'>
    """
