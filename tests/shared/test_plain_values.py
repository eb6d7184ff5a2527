"""Python objects as JSON and bytes: what comes back, and what is refused."""

import contextlib
import json
import pickle
import struct
from collections import OrderedDict
from enum import IntEnum

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from memgen_lite.shared import plain_values


class Rose(IntEnum):
    RED = 1


class Point:
    def __init__(self, x):
        self.x = x


def both_ways(items, more=None):
    return plain_values.decode(plain_values.encode(items, more), more)


ITEMS = [
    *(None, True, False, 7, -(2**63), 2**63, 10**5000, "", "é", "\ud800", "\ud83d\ude00", "😀"),
    *(1.5, -0.0, float("inf"), 5e-324, 1j, complex(-0.0, 0), b"", b"\xff\0"),
    *([1, [2]], (), (2, (3,)), {}, {"a": [b"b"], 1: None, (1, 2): "t"}),
    *(np.float16(2), np.True_, np.int64(-1), np.str_("é\ud800"), np.bytes_(b"a\0"), np.datetime64("NaT", "s")),
    *(pd.Timestamp("2018-03-29 12:00:00.123456789"), pd.Timestamp("2018", tz="Europe/Zurich"), pd.Timedelta("3 ns")),
]


def test_items_become_json_and_bytes_and_come_back():
    blocks = plain_values.encode(ITEMS)
    assert {block.dtype for block in blocks.values()} == {np.dtype(np.uint8)}
    assert len(json.loads(blocks["items"].tobytes())) == len(ITEMS)
    for item, again in zip(ITEMS, plain_values.decode(blocks), strict=True):
        assert type(again) is type(item)
        assert repr(again) == repr(item) if not isinstance(item, int) else again == item
    assert both_ways([]) == []


def test_missing_values_of_pandas_are_themselves():
    assert [one is other for one, other in zip(both_ways([pd.NaT, pd.NA]), [pd.NaT, pd.NA], strict=True)] == [True] * 2


def test_floats_keep_their_bits():
    for bits in (0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000123):
        (item,) = struct.unpack("<d", struct.pack("<Q", bits))
        assert struct.pack("<d", both_ways([item])[0]) == struct.pack("<d", item)


