"""Python objects as JSON and bytes, and back: what `MemGEN.save` can keep without pickle."""

import json
import math
import struct

import numpy as np

from ..shared.array_file import describe, dtype_of
from ..shared.kinds.arrays import ARRAYS
from ..shared.kinds.images import is_image

_MISSING = {"NaTType": "NaT", "NAType": "NA"}
_TIMES = ("Timestamp", "Timedelta", *_MISSING)
STORABLE = (
    "numbers, text, bytes, None, pandas' times and missing values, arrays, images, and lists, tuples and dicts of these"
)


def encode(items):
    """Two byte arrays, `items` (JSON) and `blob`, that hold a list of objects. TypeError names the first that can't."""
    blob = bytearray()
    tree = []
    for i, item in enumerate(items):
        try:
            tree.append(json.dumps(_encode(item, blob), separators=(",", ":")))
        except (TypeError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
            raise TypeError(f"item {i} can't be saved: {reason}; save stores {STORABLE}") from None
    text = f"[{','.join(tree)}]".encode()
    return {"items": np.frombuffer(text, dtype=np.uint8), "blob": np.frombuffer(bytes(blob), dtype=np.uint8)}


def decode(blocks):
    """The inverse of :func:`encode`; raises some error, and runs nothing, where the blocks are not from there."""
    blob = blocks["blob"].tobytes()
    return [_decode(node, blob) for node in json.loads(blocks["items"].tobytes())]


def _encode(item, blob):
    kind = type(item)
    if kind is bool or item is None or (kind is int and item.bit_length() < 64):
        return item
    if kind is int:
        return {"int": hex(item)}  # decimals of this length may be refused by Python
    if kind is str and _encodable(item):
        return item
    if kind is str:  # JSON would join two lone surrogates that happen to make a pair
        return {"text": _keep(item.encode("utf-8", "surrogatepass"), blob)}
    if kind is float or kind is complex:
        return {kind.__name__: _keep(struct.pack("<2d", item.real, item.imag), blob)}
    if kind is bytes or kind is np.bytes_:
        return {kind.__name__: _keep(bytes(item), blob)}
    if kind is np.str_:
        return {"str_": _keep(item.encode("utf-8", "surrogatepass"), blob)}
    if kind is list or kind is tuple:
        return {kind.__name__: [_encode(part, blob) for part in item]}
    if kind is dict:
        return {"dict": [[_encode(key, blob), _encode(value, blob)] for key, value in item.items()]}
    if kind is np.ndarray and item.dtype == object:
        return {"objects": [_encode(part, blob) for part in item.ravel()], "shape": item.shape}
    if kind in ARRAYS or isinstance(item, np.generic):
        form = "array" if kind in ARRAYS else "scalar"
        return {form: _keep(item.tobytes(), blob), "dtype": describe(item.dtype), "shape": item.shape}
    if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in _TIMES:
        return _encode_pandas(item, blob)
    if is_image(item):
        palette = [item.palette.mode, item.getpalette(item.palette.mode)] if item.mode in ("P", "PA") else None
        return {
            "image": _keep(item.tobytes(), blob),
            "mode": item.mode,
            "size": item.size,
            "palette": palette,
            "transparency": _encode(item.info.get("transparency"), blob),
        }
    raise TypeError(f"it holds a {kind.__module__}.{kind.__qualname__}")


def _encodable(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _encode_pandas(item, blob):
    kind = type(item).__name__
    if kind in _MISSING:
        return {"pandas": kind}
    node = {"pandas": kind, "value": _encode(item.asm8, blob), "zone": _zone(item)}
    try:
        again = _decode_pandas(node, blob)
    except (KeyError, ValueError):
        again = None
    if again != item or _zone(again) != node["zone"]:
        raise TypeError(f"it holds a time in {node['zone']}, which is not the name of a time zone")
    return node


def _decode_pandas(node, blob):
    import pandas as pd

    kind = node["pandas"]
    if kind in _MISSING:
        return getattr(pd, _MISSING[kind])
    time = {"Timestamp": pd.Timestamp, "Timedelta": pd.Timedelta}[kind](_decode(node["value"], blob))
    return time.tz_localize("UTC").tz_convert(node["zone"]) if node["zone"] else time


def _zone(time):
    zone = getattr(time, "tz", None)
    return "" if zone is None else str(zone)


def _keep(data, blob):
    start = len(blob)
    blob += data
    return [start, len(data)]


def _kept(place, blob):
    start, size = place
    if not 0 <= start <= start + size <= len(blob):
        raise ValueError(f"bytes {start} to {start + size} of {len(blob)}")
    return bytes(blob[start : start + size])


def _decode(node, blob):
    if node is None or isinstance(node, bool | int | str):
        return node
    kind, content = next(iter(node.items()))
    if kind == "int":
        return int(content, 16)
    if kind == "list" or kind == "tuple":
        parts = [_decode(part, blob) for part in content]
        return parts if kind == "list" else tuple(parts)
    if kind == "dict":
        return {_decode(key, blob): _decode(value, blob) for key, value in content}
    if kind == "pandas":
        return _decode_pandas(node, blob)
    if kind == "objects":
        array = np.empty(len(content), dtype=object)
        for i, part in enumerate(content):
            array[i] = _decode(part, blob)
        return array.reshape(node["shape"])
    data = _kept(content, blob)
    if kind == "bytes" or kind == "bytes_":
        return data if kind == "bytes" else np.bytes_(data)
    if kind == "text" or kind == "str_":
        text = data.decode("utf-8", "surrogatepass")
        return text if kind == "text" else np.str_(text)
    if kind == "float" or kind == "complex":
        real, imaginary = struct.unpack("<2d", data)
        return real if kind == "float" else complex(real, imaginary)
    if kind == "image":
        return _decode_image(node, data, blob)
    if kind not in ("array", "scalar"):
        raise ValueError(f"an object of the unknown kind {kind!r}")
    dtype = dtype_of(node["dtype"])
    if len(data) != dtype.itemsize * math.prod(node["shape"]):
        raise ValueError(f"an array of shape {node['shape']} and dtype {dtype} in {len(data)} bytes")
    array = np.empty(node["shape"], dtype=dtype)
    if data:
        array.reshape(-1).view(np.uint8)[:] = np.frombuffer(data, dtype=np.uint8)
    return array if kind == "array" else array[()]


def _decode_image(node, data, blob):
    from PIL import Image, ImageMode

    mode, (width, height) = node["mode"], node["size"]
    pixel = ImageMode.getmode(mode)
    row = -(-width // 8) if mode == "1" else width * len(pixel.bands) * np.dtype(pixel.typestr).itemsize
    if min(width, height) < 0 or len(data) != row * height:  # asked first, because Pillow makes room first
        raise ValueError(f"an image of mode {mode}, {width} by {height}, in {len(data)} bytes")
    image = Image.frombytes(mode, (width, height), data)
    if node["palette"] is not None:
        mode, palette = node["palette"]
        image.putpalette(palette, mode)
    if node["transparency"] is not None:
        image.info["transparency"] = _decode(node["transparency"], blob)
    return image
