"""Each kind of memory as a header and blocks of a file, and back."""

from collections import Counter

import numpy as np

from . import serial, storage
from .containers import Container
from .memories import MEMORIES
from .rows import Growing, Ragged


def write(path, memory, container, extra):
    """Write a memory, its container and some JSON of the caller's to one file (see :mod:`memgen_lite.storage`)."""
    header, blocks = _FORMS[memory.name][0](memory)
    labels, label_blocks = _dump_labels(memory)
    content = {"memory": memory.name, "container": _dump_container(container), "labels": labels, **header, **extra}
    storage.write(path, content, {**blocks, **label_blocks})


def read(path, *, mmap, verify):
    """(memory, container, header) from a file of :func:`write`."""
    content, blocks = storage.read(path, mmap=mmap, verify=verify)
    memory = MEMORIES[content["memory"]]()
    _FORMS[memory.name][1](memory, content, blocks)
    _load_labels(memory, content["labels"], blocks)
    return memory, _load_container(content["container"]), content


def _dump_list(memory):
    if memory.items and all(
        isinstance(item, np.ndarray | np.generic) and not item.dtype.hasobject for item in memory.items
    ):
        first = memory.items[0]
        if all((item.dtype, item.shape) == (first.dtype, first.shape) for item in memory.items):
            return {"form": "rows"}, {"rows": np.array(memory.items, dtype=first.dtype)}
    return {"form": "items"}, serial.encode(memory.items)


def _load_list(memory, content, blocks):
    memory.items = list(np.array(blocks["rows"])) if content["form"] == "rows" else serial.decode(blocks)


def _dump_hash(memory):
    keys = list(memory.counts)
    counts = np.array(list(memory.counts.values()), dtype=np.int64)
    values = memory.values(keys)
    if isinstance(values, np.ndarray):
        return {"form": "rows"}, {"rows": values, "counts": counts}
    return {"form": "items"}, {**serial.encode(values), "counts": counts}


def _load_hash(memory, content, blocks):
    values = np.array(blocks["rows"]) if content["form"] == "rows" else serial.decode(blocks)
    memory.append(memory.prepare(values))
    for key, count in zip(list(memory.counts), blocks["counts"].tolist(), strict=True):
        memory.counts[key] = count


def _dump_array(memory):
    ragged = memory.rows.ragged
    if ragged is not None:
        return {"codec": memory.codec}, {"data": ragged.data.view, "ends": ragged.ends.view}
    return {"codec": memory.codec}, {"rows": memory.rows.arrays()}


def _load_array(memory, content, blocks):
    memory.codec = content["codec"]
    if "data" in blocks:
        memory.rows.ragged = Ragged(blocks["data"], blocks["ends"])
    elif isinstance(blocks["rows"], np.memmap):
        memory.rows.extend(blocks["rows"])
    else:
        memory.rows.parts = [Growing.holding(blocks["rows"])]


_FORMS = {"list": (_dump_list, _load_list), "hash": (_dump_hash, _load_hash), "array": (_dump_array, _load_array)}


def _dump_labels(memory):
    # One column of label numbers: for each position, or for a hash-map one for each pair of a label and an item.
    names = list(memory.labels)
    if not names:
        return None, {}
    kept = serial.encode(names)
    header = {"count": len(names)}
    blocks = {"label_items": kept["items"], "label_blob": kept["blob"]}
    if memory.name == "hash":
        index = {key: i for i, key in enumerate(memory.counts)}
        pairs = [(j, index[key], count) for j, name in enumerate(names) for key, count in memory.labels[name].items()]
        return header, {**blocks, "label_pairs": np.array(pairs, dtype=np.int64)}
    codes = np.empty(memory.size(), dtype=np.int64)
    for j, name in enumerate(names):
        codes[memory.labels.positions(name)] = j
    return header, {**blocks, "label_codes": codes}


def _load_labels(memory, header, blocks):
    if header is None:
        return
    names = serial.decode({"items": blocks["label_items"], "blob": blocks["label_blob"]})
    if memory.name != "hash":
        memory.labels.append(0, [names[code] for code in blocks["label_codes"].tolist()])
        return
    keys = list(memory.counts)
    for j, i, count in blocks["label_pairs"].tolist():
        memory.labels.setdefault(names[j], Counter())[keys[i]] = count


def _dump_container(container):
    dtypes = container.dtypes if isinstance(container.dtypes, list) else [container.dtypes]
    names = [None if dtype is None else str(dtype) for dtype in dtypes]
    for dtype, name in zip(dtypes, names, strict=True):
        if dtype is not None and _pandas_dtype(name) != dtype:
            raise TypeError(f"X has a column of dtype {name}, which has no plain form to be saved in")
    columns = serial.encode([container.columns])
    return {
        "kind": container.kind,
        "columns": columns["items"].tobytes().decode(),
        "columns_blob": columns["blob"].tobytes().hex(),
        "dtypes": names if isinstance(container.dtypes, list) else names[0],
        "dtype": None
        if container.dtype is None
        else "object"
        if container.dtype == object
        else storage.describe(container.dtype),
        "shape": container.shape,
    }


def _load_container(kept):
    def array(data):
        return np.frombuffer(data, dtype=np.uint8)

    columns = serial.decode(
        {"items": array(kept["columns"].encode()), "blob": array(bytes.fromhex(kept["columns_blob"]))}
    )[0]
    names = kept["dtypes"]
    dtypes = [_pandas_dtype(name) for name in names] if isinstance(names, list) else names and _pandas_dtype(names)
    dtype = kept["dtype"]
    dtype = None if dtype is None else np.dtype(object) if dtype == "object" else storage.dtype_of(dtype)
    return Container(kept["kind"], columns=columns, dtypes=dtypes, dtype=dtype, shape=tuple(kept["shape"]))


def _pandas_dtype(name):
    import pandas as pd

    return pd.api.types.pandas_dtype(name)
