"""One of each kind of data that MemGEN is made for, and what "the same" means for it."""

import struct

import numpy as np
import pandas as pd
from PIL import Image

ANY = ("list", "hash", "array")
OBJECTS = ("list", "hash")  # no rows of one dtype

_rng = np.random.default_rng(0)
_read_only = np.arange(6.0).reshape(3, 2)
_read_only.flags.writeable = False
_record = np.dtype([("name", "U3"), ("at", "<f4", (2,)), ("n", ">i2")])
_padded = np.array([(1, 2.5), (2, np.nan), (1, 2.5)], dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True))

ARRAYS = {
    "rows": _rng.normal(size=(5, 3)),
    "F-ordered": np.asfortranarray(_rng.normal(size=(5, 3))),
    "strided": _rng.normal(size=(10, 6))[::-2, ::3],
    "read-only": _read_only,
    "big-endian": np.arange(6, dtype=">i4").reshape(3, 2),
    "one axis": np.array([3, 1, 3]),
    "four axes": _rng.integers(256, size=(4, 3, 2, 3), dtype=np.uint8),
    "one example": np.ones((1, 2)),
    "zero-width": np.zeros((3, 0)),
    "datetime64": np.array(["2018-03-29", "NaT", "2018-04-01"], dtype="M8[s]"),
    "timedelta64": np.array([[1, 2], [3, 4]], dtype="m8[ns]"),
    "bool": np.array([[True, False], [False, False]]),
    "complex": np.array([0j, complex(0, -0.0), complex("nan"), 1j]),
    "float16": np.array([[0.1, np.inf], [-0.0, np.nan]], dtype=np.float16),
    "long double": np.array([0.1, 1 / 3, 0.1], dtype=np.longdouble),
    "NaN and infinities": np.array([[np.nan, np.inf], [-np.inf, -0.0], [0.0, 5e-324]]),
    "text": np.array(["a", "", "längst", "🐈"]),
    "bytes": np.array([b"a", b"\xff\x00\x01", b""]),
    "void": np.array([b"ab", b"cd", b"ab"], dtype="V2"),
    "records": np.array([("a", (1, 2), 3), ("b", (np.nan, 2), -3), ("a", (1, 2), 3)], dtype=_record),
    "padded records": _padded,
    "some fields": np.array([(1, 2, 3), (1, 9, 3)], dtype="i4,i4,i4")[["f0", "f2"]],
    "objects of one kind": np.array(["rose", "is", "rose"], dtype=object),
}
OBJECT_ARRAYS = {
    "objects": np.array([1, "a", None, 1.0, (1, 2)], dtype=object),
    "rows of objects": np.array([["a", 1], ["b", None], ["a", 1]], dtype=object),
}


def picture(mode, size=(5, 3), seed=0):
    """A small noisy image of any mode of Pillow."""
    if mode == "P":
        return picture("RGB", size, seed).quantize(4)
    pixels = bytes((i * 37 + seed) % 256 for i in range(len(Image.new(mode, size).tobytes())))
    return Image.frombytes(mode, size, pixels)


LISTS = {
    "strings": ["", "a", "a\0b\0", "é", "e\u0301", "🐈", "\ud800", "\ud83d\ude00", "😀", "a"],
    "bytes": [b"", b"\0", b"ab\0", b"\xff", b"ab\0"],
    "ints": [3, -1, 3, 2**63 - 1],
    "floats": [0.0, -0.0, float("nan"), float("inf"), -float("inf"), 5e-324],
    "complex": [0j, complex(0.0, -0.0), complex("nan"), 1j],
    "bools": [True, False, True],
    "lists": [[1, 2], [3, 4], [1, 2]],
    "arrays": [np.eye(2), np.zeros((2, 2)), np.eye(2)],
    "big-endian arrays": [np.arange(2, dtype=">f4"), np.arange(2, 4, dtype=">f4")],
    "arrays of padded records": [_padded, _padded[::-1]],
    "records": list(_padded),
    "scalars": list(np.array([1.5, np.nan, 1.5], dtype=np.float32)),
    "times": list(np.array(["2018", "2019"], dtype="M8[D]")),
    **{f"images {mode}": [picture(mode, seed=seed) for seed in (0, 1, 0)] for mode in ("1", "L", "RGB", "RGBA")},
}
OBJECT_LISTS = {
    "distinct though equal": [1, 1.0, True, np.int64(1), np.float32(1), "1", b"1", (1,), [1], np.array(1), np.ones(1)],
    "equal though unequal": [float("nan"), float("nan"), np.float64("nan"), -0.0, 0.0, 0, 0j, complex(0, -0.0), None],
    "large": [10**30, -(10**30), 10**5000],
    "nested": [{"a": [1, (2, {"b": b"\xff"})]}, {1: None, (1, 2): "t"}, [[], (), {}]],
    "bytes_": [np.bytes_(b"a\0"), np.bytes_(b"a"), np.str_("é")],
    "times of pandas": [
        pd.Timestamp("2018-03-29 12:00:00.123456789"),
        pd.Timestamp("2018-03-29", tz="Europe/Zurich"),
        pd.Timestamp("2018-03-29", tz="+01:00"),
        pd.Timedelta("1 day 3 ns"),
        pd.NaT,
        pd.NA,
    ],
    "ragged": [np.zeros(2), np.zeros(3), np.zeros((2, 0)), np.zeros(2, dtype="f4")],
    "images of many modes": [
        *(picture(mode) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "LA", "I;16")),
        *(picture(mode) for mode in ("F", "LAB", "La", "RGBa", "PA", "I;16B")),
        picture("L", size=(2, 2)),
    ],
}

