"""Python objects as JSON and bytes, and back: what `MemGEN.save` can keep without pickle."""

import json

import numpy as np

from .containers import is_image
from .storage import describe, dtype_of

PLAIN = (str, bool, int, type(None))
TIMES = ("Timestamp", "Timedelta", "NaTType", "NAType")
MISSING = {"NaTType": "NaT", "NAType": "NA"}
STORABLE = (
    "numbers, text, bytes, None, pandas' times and missing values, arrays, images, and lists, tuples and dicts of these"
)


def encode(items):
    """Two byte arrays, `items` (JSON) and `blob`, that hold a list of objects. TypeError names the first that can't be."""
    blob = bytearray()
    tree = []
    for i, item in enumerate(items):
        try:
            tree.append(_encode(item, blob))
        except TypeError as error:
            raise TypeError(f"item {i} can't be saved: {error}; save stores {STORABLE}") from None
    text = json.dumps(tree, separators=(",", ":")).encode()
    return {"items": np.frombuffer(text, dtype=np.uint8), "blob": np.frombuffer(bytes(blob), dtype=np.uint8)}


def decode(blocks):
    """The inverse of :func:`encode`."""
    blob = blocks["blob"].tobytes()
    return [_decode(node, blob) for node in json.loads(blocks["items"].tobytes())]


def _encode(item, blob):
    kind = type(item)
    if kind in PLAIN:
        return item
    if kind is float:
        return {"float": item.hex()} if item == item else {"bytes of float": _keep(np.float64(item).tobytes(), blob)}
    if kind is bytes:
        return {"bytes": _keep(item, blob)}
    if kind is list or kind is tuple:
        return {kind.__name__: [_encode(part, blob) for part in item]}
    if kind is dict:
        return {"dict": [[_encode(key, blob), _encode(value, blob)] for key, value in item.items()]}
    if isinstance(item, np.ndarray | np.generic):
        return {
            "array" if isinstance(item, np.ndarray) else "scalar": _keep(np.ascontiguousarray(item).tobytes(), blob),
            "dtype": describe(item.dtype),
            "shape": item.shape,
        }
    if kind.__name__ in TIMES and kind.__module__.startswith("pandas"):
        return {"pandas": kind.__name__, "text": str(item) if kind.__name__ in MISSING else item.isoformat()}
    if is_image(item):
        palette = list(item.getpalette(item.palette.mode) or ()) if item.mode == "P" else None
        mode = item.palette.mode if item.mode == "P" else None
        kept = _keep(item.tobytes(), blob)
        return {"image": kept, "mode": item.mode, "size": item.size, "palette": palette, "palette mode": mode}
    raise TypeError(f"it holds a {kind.__module__}.{kind.__qualname__}")


def _keep(data, blob):
    start = len(blob)
    blob += data
    return [start, len(data)]


def _decode(node, blob):
    if not isinstance(node, dict):
        return node
    (kind, content), *_ = node.items()
    if kind == "float":
        return float.fromhex(content)
    if kind in ("list", "tuple"):
        parts = [_decode(part, blob) for part in content]
        return parts if kind == "list" else tuple(parts)
    if kind == "dict":
        return {_decode(key, blob): _decode(value, blob) for key, value in content}
    if kind == "pandas":
        import pandas as pd

        return getattr(pd, MISSING[content]) if content in MISSING else getattr(pd, content)(node["text"])
    data = blob[content[0] : content[0] + content[1]]
    if kind == "bytes":
        return data
    if kind == "bytes of float":
        return float(np.frombuffer(data)[0])
    if kind == "image":
        from PIL import Image

        image = Image.frombytes(node["mode"], tuple(node["size"]), data)
        if node["palette"] is not None:
            image.putpalette(node["palette"], node["palette mode"])
        return image
    array = np.frombuffer(data, dtype=dtype_of(node["dtype"])).reshape(node["shape"])
    return array.copy() if kind == "array" else array[()]
