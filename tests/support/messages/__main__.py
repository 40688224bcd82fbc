"""``python -m tests.support.messages``: write ``docs/errors.md``; with ``sample``: print ten texts to judge.

A reader who has seen nothing else says of each text what went wrong and what to write. ``docs/errors.md`` has the
causes and remedies to compare with. ``sample 7`` takes another ten.
"""

from __future__ import annotations

import random
import sys

from . import PAGE, all_messages, page, text_of

if sys.argv[1:2] == ["sample"]:
    for number, message in enumerate(random.Random("".join(sys.argv[2:3])).sample(all_messages(), k=10), 1):
        print(f"{number}. {': '.join(text_of(message))}\n")
else:
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(all_messages())} messages")
