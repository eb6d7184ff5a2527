"""What every kind of data answers. A new kind is one class, and its name in `KINDS` of :mod:`.reading`."""

from html import escape
from typing import NamedTuple

import numpy as np


class ColumnRead(NamedTuple):
    """How one column of a table was read: as a number, time, duration, category, text or embedding, or ignored.

    `missing` counts its missing values in all samples together; `note` is a short remark, perhaps empty.
    """

    name: str
    read_as: str
    missing: int
    note: str


def columns_said(columns_read):
    """How columns were read, dicts or tuples of :class:`ColumnRead`, in a sentence; empty for none.

    >>> columns_said([("age", "number", 2, ""), ("pay", "number", 0, ""), ("id", "ignored", 0, "")])
    'Columns: age, pay as number; id ignored; 2 values missing.'
    """
    groups, missing = {}, 0
    for column in columns_read:
        name, read_as, lost, _ = column.values() if isinstance(column, dict) else column
        groups.setdefault(read_as, []).append(name)
        missing += lost
    said = []
    for read_as, names in groups.items():
        listed = ", ".join(names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")
        said.append(f"{listed} {read_as if read_as == 'ignored' else f'as {read_as}'}")
    said += [f"{missing:,} values missing"] if missing else []
    return f"Columns: {'; '.join(said)}." if said else ""


class Note(str):
    """A sentence to read before a result; `masked` is the same without what stands in any row."""

    def __new__(cls, text, masked=None):
        note = super().__new__(cls, text)
        note.masked = text if masked is None else masked
        return note


class Kind:
    """A kind of data: how its samples become rows of numbers, when two items are equal, and how a pair is shown.

    A sample is held as `items`: an array, a list or a frame whose first axis counts. Where several samples are looked
    at together they are a dict by role ("train", "held_out", "generated"), whose first one is what the others must fit.
    A kind has, beside what is here,

    `name`, as it stands in reports;
    `read(X)`, the items of X, an array, a list, a series or a frame, if they are of this kind, else None;
    `rows(samples)`, real arrays (n, d) by role, whose distances say how alike items are;
    `key(item)`, a hashable value that two items share exactly if they are equal, of one type;
    `pack(items)`, where a memory of arrays can hold them: (codec, rows), a list of items as an array, or as a list of
    bytes. Items of several shapes, or that would not come back as they are, raise ValueError or TypeError.
    """

    legend = ""  # what is to be known of what :meth:`html` shows

    def without(self, items, ignore, role):
        """The items without the columns to `ignore`."""
        raise ValueError(f"ignore is for columns of arrays and frames; {role} is of the kind {self.name!r}")

    def aligned(self, samples, notes):
        """The samples so that they can be compared, as equal values must be; what was done to them joins `notes`."""
        return samples

    def columns_read(self, samples):
        """A list of :class:`ColumnRead`, a line for each column of aligned samples that has a kind of its own."""
        return []

    def same(self, samples):
        """Int arrays (n,) by role, numbers from 0 on, equal for items that are equal as given."""
        seen = {}
        number = {role: [seen.setdefault(self.key(item), len(seen)) for item in X] for role, X in samples.items()}
        return {role: np.array(numbers) for role, numbers in number.items()}

    def unpack(self, codec, rows):
        """The inverse of `pack`: a list of items."""
        return list(rows)

    def at(self, items, i):
        """Item `i` of a sample."""
        return items[i]

    def text(self, one, two):
        """How two items differ, in a line of plain text."""
        return f"{one!r:.60} ~ {two!r:.60}"

    def html(self, one, two, *, train, places):
        """How two items differ, as HTML; `places` are theirs, in train and generated, `train` the items."""
        return f"{escape(f'{one!r:.200}')}<br/>{escape(f'{two!r:.200}')}"

    def width(self, item):
        """How many pixels wide :meth:`html` wants to be at least."""
        return 280

    def alike(self, one, two):
        """How much two items have in common, in a few words that tell nothing of what stands in them; may be empty."""
        return ""


def refused(what, stored=None, error=TypeError):
    """The error for items that don't fit into rows: what they are, and which memory would take them."""
    here = f"; memory='array' stores {stored}" if stored else ""
    return error(f"{what}{here}; memory='list' or 'hash' stores anything")
