"""Anything else: what MemGEN can keep, and what only a reader's own `features` can measure."""

import struct
from typing import Any

import numpy as np

from .arrays import ARRAYS, Arrays
from .base import Kind, refused
from .images import IMAGE_MODES, Images, is_image
from .texts import Texts


class Items(Kind):
    """Items of any kind, equal where they are the same kind of thing with the same content."""

    name = "features"

    def read(self, X):
        return X

    def key(self, item):
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
            return (kind, *map(self.key, item))
        if isinstance(item, dict):
            return (kind, *((self.key(key), self.key(value)) for key, value in item.items()))
        if isinstance(item, set | frozenset):
            return (kind, frozenset(map(self.key, item)))
        if kind is bytearray:
            return (kind, bytes(item))
        if isinstance(item, np.ma.MaskedArray):
            return (kind, self.key(item.data), self.key(np.ma.getmaskarray(item)))
        if isinstance(item, np.ndarray) and item.dtype.hasobject:
            return ("array" if kind in ARRAYS else kind, item.dtype, item.shape, self.key(item.tolist()))
        if isinstance(item, np.ndarray | np.generic):
            return _ARRAYS.key(item)
        if is_image(item):
            return _IMAGES.key(item)
        try:
            hash(item)
        except TypeError:
            raise TypeError(f"X holds a {kind.__name__}, which has no hash to compare it by: {item!r:.80}") from None
        return (kind, item)

    def pack(self, items):
        try:
            rows = np.array(items)
        except ValueError:
            raise refused("X is ragged: its items are not of one shape", error=ValueError) from None
        kinds = set(map(type, items))
        if rows.dtype.kind not in "biufc":
            held = _names(kinds if kinds != {tuple} else {type(part) for item in items for part in item})
            raise refused(f"X holds {held}", "rows of one numeric dtype, text, bytes or images")
        if self.key(rows.tolist()) != self.key(list(items)):  # say which, rather than turn 1 into 1.0 on the way
            raise refused(
                f"X holds {_names(kinds)} that would not come back as they are from an array of {rows.dtype}; pass one "
                "of the dtype that you want"
            )
        return "numbers", rows

    def unpack(self, codec, rows):
        return rows.tolist()


ITEMS, _ARRAYS, _IMAGES, _TEXTS = Items(), Arrays(), Images(), Texts()
equality_key = ITEMS.key
_OF_CODEC = {"text": _TEXTS, "bytes": _TEXTS, "image": _IMAGES, "arrays": _ARRAYS, "numbers": ITEMS}
CODECS = ("arrays", "numbers", *(f"image:{mode}" for mode in IMAGE_MODES))  # of :func:`pack`, but for text and bytes


def pack(items: Any) -> tuple[str, Any]:
    """Put a list of items of one kind into rows that an array can hold, with the name of how to get them back.

    Returns (codec, rows): `text` and `bytes` as lists of bytes, `image:MODE`, `arrays` and `numbers` as arrays. Raises
    ValueError for items of several shapes and TypeError for others that don't fit into rows.
    """
    types = set(map(type, items))
    if types <= {str} or types <= {bytes}:
        return _TEXTS.pack(items)
    if all(map(is_image, items)):
        return _IMAGES.pack(items)
    arrays = types <= set(ARRAYS) or all(issubclass(one, np.generic) for one in types)
    return (_ARRAYS if arrays else ITEMS).pack(items)


def unpack_rows(codec: str, rows: Any) -> Any:
    """The inverse of :func:`pack`: a list of items from rows."""
    return _OF_CODEC[codec.partition(":")[0]].unpack(codec, rows)


def _names(kinds):
    return ", ".join(sorted(kind.__name__ for kind in kinds))