@pytest.mark.parametrize(
    "array",
    [
        np.array(1.5),
        np.arange(6, dtype=">i2").reshape(2, 3)[:, ::2],
        np.zeros((2, 0), dtype="<f4"),
        np.array(["2018", "NaT"], dtype="M8[ns]"),
        np.array([(1, 2.5)], dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.array([1, 1 / 3], dtype=np.longdouble),
        np.array([b"a", b"\xff\0c"]),
        np.empty(2, dtype="V0"),
    ],
    ids=str,
)
def test_arrays_and_their_scalars_keep_dtype_shape_and_bytes(array, tmp_path):
    (again,) = both_ways([array])
    assert (type(again), again.dtype, again.shape) == (np.ndarray, array.dtype, array.shape)
    assert again.tobytes() == array.tobytes()
    assert again.flags.writeable
    for item in array.ravel()[:2]:
        (again,) = both_ways([item])
        assert type(again) is type(item)
        assert (again.dtype, again.tobytes()) == (item.dtype, item.tobytes())


def test_a_memmap_comes_back_as_an_array(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(3))
    (again,) = both_ways([np.load(tmp_path / "x.npy", mmap_mode="r")])
    assert type(again) is np.ndarray and again.tolist() == [0, 1, 2]


def test_arrays_of_objects_keep_theirs():
    array = np.empty((2, 2), dtype=object)
    array[0, 0], array[0, 1], array[1, 0], array[1, 1] = [1], "a", np.eye(2), None
    (again,) = both_ways([array])
    assert again.shape == (2, 2) and again[0].tolist() == [[1], "a"] and again[1, 1] is None
    np.testing.assert_array_equal(again[1, 0], np.eye(2))


@pytest.mark.parametrize("mode", ["1", "L", "P", "PA", "RGBA", "I;16", "F"])
def test_images_keep_pixels_palette_and_transparent_color(mode):
    image = Image.new("RGB", (9, 3), (1, 2, 3)).quantize(4) if mode[0] == "P" else Image.new(mode, (9, 3), 1)
    image = image.convert(mode)
    image.info["transparency"] = 2
    (again,) = both_ways([image])
    assert (again.mode, again.size, again.tobytes(), again.info["transparency"]) == (mode, (9, 3), image.tobytes(), 2)
    assert mode[0] != "P" or again.getpalette("RGBA") == image.getpalette("RGBA")


@pytest.mark.parametrize(
    "item, kind",
    [
        (Point(1), "test_plain_values.Point"),
        (Rose.RED, "test_plain_values.Rose"),
        (OrderedDict(a=1), "collections.OrderedDict"),
        (np.ma.array([1], mask=[1]), "numpy.ma.*MaskedArray"),
        (np.zeros(1, dtype="i4,f4").view(np.recarray), "numpy.*recarray"),
        ({1}, "builtins.set"),
        (bytearray(b"a"), "builtins.bytearray"),
        (pd.Period("2018-03"), "pandas.*Period"),
        (len, "builtins.builtin_function_or_method"),
        (np.random.default_rng(), "numpy.random.*Generator"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_not_exactly_of_a_kind_in_the_table_is_refused(item, kind):
    with pytest.raises(TypeError, match=f"item 1 can't be saved: it holds a {kind}; save stores numbers, text, bytes"):
        plain_values.encode([0, [item]])


def test_what_goes_too_deep_is_refused():
    items = []
    items.append(items)
    with pytest.raises(TypeError, match="item 0 can't be saved: it is nested too deeply"):
        plain_values.encode([items])


def test_a_kind_of_ones_own_is_an_entry_more_and_only_with_it_read():
    def decode(node, coder):
        return Point(coder.item(node))

    more = {"test_plain_values.Point": (lambda point, coder: coder.node(point.x), decode)}
    ((one, two),) = both_ways([[Point([1.5]), Point(Point(None))]], more)
    assert (one.x, two.x.x) == ([1.5], None)
    with pytest.raises(ValueError, match=r"an object of the unknown kind 'test_plain_values\.Point'"):
        plain_values.decode(plain_values.encode([Point(1)], more))


ARRAY, TIME = {"bytes": [0, 0], "dtype": "<f8"}, {"value": 1, "zone": ""}
IMAGE = {"pixels": [0, 0], "mode": "L", "size": [0, 0], "palette": None, "transparency": None}
NODES = [
    {"pandas.read_pickle": {"value": "PATH", "zone": ""}},
    {"pandas.Timestamp": {"value": {"pandas.read_pickle": {"value": "PATH", "zone": ""}}, "zone": ""}},
    {"pandas.Timestamp": TIME | {"zone": "../../etc/passwd"}},
    {"pandas.io.pickle.read_pickle": "PATH"},
    {"PIL.Image": IMAGE | {"size": [10**6, 10**6]}},
    {"PIL.Image": IMAGE | {"size": [-1, 0]}},
    {"PIL.Image": IMAGE | {"mode": "EVIL", "size": [1, 1]}},
    {"PIL.Image": IMAGE | {"size": [1, 1, 1]}},
    {"numpy.ndarray": ARRAY | {"shape": [10**12]}},
    {"numpy.ndarray": ARRAY | {"shape": [-1]}},
    {"numpy.ndarray": ARRAY | {"dtype": "|O", "shape": [0]}},
    {"numpy.generic": ARRAY | {"dtype": "|O", "shape": []}},
    {"numpy.ndarray": {"objects": [1, 2], "shape": [10**12]}},
    {"numpy.ndarray": {"objects": None, "shape": [1]}},
    {"bytes": [0, 10**9]},
    {"bytes": [-5, 2]},
    {"bytes": [5, -2]},
    {"bytes": [0.5, 1]},
    {"bytes": None},
    {"float": [0, 0]},
    {"str": [0, 1]},
    {"int": "zz"},
    {"eval": "print('pwned')"},
    {"pickle": [0, 1]},
    {},
    {"int": "0x1", "list": []},
    {"dict": [[{"list": []}, 1]]},
    {"dict": [1]},
    {"list": 5},
    {"sklearn.PCA": {"dict": []}},
    1.5,
    [0],
]


@pytest.mark.parametrize("node", NODES, ids=lambda node: json.dumps(node)[:60])
def test_a_forged_node_is_refused_and_nothing_unpickled(node, tmp_path):
    marker, trap = tmp_path / "pwned", tmp_path / "trap.pkl"
    trap.write_bytes(pickle.dumps(Trap(str(marker))))
    text = json.dumps([node, "b"]).replace("PATH", str(trap)).encode()
    blocks = {"items": np.frombuffer(text, dtype=np.uint8), "blob": np.frombuffer(b"\xff", dtype=np.uint8)}
    with pytest.raises(Exception) as caught:
        plain_values.decode(blocks)
    assert not isinstance(caught.value, OSError | MemoryError)
    assert not marker.exists()
    with contextlib.suppress(Exception):  # that the trap works
        pickle.loads(trap.read_bytes())
    assert marker.exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")
