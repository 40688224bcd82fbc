"""``python -m tests.support.messages``: write ``docs/errors.md``."""

from __future__ import annotations

from . import PAGE, all_messages, page

PAGE.write_text(page(), encoding="utf-8")
print(f"{PAGE.name}: {len(all_messages())} messages")
