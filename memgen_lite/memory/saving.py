"""Each kind of memory as a header and blocks of a file, and back."""

import contextlib
from collections import Counter

import numpy as np

from ..shared import array_file, plain_values
from ..shared.kinds import Container, pack
from ..shared.kinds.items import CODECS
from .memories import MEMORIES
from .rows import Growing, Ragged


def write(path, memory, container, random_state):
    """Write a memory, its container and a seed (int or None) to one file (see :mod:`memgen_lite.shared.array_file`)."""
    header, blocks = _FORMS[memory.name][0](memory)
    labels, label_blocks = _dump_labels(memory)
    content = {"memory": memory.name, "container": _dump_container(container), "labels": labels, **header}
    array_file.write(path, {**content, "random_state": random_state}, {**blocks, **label_blocks})


def read(path, *, mmap, verify):
    """(memory, container, random_state) from a file of :func:`write`; DamagedFileError for any other file."""
    content, blocks = array_file.read(path, mmap=mmap, verify=verify)
    with array_file.guarded(path):
        memory, container = MEMORIES[content["memory"]](), _load_container(content["container"])
        _FORMS[memory.name][1](memory, content, blocks)
        _load_labels(memory, content["labels"], blocks)
        first = memory.take(np.zeros(1, dtype=np.intp))  # whatever was fitted, one of it can be drawn
        if isinstance(first, np.ndarray):
            _require(container.dtype is not None)
            _require((first.dtype, first.shape[1:]) == (container.dtype, container.shape))
        container.rebuild(first)
        state = content["random_state"]
        _require(state is None or (type(state) is int and state >= 0))
    return memory, container, state


def _require(condition):
    if not condition:
        raise ValueError("what it says does not fit together")


def _dump_list(memory):
    if isinstance(memory.items[0], np.ndarray | np.generic):
        with contextlib.suppress(TypeError, ValueError):  # arrays of one kind are written as rows, which is quicker
            codec, rows = pack(memory.items)
            if codec == "arrays" and rows.nbytes:
                return {"form": "rows"}, {"rows": rows}
    return {"form": "items"}, plain_values.encode(memory.items)


def _load_list(memory, content, blocks):
    if content["form"] == "rows":
        _require(blocks["rows"].nbytes)
        memory.items = list(np.array(blocks["rows"]))
    else:
        memory.items = plain_values.decode(blocks)


def _dump_hash(memory):
    keys = list(memory.counts)
    counts = np.array(list(memory.counts.values()), dtype=np.int64)
    values = memory.values(keys)
    if isinstance(values, np.ndarray):
        return {"form": "rows"}, {"rows": values, "counts": counts}
    return {"form": "items"}, {**plain_values.encode(values), "counts": counts}


def _load_hash(memory, content, blocks):
    rows, counts = content["form"] == "rows", blocks["counts"].tolist()
    _require(len(blocks["rows"]) == len(counts) if rows else True)
    memory.append(memory.prepare(np.array(blocks["rows"]) if rows else plain_values.decode(blocks)))
    memory.counts = _counter(memory.counts, counts)


def _counter(keys, counts):
    """A Counter from keys and numbers of a file."""
    _require(all(type(count) is int and count > 0 for count in counts) and sum(counts) < 1 << 63)
    return Counter(dict(zip(keys, counts, strict=True)))


def _dump_array(memory):
    ragged = memory.rows.ragged
    if ragged is not None:
        return {"codec": memory.codec}, {"data": ragged.data.view, "ends": ragged.ends.view}
    return {"codec": memory.codec}, {"rows": memory.rows.arrays()}


