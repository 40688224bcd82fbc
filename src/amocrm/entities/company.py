"""Companies (компании)."""

from __future__ import annotations

from ._generated import companies as _generated

__all__ = ["Company"]


class Company(_generated.Company):
    """Company; derive from it to declare custom fields.

    Args:
        name: name.
        phone, email: first telephone number and mail address; ``phones`` and ``emails`` take several.
        responsible: responsible user, an entity or an id.
        tags: names of tags.
        contacts: contacts of the company, new or existing.
        custom: declared custom fields by their attribute names; checked at run time.

    Example:
        >>> Company(name="ООО «Ромашка»", phone="+7 495 000-00-00")
        <Company new 'ООО «Ромашка»'>
    """
