"""Anything else: what MemGEN can keep, and what only a reader's own `features` can measure."""

import struct
from html import escape

import numpy as np

from .arrays import Arrays
from .base import Kind, refused
from .images import Images, is_image


class Items(Kind):
    """Items of any kind, equal where they are the same kind of thing with the same content."""

    name = "features"

    @classmethod
    def read(cls, X, name):
        return X

    @classmethod
    def key(cls, item):
        """Numbers are compared by type and bits (1, 1.0 and True are three things, NaN is itself); lists, tuples, sets,
        dicts, arrays and images by their content; anything else by its own `__hash__` and `__eq__`.
        """
        kind = type(item)
        if kind is str or kind is bytes or kind is int or item is None:
            return item
        if kind is float:
            return (kind, struct.pack("<d", item))
        if kind is complex:
            return (kind, struct.pack("<2d", item.real, item.imag))
        if isinstance(item, tuple | list):
            return (kind, *map(cls.key, item))
        if isinstance(item, dict):
            return (kind, *((cls.key(key), cls.key(value)) for key, value in item.items()))
        if isinstance(item, set | frozenset):
            return (kind, frozenset(map(cls.key, item)))
        if kind is bytearray:
            return (kind, bytes(item))
        if isinstance(item, np.ndarray | np.generic):
            return Arrays.key(item)
        if is_image(item):
            return Images.key(item)
        try:
            hash(item)
        except TypeError:
            raise TypeError(f"X holds a {kind.__name__}, which has no hash to compare it by: {item!r:.80}") from None
        return (kind, item)

    @classmethod
    def pack(cls, items):
        try:
            rows = np.array(items)
        except ValueError:
            raise refused("X is ragged: its items are not of one shape", error=ValueError) from None
        kinds = set(map(type, items))
        if rows.dtype.kind not in "biufc":
            held = _names(kinds if kinds != {tuple} else {type(part) for item in items for part in item})
            raise refused(f"X holds {held}", "rows of one numeric dtype, text, bytes or images")
        if cls.key(rows.tolist()) != cls.key(list(items)):  # say which, rather than turn 1 into 1.0 on the way
            raise refused(
                f"X holds {_names(kinds)} that would not come back as they are from an array of {rows.dtype}; pass one "
                "of the dtype that you want"
            )
        return "numbers", rows

    @classmethod
    def unpack(cls, codec, rows):
        return rows.tolist()

    @classmethod
    def html(cls, one, two, *, train, places):
        return f"<td>{escape(f'{one!r:.200}')}<br>{escape(f'{two!r:.200}')}</td>"


def _names(kinds):
    return ", ".join(sorted(kind.__name__ for kind in kinds))