def _load_array(memory, content, blocks):
    memory.codec = content["codec"]
    if memory.codec in ("text", "bytes"):
        data, ends = blocks["data"], blocks["ends"]
        _require((data.dtype, data.ndim, ends.dtype, ends.ndim) == (np.uint8, 1, np.int64, 1) and len(ends))
        _require(ends[0] >= 0 and ends[-1] == len(data) and (ends[1:] >= ends[:-1]).all())
        memory.rows.ragged = Ragged(data, ends)
        return
    _require(memory.codec in (None, *CODECS))
    if isinstance(blocks["rows"], np.memmap):
        memory.rows.extend(blocks["rows"])
    else:
        memory.rows.parts = [Growing.holding(blocks["rows"])]


_FORMS = {"list": (_dump_list, _load_list), "hash": (_dump_hash, _load_hash), "array": (_dump_array, _load_array)}


def _dump_labels(memory):
    # One column of label numbers: for each position, or for a hash-map one for each pair of a label and an item.
    names = list(memory.labels)
    if not names:
        return False, {}
    try:
        kept = plain_values.encode(names)
    except TypeError as error:
        raise TypeError(f"of the labels, {error}") from None
    blocks = {"label_items": kept["items"], "label_blob": kept["blob"]}
    if memory.name == "hash":
        index = {key: i for i, key in enumerate(memory.counts)}
        pairs = [(j, index[key], count) for j, name in enumerate(names) for key, count in memory.labels[name].items()]
        return True, {**blocks, "label_pairs": np.array(pairs, dtype=np.int64)}
    codes = np.empty(memory.size(), dtype=np.int64)
    for j, name in enumerate(names):
        codes[memory.labels.positions(name)] = j
    return True, {**blocks, "label_codes": codes}


def _load_labels(memory, labelled, blocks):
    if not labelled:
        return
    names = plain_values.decode({"items": blocks["label_items"], "blob": blocks["label_blob"]})
    if memory.name != "hash":
        codes = blocks["label_codes"].tolist()
        _require(len(codes) == memory.size() and min(codes) >= 0)
        memory.labels.append(0, [names[code] for code in codes])
        return
    keys, of_label = list(memory.counts), {}
    for j, i, count in blocks["label_pairs"].tolist():
        _require(min(i, j) >= 0)
        of_label.setdefault(names[j], {})[keys[i]] = count
    memory.labels = {name: _counter(counts, counts.values()) for name, counts in of_label.items()}
    _require(sum(map(Counter.total, memory.labels.values())) == memory.size())


def _dump_container(container):
    dtypes = container.dtypes if isinstance(container.dtypes, list) else [container.dtypes]
    names = [None if dtype is None else str(dtype) for dtype in dtypes]
    for dtype, name in zip(dtypes, names, strict=True):
        if dtype is not None and _pandas_dtype(name) != dtype:
            raise TypeError(f"X has a column of dtype {name}, which has no plain form to be saved in")
    columns = plain_values.encode([container.columns, container.levels])
    dtype = container.dtype
    if dtype is not None:
        dtype = "object" if dtype.kind == "O" else array_file.describe(dtype)
    return {
        "kind": container.kind,
        "columns": {name: data.tobytes().hex() for name, data in columns.items()},
        "dtypes": names if isinstance(container.dtypes, list) else names[0],
        "dtype": dtype,
        "shape": container.shape,
    }


def _load_container(kept):
    names = {name: np.frombuffer(bytes.fromhex(data), dtype=np.uint8) for name, data in kept["columns"].items()}
    columns, levels = plain_values.decode(names)
    dtypes, dtype = kept["dtypes"], kept["dtype"]
    if dtypes is not None:
        dtypes = list(map(_pandas_dtype, dtypes)) if isinstance(dtypes, list) else _pandas_dtype(dtypes)
    if dtype is not None:
        dtype = np.dtype(object) if dtype == "object" else array_file.dtype_of(dtype)
    _require(kept["kind"] in ("array", "frame", "series", "list", "tuple"))
    return Container(kept["kind"], columns, levels, dtypes, dtype, tuple(kept["shape"]))


def _pandas_dtype(name):
    import pandas as pd

    return pd.api.types.pandas_dtype(name)
