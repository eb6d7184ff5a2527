"""Words that stand on an axis or in a legend."""

from typing import Any

LONGEST = 120  # characters, which is more than a page is wide


def short(label: Any) -> str:
    """A label, cut where nobody could read on: to lay out 100,000 characters takes Matplotlib ten seconds.

    >>> short("rows"), len(short("rows" * 100))
    ('rows', 120)
    """
    label = str(label)
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
