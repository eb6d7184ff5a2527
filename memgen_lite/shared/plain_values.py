"""Python objects as JSON and bytes, and back: what can be kept in a file without pickle.

None, flags, numbers of 64 bits and printable text stand for themselves; all other kinds of object are in one table.
"""

import json
import math
import struct

import numpy as np

from .array_file import describe, dtype_of
from .kinds.images import is_image

STORABLE = (
    "numbers, text, bytes, None, pandas' times and missing values, arrays, images, and lists, tuples and dicts of these"
)
_UTF8 = "utf-8", "surrogatepass"


def encode(items, more=None):
    """Two byte arrays, `items` (JSON) and `blob`, that hold a list of objects. TypeError names the first that can't.

    `more` has entries beside those of the table :data:`FORMS`.
    """
    coder, tree = Coder(FORMS | (more or {}), bytearray()), []
    for i, item in enumerate(items):
        try:
            tree.append(json.dumps(coder.node(item), separators=(",", ":")))
        except (TypeError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise TypeError(f"item {i} can't be saved: {reason}; save stores {STORABLE}") from None
    text = f"[{','.join(tree)}]".encode()
    return {"items": np.frombuffer(text, dtype=np.uint8), "blob": np.frombuffer(coder.blob, dtype=np.uint8)}


def decode(blocks, more=None):
    """The inverse of :func:`encode`; raises some error, and runs nothing, where the blocks are not from there."""
    coder = Coder(FORMS | (more or {}), blocks["blob"].tobytes())
    return list(map(coder.item, json.loads(blocks["items"].tobytes())))


class Coder:
    """Makes nodes of JSON from objects, and objects from nodes: {kind of object: what its entry makes of it}."""

    def __init__(self, forms, blob):
        self.forms, self.blob, self._kinds = forms, blob, {}

    def node(self, item):
        kind = type(item)
        if item is None or kind is bool or (kind is int and item.bit_length() < 64):
            return item
        if kind is str and item.isprintable():  # no surrogates: JSON would join two that happen to make a pair
            return item
        name = self._kinds.get(kind) or self._kinds.setdefault(kind, _kind(item))
        if name not in self.forms:
            raise TypeError(f"it holds a {kind.__module__}.{kind.__qualname__}")
        return {name: self.forms[name][0](item, self)}

    def item(self, node):
        if node is None or isinstance(node, bool | int | str):
            return node
        ((name, content),) = node.items()
        if name not in self.forms:
            raise ValueError(f"an object of the unknown kind {name!r}")
        return self.forms[name][1](content, self)

    def keep(self, data):
        """Put bytes into the blob; returns their place."""
        self.blob += data
        return [len(self.blob) - len(data), len(data)]

    def kept(self, place):
        start, size = place
        if not 0 <= start <= start + size <= len(self.blob):
            raise ValueError(f"bytes {start} to {start + size} of {len(self.blob)}")
        return bytes(self.blob[start : start + size])


def _kind(item):
    if is_image(item):
        return "PIL.Image"
    kind = np.generic if isinstance(item, np.generic) and not isinstance(item, str | bytes) else type(item)
    library = kind.__module__.partition(".")[0]
    return kind.__name__ if library == "builtins" else f"{library}.{kind.__name__}"


def _in_blob(to_bytes, of_bytes):
    return lambda item, coder: coder.keep(to_bytes(item)), lambda place, coder: of_bytes(coder.kept(place))


def _encode_array(array, coder):
    if array.dtype == object:
        return {"objects": list(map(coder.node, array.ravel())), "shape": array.shape}
    # Products of an array that lies column by column are summed in another order: so it lies when it is read again.
    how = "columns" if array.flags.f_contiguous and not array.flags.c_contiguous else "bytes"
    return {how: coder.keep(array.tobytes(order="A")), "dtype": describe(array.dtype), "shape": array.shape}


def _decode_array(kept, coder):
    if "objects" in kept:
        return np.fromiter(map(coder.item, kept["objects"]), dtype=object).reshape(kept["shape"])
    how = "columns" if "columns" in kept else "bytes"
    data, dtype = coder.kept(kept[how]), dtype_of(kept["dtype"])
    if len(data) != dtype.itemsize * math.prod(kept["shape"]):
        raise ValueError(f"an array of shape {kept['shape']} and dtype {dtype} in {len(data)} bytes")
    return np.ndarray(kept["shape"], dtype, bytearray(data), order="F" if how == "columns" else "C")


def _pandas(name):
    import pandas as pd

    return getattr(pd, name)


def _encode_time(time, coder):
    kept = {"value": coder.node(time.asm8), "zone": _zone(time)}
    try:
        again = coder.item({_kind(time): kept})
    except (KeyError, ValueError):
        again = None
    if again != time or _zone(again) != kept["zone"]:
        raise TypeError(f"it holds a time in {kept['zone']}, which is not the name of a time zone")
    return kept


def _decode_time(name, kept, coder):
    time = _pandas(name)(coder.item(kept["value"]))
    return time.tz_localize("UTC").tz_convert(kept["zone"]) if kept["zone"] else time


def _zone(time):
    return str(getattr(time, "tz", None) or "")


def _encode_image(image, coder):
    return {
        "pixels": coder.keep(image.tobytes()),
        "mode": image.mode,
        "size": image.size,
        "palette": [image.palette.mode, image.getpalette(image.palette.mode)] if image.mode in ("P", "PA") else None,
        "transparency": coder.node(image.info.get("transparency")),
    }


def _decode_image(kept, coder):
    from PIL import Image, ImageMode

    data, mode, (width, height) = coder.kept(kept["pixels"]), kept["mode"], kept["size"]
    pixel = ImageMode.getmode(mode)
    row = -(-width // 8) if mode == "1" else width * len(pixel.bands) * np.dtype(pixel.typestr).itemsize
    if min(width, height) < 0 or len(data) != row * height:  # asked first, because Pillow makes room first
        raise ValueError(f"an image of mode {mode}, {width} by {height}, in {len(data)} bytes")
    image = Image.frombytes(mode, (width, height), data)
    if kept["palette"] is not None:
        mode, palette = kept["palette"]
        image.putpalette(palette, mode)
    if kept["transparency"] is not None:
        image.info["transparency"] = coder.item(kept["transparency"])
    return image


FORMS = {  # kind: (object, coder) -> JSON, and the inverse
    "int": (lambda item, _: hex(item), lambda text, _: int(text, 16)),  # Python may refuse decimals of this length
    "float": _in_blob(lambda item: struct.pack("<d", item), lambda data: struct.unpack("<d", data)[0]),
    "complex": _in_blob(
        lambda z: struct.pack("<2d", z.real, z.imag), lambda data: complex(*struct.unpack("<2d", data))
    ),
    "str": _in_blob(lambda text: text.encode(*_UTF8), lambda data: data.decode(*_UTF8)),
    "bytes": _in_blob(bytes, bytes),
    "list": (lambda items, coder: list(map(coder.node, items)), lambda nodes, coder: list(map(coder.item, nodes))),
    "tuple": (lambda items, coder: list(map(coder.node, items)), lambda nodes, coder: tuple(map(coder.item, nodes))),
    "dict": (
        lambda items, coder: [list(map(coder.node, pair)) for pair in items.items()],
        lambda pairs, coder: {coder.item(key): coder.item(value) for key, value in pairs},
    ),
    "numpy.str_": _in_blob(lambda text: text.encode(*_UTF8), lambda data: np.str_(data.decode(*_UTF8))),
    "numpy.bytes_": _in_blob(bytes, np.bytes_),
    "numpy.generic": (_encode_array, lambda kept, coder: _decode_array(kept, coder)[()]),
    **dict.fromkeys(("numpy.ndarray", "numpy.memmap"), (_encode_array, _decode_array)),
    "pandas.NaTType": (lambda *_: None, lambda *_: _pandas("NaT")),
    "pandas.NAType": (lambda *_: None, lambda *_: _pandas("NA")),
    "pandas.Timestamp": (_encode_time, lambda kept, coder: _decode_time("Timestamp", kept, coder)),
    "pandas.Timedelta": (_encode_time, lambda kept, coder: _decode_time("Timedelta", kept, coder)),
    "PIL.Image": (_encode_image, _decode_image),
}