FRAMES = {
    "numbers": pd.DataFrame({"a": [1, 2, 1], "b": [0.5, np.nan, 0.5], "c": [True, False, True]}),
    "times": pd.DataFrame({"t": pd.to_datetime(["2018", None, "2019"]), "d": pd.to_timedelta([1, 2, 3], unit="s")}),
    "small": pd.DataFrame({"a": np.array([1, 2], dtype=np.int8), "b": np.array([1j, 2], dtype=np.complex64)}),
    "twice the same name": pd.DataFrame(np.arange(6).reshape(3, 2), columns=["a", "a"]),
    "names that are no text": pd.DataFrame([[1.0, 2.0, 3.0]], columns=[0, (1, 2), None]),
    "names of two levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
    "without columns": pd.DataFrame(index=range(3)),
    "series": pd.Series([1.5, np.nan, -0.0], name="x"),
    "series of times": pd.Series(pd.to_datetime(["2018", None]), name=("a", 1)),
}
OBJECT_FRAMES = {
    "texts": pd.DataFrame({"a": ["x", None, "y"], "n": [1, 2, 3]}),
    "objects": pd.DataFrame({"a": pd.Series([1, "a", (1, 2)], dtype=object)}),
    "nullable": pd.DataFrame({"i": pd.array([1, None], dtype="Int8"), "b": pd.array([None, False], dtype="boolean")}),
    "with time zone": pd.DataFrame({"t": pd.to_datetime(["2018", None]).tz_localize("Europe/Zurich"), "n": [1.5, 2]}),
    "series of text": pd.Series(["a", None, "a"], name="s"),
    "series of nullables": pd.Series([1, None], dtype="Int64"),
}
UNSAVABLE = {  # what has no plain form
    "categories": pd.DataFrame({"c": pd.Categorical(["b", "a", "b"], categories=["b", "a", "z"], ordered=True)}),
    "series of categories": pd.Series(["a", "b"], dtype="category"),
    "periods": [pd.Period("2018-03"), pd.Interval(0, 1)],
    "a set": [{1, 2}, frozenset({1.0}), frozenset({1})],
    "texts of any length": np.array(["a" * 50, "b"], dtype=np.dtypes.StringDType()),
}

TUPLES = {"tuple of texts": ("a", "b", "a"), "tuple of ints": (1, 2)}

SAVABLE = [
    *((memory, name, X) for group in (ARRAYS, LISTS, FRAMES, TUPLES) for name, X in group.items() for memory in ANY),
    *(
        (memory, name, X)
        for group in (OBJECT_ARRAYS, OBJECT_LISTS, OBJECT_FRAMES)
        for name, X in group.items()
        for memory in OBJECTS
    ),
]
EVERYTHING = [*SAVABLE, *((memory, name, X) for name, X in UNSAVABLE.items() for memory in OBJECTS)]


def identical(a, b):
    """Whether two things are the same kind of thing with the same content, bit for bit. Independent of the package."""
    if isinstance(a, pd.DataFrame) and isinstance(b, pd.DataFrame):
        pd.testing.assert_frame_equal(a.reset_index(drop=True), b.reset_index(drop=True), check_exact=True)
        return True
    if isinstance(a, pd.Series) and isinstance(b, pd.Series):
        pd.testing.assert_series_equal(a.reset_index(drop=True), b.reset_index(drop=True), check_exact=True)
        return True
    if isinstance(a, Image.Image) and isinstance(b, Image.Image):
        same_palette = a.getpalette("RGBA") == b.getpalette("RGBA") if a.mode in ("P", "PA") else True
        return (a.mode, a.size, a.tobytes()) == (b.mode, b.size, b.tobytes()) and same_palette
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            return False
        if a.dtype.names:
            return all(identical(a[name], b[name]) for name in a.dtype.names)
        if a.dtype.hasobject or a.dtype.char in "gG":
            return identical(a.tolist(), b.tolist()) if a.dtype.hasobject else np.array_equal(a, b, equal_nan=True)
        return a.tobytes() == b.tobytes()
    if isinstance(a, np.void) and a.dtype.names:
        return all(identical(a[name], b[name]) for name in a.dtype.names)
    if isinstance(a, np.generic):
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return identical(list(a.items()), list(b.items()))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, complex):
        return identical((a.real, a.imag), (b.real, b.imag))
    if isinstance(a, pd.Timestamp | pd.Timedelta):
        return a == b and a.unit == b.unit and str(getattr(a, "tz", None)) == str(getattr(b, "tz", None))
    return a is b or a == b


def in_hash_order(X):
    """The positions of X in the order in which a hash-map recites it: by first sight, as often as seen."""
    items = [X.iloc[[i]] for i in range(len(X))] if isinstance(X, pd.DataFrame | pd.Series) else list(X)
    first = []
    for i, item in enumerate(items):
        first.append(next((j for j in range(i) if _equal(items[j], item)), i))
    return sorted(range(len(items)), key=lambda i: (first[i], i))


def _equal(a, b):
    try:
        return identical(a, b)
    except AssertionError:
        return False


def at(X, positions):
    """The examples at some positions, in a container of the same kind."""
    if isinstance(X, pd.DataFrame | pd.Series):
        return X.iloc[positions].reset_index(drop=True)
    return X[positions] if isinstance(X, np.ndarray) else type(X)(X[i] for i in positions)


def key(case):
    """An id for a case of SAVABLE or EVERYTHING."""
    return f"{case[0]}-{case[1]}"
