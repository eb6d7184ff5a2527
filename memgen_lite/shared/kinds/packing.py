"""Lists of items as rows that an array can hold, and back."""

import numpy as np

from .arrays import ARRAYS, Arrays
from .images import IMAGE_MODES, Images, is_image
from .items import Items
from .texts import Texts

_KINDS = {"text": Texts, "bytes": Texts, "image": Images, "arrays": Arrays, "numbers": Items}
CODECS = ("arrays", "numbers", *(f"image:{mode}" for mode in IMAGE_MODES))  # beside "text" and "bytes"


def pack(items):
    """Put a list of items of one kind into rows that an array can hold, with the name of how to get them back.

    Returns (codec, rows): `text` and `bytes` as lists of bytes, `image:MODE`, `arrays` and `numbers` as arrays. Raises
    ValueError for items of several shapes and TypeError for others that don't fit into rows.
    """
    types = set(map(type, items))
    if types <= {str} or types <= {bytes}:
        kind = Texts
    elif all(map(is_image, items)):
        kind = Images
    elif types <= set(ARRAYS) or all(issubclass(one, np.generic) for one in types):
        kind = Arrays
    else:
        kind = Items
    return kind.pack(items)


def unpack_rows(codec, rows):
    """The inverse of :func:`pack`: a list of items from rows."""
    return _KINDS[codec.partition(":")[0]].unpack(codec, rows)
