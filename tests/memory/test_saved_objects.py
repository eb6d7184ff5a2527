"""Python objects in a file of a memory: what comes back, and what is refused."""

import contextlib
import json
import pickle

import numpy as np
import pytest
from examples import identical
from forging import forge

from memgen_lite import MemGEN
from memgen_lite.memory import saved_objects
from memgen_lite.shared.array_file import DamagedFileError

NODES = [
    {"pandas": "read_pickle", "text": "PATH", "value": "PATH", "zone": ""},
    {"pandas": "Timestamp", "value": {"pandas": "read_pickle", "value": "PATH", "zone": ""}, "zone": ""},
    {"pandas": "Timestamp", "value": 1, "zone": "../../etc/passwd"},
    {"pandas": "io.pickle.read_pickle", "text": "PATH"},
    {"image": [0, 0], "mode": "L", "size": [10**6, 10**6], "palette": None, "transparency": None},
    {"image": [0, 0], "mode": "L", "size": [-1, 0], "palette": None, "transparency": None},
    {"image": [0, 0], "mode": "EVIL", "size": [1, 1], "palette": None, "transparency": None},
    {"image": [0, 0], "mode": "L", "size": [1, 1, 1], "palette": None, "transparency": None},
    {"array": [0, 0], "dtype": "<f8", "shape": [10**12]},
    {"array": [0, 0], "dtype": "<f8", "shape": [-1]},
    {"array": [0, 0], "dtype": "|O", "shape": [0]},
    {"scalar": [0, 0], "dtype": "|O", "shape": []},
    {"objects": [1, 2], "shape": [10**12]},
    {"bytes": [0, 10**9]},
    {"bytes": [-5, 2]},
    {"bytes": [5, -2]},
    {"bytes": [0.5, 1]},
    {"bytes": None},
    {"float": [0, 0]},
    {"text": [0, 1]},
    {"int": "zz"},
    {"eval": "print('pwned')"},
    {"pickle": [0, 1]},
    {},
    {"dict": [[{"list": []}, 1]]},
    {"dict": [1]},
    {"list": 5},
]


@pytest.mark.parametrize("node", NODES, ids=lambda node: json.dumps(node)[:60])
def test_a_forged_item_is_refused_and_nothing_unpickled(node, tmp_path):
    marker, trap = tmp_path / "pwned", tmp_path / "trap.pkl"
    trap.write_bytes(pickle.dumps(Trap(str(marker))))
    MemGEN(memory="list").fit(["a", b"\xff"]).save(tmp_path / "m")
    text = json.dumps([node, "b"]).replace("PATH", str(trap)).encode()
    forge(tmp_path / "m", lambda block: text, "items")
    with pytest.raises(DamagedFileError, match="damaged or was not written by this package"):
        MemGEN.load(tmp_path / "m")
    assert not marker.exists()
    with contextlib.suppress(Exception):  # that the trap works
        pickle.loads(trap.read_bytes())
    assert marker.exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_items_become_json_and_bytes_and_come_back():
    items = [None, True, 7, 2**64, "é", "\ud800", 1.5, 1j, b"\xff", [1], (2,), {"a": [b"b"]}, np.float16(2), np.eye(2)]
    blocks = saved_objects.encode(items)
    assert {block.dtype for block in blocks.values()} == {np.dtype(np.uint8)}
    assert identical(saved_objects.decode(blocks), items)
    assert identical(saved_objects.decode(saved_objects.encode([])), [])
