"""Saving and loading: round trips, and every kind of damage, malice and crash."""

import contextlib
import copy
import hashlib
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import examples
import numpy as np
import pandas as pd
import pytest
from dateutil.tz import gettz
from examples import ANY, SAVABLE, UNSAVABLE, identical
from hypothesis import given, settings
from hypothesis import strategies as st
from test_memgen import anything, arrays, columns

from memgen_lite import MemGEN
from memgen_lite.memory import saved_objects, saving
from memgen_lite.shared import array_file
from memgen_lite.shared.array_file import MAGIC, PAGE, PREFIX, DamagedFileError

ROSES = ["rose", "is", "a", "rose"]
EIGHT = len(MAGIC)
quick = settings(deadline=None, max_examples=40, derandomize=True, database=None)


# Round trips


@pytest.mark.parametrize("case", SAVABLE, ids=examples.key)
def test_a_saved_memory_comes_back_bit_for_bit(case, tmp_path):
    memory, _, X = case
    y = [i % 2 for i in range(len(X))]
    model = MemGEN(memory=memory, random_state=1).fit(X, y)
    model.save(tmp_path / "m")
    for mmap in (False, True):
        loaded = MemGEN.load(tmp_path / "m", mmap=mmap)
        assert identical(loaded.recite(), model.recite())
        assert identical(loaded.sample(5), MemGEN(memory=memory, random_state=1).fit(X, y).sample(5))
        assert loaded.classes_ == model.classes_
        for label in model.classes_:
            drawn = [one.sample(4, label, random_state=2) for one in (model, loaded)]
            assert identical(*drawn)
        assert np.array_equal(loaded.score_samples(X), model.score_samples(X))
        for name in ("n_features_in_", "feature_names_in_"):
            assert np.array_equal(getattr(loaded, name, None), getattr(model, name, None))
        assert identical(loaded.partial_fit(X, y).recite(), copy.deepcopy(model).partial_fit(X, y).recite())
        loaded.save(tmp_path / "again")
        assert len(MemGEN.load(tmp_path / "again")) == 2 * len(X)


@pytest.mark.parametrize("memory", ["list", "hash"])
@quick
@given(X=st.lists(anything(), min_size=1, max_size=5) | columns() | arrays())
def test_anything_comes_back_from_its_file(memory, X, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    model = MemGEN(memory=memory, random_state=0).fit(X)
    model.save(path)
    assert identical(MemGEN.load(path).recite(), model.recite())


@quick
@given(X=arrays(), mmap=st.booleans())
def test_any_array_comes_back_from_its_file(X, mmap, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any_array"
    MemGEN(random_state=0).fit(X).save(path)
    assert identical(MemGEN.load(path, mmap=mmap).recite(), X)


@pytest.mark.parametrize("memory", ANY)
@pytest.mark.parametrize(
    "labels",
    [
        list("bab"),
        [2**70, -1, 2**70],
        [True, 0, True],
        [1.5, -0.0, 1.5],
        [("a", 1), b"\xff", ("a", 1)],
        "\ud83d\ude00\ud83d",
    ],
    ids=repr,
)
def test_labels_come_back(memory, labels, tmp_path):
    model = MemGEN(memory=memory, random_state=0).fit(["x", "y", "x"], list(labels))
    model.save(tmp_path / "m")
    loaded = MemGEN.load(tmp_path / "m")
    assert loaded.classes_ == model.classes_
    assert list(map(type, loaded.classes_)) == list(map(type, model.classes_))
    assert set(loaded.sample(9, labels[0])) == set(model.sample(9, labels[0]))


def test_times_are_labels_too(tmp_path):
    MemGEN().fit([1, 2], np.array(["2018", "2019"], dtype="M8[ns]")).save(tmp_path / "m")
    assert MemGEN.load(tmp_path / "m").sample(1, pd.Timestamp("2018")) == [1]


@pytest.mark.parametrize("memory", ANY)
def test_the_same_memory_makes_the_same_bytes(memory, tmp_path):
    for name in "ab":
        MemGEN(memory=memory, random_state=0).fit(ROSES, [1, 2, 1, 1]).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_rows_and_growth_make_the_same_bytes(tmp_path):
    X = np.arange(600.0).reshape(100, 6)
    MemGEN(random_state=0).fit(X).save(tmp_path / "whole")
    grown = MemGEN(random_state=0)
    for row in X:
        grown.partial_fit(row[None])
    grown.save(tmp_path / "grown")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "grown").read_bytes()


def test_blocks_begin_at_pages_and_hold_the_bytes_of_the_array(tmp_path):
    X = np.arange(2000.0)
    MemGEN().fit(X).save(tmp_path / "m")
    data = (tmp_path / "m").read_bytes()
    assert len(data) % PAGE == 0
    assert data[PAGE : PAGE + X.nbytes] == X.tobytes()


def test_a_large_array_is_written_and_verified_in_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(array_file, "CHUNK", 1000)
    X = np.random.default_rng(0).normal(size=(300, 7))
    MemGEN().fit(X).save(tmp_path / "m")
    assert identical(MemGEN.load(tmp_path / "m").recite(), X)
    with damaged(tmp_path / "m", PAGE + 10_000):
        refused(tmp_path / "m", "block 'rows' does not have the checksum")


def test_a_seed_is_saved_and_other_random_states_are_not(tmp_path):
    MemGEN(random_state=np.int64(7)).fit(ROSES).save(tmp_path / "m")
    assert MemGEN.load(tmp_path / "m").random_state == 7
    model = MemGEN(random_state=np.random.default_rng(0)).fit(ROSES)
    with pytest.warns(UserWarning, match="random_state is a Generator, which is not saved: it loads as None"):
        model.save(tmp_path / "m")
    assert MemGEN.load(tmp_path / "m").random_state is None


def test_a_subclass_loads_as_itself(tmp_path):
    class Parrot(MemGEN):
        pass

    Parrot().fit(ROSES).save(tmp_path / "m")
    assert type(Parrot.load(tmp_path / "m")) is Parrot


class Unknown:
    pass


def recursive():
    items = [1]
    items.append(items)
    return [items]


UNPLAIN = [
    ([1, Unknown()], "item 1 can't be saved: it holds a test_saving.Unknown; save stores numbers, text, bytes"),
    ([["deep", {"er": Unknown()}]], "item 0 can't be saved: it holds a test_saving.Unknown"),
    ([np.ma.array([1, 2], mask=[0, 1])], "item 0 can't be saved: it holds a numpy.ma.*MaskedArray"),
    ([np.array([Unknown()])], "item 0 can't be saved: it holds a test_saving.Unknown"),
    ([np.array([(1,)], dtype=[("a", object)])], "item 0 can't be saved: save stores plain values, got an array"),
    (recursive(), "item 0 can't be saved: it is nested too deeply"),
    ([pd.Timestamp("2018", tz=gettz("Europe/Zurich"))], "item 0 can't be saved: it holds a time in .*, which is not"),
    (UNSAVABLE["a set"], "item 0 can't be saved: it holds a builtins.set"),
    (UNSAVABLE["periods"], "item 0 can't be saved: it holds a pandas.*Period"),
    (UNSAVABLE["categories"], "X has a column of dtype category, which has no plain form to be saved in"),
    (UNSAVABLE["series of categories"], "X has a column of dtype category"),
    (UNSAVABLE["texts of any length"], "save stores plain values, got an array of dtype StringDType"),
]


@pytest.mark.parametrize("X, message", UNPLAIN, ids=[message[:50] for _, message in UNPLAIN])
def test_what_has_no_plain_form_is_refused_and_the_old_file_stays(X, message, tmp_path):
    path = tmp_path / "m"
    MemGEN().fit(ROSES).save(path)
    before = path.read_bytes()
    with pytest.raises(TypeError, match=message):
        MemGEN(memory="list").fit(X).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m"]


def test_labels_without_a_plain_form_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"of the labels, item 0 can't be saved: it holds a builtins\.frozenset"):
        MemGEN().fit([1], [frozenset()]).save(tmp_path / "m")


# Damage


@contextlib.contextmanager
def damaged(path, position):
    """One bit of a file is turned, and turned back again."""
    with open(path, "r+b", buffering=0) as file:
        file.seek(position)
        intact = file.read(1)[0]
        for value in (intact ^ (1 << position % 8), intact):
            file.seek(position)
            file.write(bytes([value]))
            if value != intact:
                yield


@pytest.fixture(params=ANY)
def saved(request, tmp_path):
    MemGEN(memory=request.param, random_state=0).fit(["rose", "is", "a", "rosé"], [0, 1, 0, 0]).save(tmp_path / "m")
    return tmp_path / "m"


def refused(path, match="MemGEN file|damaged|cut off|added to", **how):
    with pytest.raises(DamagedFileError, match=match) as caught:
        MemGEN.load(path, **how)
    assert isinstance(caught.value, ValueError)
    assert str(path) in str(caught.value)


def test_every_byte_of_the_header_is_guarded_even_unverified(saved):
    text = len(saved.read_bytes()[:PAGE].rstrip())
    for position in (*range(text), *range(text, PAGE, 101)):
        with damaged(saved, position):
            refused(saved, verify=False, mmap=bool(position % 2))
    assert len(MemGEN.load(saved)) == 4


def test_every_byte_of_the_data_is_guarded(saved):
    size = saved.stat().st_size
    positions = {position for block in range(PAGE, size, PAGE) for position in range(block, block + 30)}
    for position in sorted(positions | {*range(PAGE, size, 199), size - 1}):
        with damaged(saved, position):
            refused(saved, "does not have the checksum that it was written with", mmap=bool(position % 2))
    assert len(MemGEN.load(saved)) == 4


def test_a_file_that_is_cut_off_anywhere_is_refused_even_unverified(saved):
    intact = saved.read_bytes()
    lengths = {*range(120), *range(0, len(intact), 211), PAGE - 1, PAGE, PAGE + 1, len(intact) - PAGE, len(intact) - 1}
    for length in sorted(lengths):
        saved.write_bytes(intact[:length])
        for verify in (True, False):
            refused(saved, verify=verify)


def test_a_file_that_was_added_to_is_refused(saved):
    saved.write_bytes(saved.read_bytes() + b"\0")
    refused(saved, "has been added to: it has [0-9,]+ bytes where", verify=False)


def test_random_damage_is_refused(saved):
    rng = random.Random(0)
    intact = saved.read_bytes()
    for _ in range(150):
        data = bytearray(intact)
        start = rng.randrange(len(data))
        noise = rng.randbytes(rng.choice([1, 2, 50, 5000]))
        match rng.randrange(3):
            case 0:
                data[start : start + len(noise)] = noise[: len(data) - start]
            case 1:
                del data[start : start + len(noise)]
            case _:
                data[start:start] = noise
        if data != intact:
            saved.write_bytes(data)
            refused(saved)


def test_files_of_others_are_refused(tmp_path):
    path = tmp_path / "m"
    noise = random.Random(0).randbytes(9000)
    for content in (
        b"",
        b"\x89PNG\r\n",
        pickle.dumps(MemGEN().fit(ROSES)),
        b"MEMGEN",
        MAGIC,
        MAGIC + bytes(100),
        noise,
    ):
        path.write_bytes(content)
        refused(path, "is not a MemGEN file: it does not begin with|its header is cut off or altered")
    np.save(path.with_suffix(".npy"), np.eye(3))
    refused(path.with_suffix(".npy"), "is not a MemGEN file")
    with pytest.raises(OSError, match=r"directory|denied"):
        MemGEN.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        MemGEN.load(tmp_path / "nowhere")


def test_unverified_damage_of_the_data_goes_unnoticed_as_asked(tmp_path):
    path = tmp_path / "m"
    MemGEN().fit(np.arange(3.0)).save(path)
    with damaged(path, PAGE):
        assert MemGEN.load(path, verify=False).recite()[0] != 0
        refused(path, "block 'rows'")


# Malice: files whose checksums are right


def forge(path, change, block=None):
    """Rewrite the header, or one block, of a file and all its checksums: what an attacker can do."""
    data = path.read_bytes()
    length = int.from_bytes(data[EIGHT : EIGHT + 8], "little")
    header, body = json.loads(data[PREFIX : PREFIX + length]), data[PREFIX + length :]
    if block is None:
        header = change(header) or header
    else:
        blocks = {}
        for name, entry in header["blocks"].items():
            blocks[name] = body[entry["offset"] : entry["offset"] + entry["bytes"]]
        blocks[block] = change(blocks[block])
        body = b""
        for name, content in blocks.items():
            entry = header["blocks"][name]
            if name == block:
                row = max(1, entry["bytes"] // max(1, entry["shape"][0]))
                entry["shape"] = [len(content) // row, *entry["shape"][1:]]
            padded = content.ljust(-(-len(content) // PAGE) * PAGE, b"\0")
            entry.update(offset=len(body), bytes=len(content), sha256=hashlib.sha256(padded).hexdigest())
            body += padded
    text = json.dumps(header).encode()
    text = text.ljust(-(-(PREFIX + len(text)) // PAGE) * PAGE - PREFIX)
    path.write_bytes(MAGIC + len(text).to_bytes(8, "little") + hashlib.sha256(text).digest() + text + body)


@pytest.fixture
def rows(tmp_path):
    MemGEN(random_state=0).fit(np.arange(12.0).reshape(6, 2), [0, 1, 0, 1, 0, 1]).save(tmp_path / "rows")
    return tmp_path / "rows"


def test_a_forged_file_without_changes_loads(rows, saved):
    forge(rows, lambda header: None)
    forge(saved, lambda block: block, "label_items")
    assert len(MemGEN.load(rows)) == 6
    assert len(MemGEN.load(saved)) == 4


def put(*keys_and_value):
    *keys, last, value = keys_and_value

    def change(header):
        for key in keys:
            header = header[key]
        header[last] = value

    return change


def drop(*keys):
    def change(header):
        for key in keys[:-1]:
            header = header[key]
        del header[keys[-1]]

    return change


ROWS = ("blocks", "rows")
MALICE = {
    "another version": (put("version", 2), "has format version 2; this package reads version 1"),
    "a version that is no number": (put("version", None), "has format version None"),
    "no object": (lambda header: [1], "damaged or was not written by this package"),
    "a number": (lambda header: 7, "damaged"),
    **{f"no {key}": (drop(key), "KeyError") for key in ("version", "blocks", "content")},
    **{f"no {key} of a block": (drop(*ROWS, key), "KeyError") for key in ("dtype", "shape", "offset", "bytes")},
    "no sha256 of a block": (drop(*ROWS, "sha256"), "KeyError"),
    "a negative offset": (put(*ROWS, "offset", -PAGE), "is not where, or as large as, it should be"),
    "an offset beyond the file": (put(*ROWS, "offset", 10**30), "is not where"),
    "an offset of text": (put(*ROWS, "offset", "0"), "is not where"),
    "two blocks in one place": (put("blocks", "label_codes", "offset", 0), "'label_codes' is not where"),
    "gigantic": (put(*ROWS, "shape", [10**12, 10**6]), "is not where, or as large as"),
    "gigantic, consistently": (
        lambda header: header["blocks"]["rows"].update(shape=[10**12, 2], bytes=10**12 * 16),
        "is not where|is cut off",
    ),
    "gigantic and empty": (lambda header: header["blocks"]["rows"].update(shape=[10**18, 0], bytes=0), "is not where"),
    "overflowing": (put(*ROWS, "shape", [2**32, 2**32]), "is not where, or as large as"),
    "overflowing to what is right": (put(*ROWS, "shape", [2**64 + 6, 2]), "is not where, or as large as"),
    "of negative shape": (put(*ROWS, "shape", [-6, -2]), "has sizes that are no sizes"),
    "of broken shape": (put(*ROWS, "shape", [6.0, 2]), "has sizes that are no sizes"),
    "of true shape": (put(*ROWS, "shape", [True, True]), "has sizes that are no sizes"),
    "of no shape": (put(*ROWS, "shape", None), "TypeError"),
    "of text for a shape": (put(*ROWS, "shape", "62"), "has sizes that are no sizes"),
    "of other sizes": (put(*ROWS, "shape", [6, 3]), "is not where, or as large as"),
    "of fewer bytes": (put(*ROWS, "bytes", 8), "is not where, or as large as"),
    "of negative bytes": (put(*ROWS, "bytes", -96), "has sizes that are no sizes"),
    "of objects": (put(*ROWS, "dtype", "|O"), "save stores plain values, got an array of dtype object"),
    "of hidden objects": (put(*ROWS, "dtype", [["a", "|O"]]), "save stores plain values"),
    "of more hidden objects": (put(*ROWS, "dtype", [["a", [["b", "|O"]], [1]]]), "save stores plain values"),
    "of objects by another name": (put(*ROWS, "dtype", "O,O"), "save stores plain values"),
    "of strings with pointers": (put(*ROWS, "dtype", "T"), "save stores plain values"),
    "of no dtype": (put(*ROWS, "dtype", "nonsense"), "TypeError"),
    "of a number for a dtype": (put(*ROWS, "dtype", 7), "damaged"),
    "of another dtype": (put(*ROWS, "dtype", "<i8"), "what it says does not fit together"),
    "of a dtype of nothing": (lambda header: header["blocks"]["rows"].update(dtype="|V0", bytes=0), "damaged|cut off"),
    "another container": (put("content", "container", "kind", "pickle"), "does not fit together"),
    "a container of another dtype": (put("content", "container", "dtype", "<i8"), "does not fit together"),
    "a container of no dtype": (put("content", "container", "dtype", None), "does not fit together"),
    "a container of another shape": (put("content", "container", "shape", [3]), "does not fit together"),
    "a container of a broken shape": (put("content", "container", "shape", [2.5]), "does not fit together"),
    "a frame without columns": (put("content", "container", "kind", "frame"), "damaged"),
    "a series of nonsense": (put("content", "container", "dtypes", "nonsense"), "damaged"),
    "columns that are no JSON": (put("content", "container", "columns", "items", "5b"), "JSONDecodeError"),
    "columns that are no bytes": (put("content", "container", "columns", "items", "xy"), "ValueError"),
    "an unknown memory": (put("content", "memory", "pickle"), "KeyError"),
    "an unhashable memory": (put("content", "memory", []), "TypeError"),
    "an unknown codec": (put("content", "codec", "pickle"), "does not fit together"),
    "a codec of images": (put("content", "codec", "image:L"), "damaged"),
    "a codec of text": (put("content", "codec", "text"), "KeyError"),
    "another list of blocks": (put("blocks", {}), "is cut off|has been added to"),
    "a negative seed": (put("content", "random_state", -1), "does not fit together"),
    "a seed of text": (put("content", "random_state", "0"), "does not fit together"),
    "no labels where some are": (put("content", "labels", 5), None),
    "deep": (put("content", "labels", json.loads("[" * 500 + "]" * 500)), None),
}


@pytest.mark.parametrize("name", MALICE)
@pytest.mark.parametrize("mmap", [False, True])
def test_a_forged_header_is_refused(name, mmap, rows):
    change, message = MALICE[name]
    forge(rows, change)
    for verify in (True, False):
        if message is None:
            assert len(MemGEN.load(rows, mmap=mmap, verify=verify)) == 6
        elif "sha256" not in name or verify:
            refused(rows, message, mmap=mmap, verify=verify)


def test_a_header_of_numbers_too_long_or_nested_too_deeply_is_refused(rows):
    for text in (b"9" * 10_000, b"[" * 100_000, b"\xff\xfe", b"NaN"):
        text = text.ljust(-(-(PREFIX + len(text)) // PAGE) * PAGE - PREFIX)
        rows.write_bytes(MAGIC + len(text).to_bytes(8, "little") + hashlib.sha256(text).digest() + text)
        refused(rows, "damaged or was not written by this package")


def int64(*values):
    return np.array(values, dtype=np.int64).tobytes()


BLOCKS = [
    ("array", "ends", lambda block: int64(4, 2, 7, 12), "does not fit together"),
    ("array", "ends", lambda block: int64(-4, 6, 7, 12), "does not fit together"),
    ("array", "ends", lambda block: int64(4, 6, 7, 10**15), "does not fit together"),
    ("array", "ends", lambda block: int64(4, 6, 7, 9), "does not fit together"),
    ("array", "ends", lambda block: b"", "does not fit together"),
    ("array", "label_codes", lambda block: int64(0, 1, 0), "does not fit together"),
    ("array", "label_codes", lambda block: int64(0, 1, 0, -1), "does not fit together"),
    ("array", "label_codes", lambda block: int64(0, 1, 0, 2), "IndexError"),
    ("array", "label_items", lambda block: b'[{"list": []}, 1]', "TypeError"),
    ("array", "label_items", lambda block: b"[[0], 1]", "damaged"),
    ("array", "label_items", lambda block: b"[1.5, 1]", "damaged"),
    ("array", "data", lambda block: block + b"!", "does not fit together"),
    ("hash", "counts", lambda block: int64(1, 1, 1), "ValueError"),
    ("hash", "counts", lambda block: int64(1, 1, 1, 0), "does not fit together"),
    ("hash", "counts", lambda block: int64(1, 1, 1, -5), "does not fit together"),
    ("hash", "counts", lambda block: int64(*[2**62] * 4), "does not fit together"),
    ("hash", "counts", lambda block: int64(1, 1, 1, 2), "does not fit together"),
    ("hash", "items", lambda block: b'["a", "a", "b", "c"]', "ValueError"),
    ("hash", "label_pairs", lambda block: int64(0, 0, 1, 1, 1, 1), "does not fit together"),
    ("hash", "label_pairs", lambda block: int64(0, -1, 1), "does not fit together"),
    ("hash", "label_pairs", lambda block: int64(0, 9, 1), "IndexError"),
    ("hash", "label_pairs", lambda block: int64(0, 0, 1, 1, 1, 1, 0, 2, 1, 0, 3, -1), "does not fit together"),
    ("list", "items", lambda block: b'["a", "b", "c"]', "does not fit together"),
    ("list", "items", lambda block: b'{"a": 1}', "damaged"),
    ("list", "items", lambda block: b"7", "damaged"),
    ("list", "items", lambda block: b"[", "JSONDecodeError"),
    ("list", "items", lambda block: b"", "JSONDecodeError"),
    ("list", "items", lambda block: b"[" * 100_000, "RecursionError"),
]


@pytest.mark.parametrize("saved, name, change, message", BLOCKS, indirect=["saved"])
def test_a_forged_block_is_refused(saved, name, change, message):
    forge(saved, change, name)
    refused(saved, message)


def test_a_memory_of_nothing_is_refused(tmp_path):
    path = tmp_path / "m"
    MemGEN(memory="list").fit(["a"]).save(path)
    forge(path, lambda block: b"[]", "items")
    refused(path, "IndexError")
    MemGEN(memory="list").fit(np.ones((4, 2))).save(path)
    forge(path, lambda block: b"", "rows")
    refused(path, "does not fit together")


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
    refused(tmp_path / "m", "damaged or was not written by this package")
    assert not marker.exists()
    with contextlib.suppress(Exception):  # that the trap works
        pickle.loads(trap.read_bytes())
    assert marker.exists()


class Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


LEAVES = [None, True, 0, -1, 1, 2, 10**20, 1.5, "", "rose", "|O", "<f8", [], {}, [0, 0], "rows", "frame", "text"]


def places(tree, path=()):
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@pytest.mark.parametrize("memory", ANY)
@pytest.mark.parametrize(
    "X", [ROSES, np.arange(6.0).reshape(3, 2), examples.FRAMES["numbers"]], ids=["text", "rows", "frame"]
)
def test_whatever_a_header_says_a_load_works_or_is_refused(memory, X, tmp_path):
    """Every place of the header gets every one of some values, with checksums that are right."""
    path = tmp_path / "m"
    MemGEN(memory=memory, random_state=0).fit(X, [0, 1, *[0] * (len(X) - 2)]).save(path)
    intact = path.read_bytes()
    length = int.from_bytes(intact[EIGHT : EIGHT + 8], "little")
    rng = random.Random(0)
    loaded = 0
    for place in places(json.loads(intact[PREFIX : PREFIX + length])):
        for leaf in [*rng.sample(LEAVES, 4), drop]:
            path.write_bytes(intact)
            with contextlib.suppress(TypeError):  # no key of a list can be dropped by name
                forge(path, drop(*place) if leaf is drop else put(*place, leaf))
            try:
                model = MemGEN.load(path, verify=False, mmap=rng.random() < 0.5)
            except DamagedFileError:
                continue
            loaded += 1
            assert len(model.sample(3)) == 3
            assert len(model.recite()) == len(model)
    assert loaded  # some changes, such as of the seed, are no damage


def test_out_of_memory_is_not_called_damage(rows, monkeypatch):
    def no_room(*args):
        raise MemoryError

    monkeypatch.setattr(saving, "_load_labels", no_room)
    with pytest.raises(MemoryError):
        MemGEN.load(rows)


def test_a_file_that_shrinks_while_it_is_read_is_refused(rows, monkeypatch):
    read_block = array_file._block

    def shrink(*args):
        os.truncate(rows, PAGE)
        return read_block(*args)

    monkeypatch.setattr(array_file, "_block", shrink)
    refused(rows, "was cut off while it was read")


# Crashes


def test_an_error_half_way_leaves_the_old_file_and_nothing_else(rows, monkeypatch):
    before = rows.read_bytes()
    chunks = array_file._chunks

    for error in (OSError("disk full"), KeyboardInterrupt()):

        def fail(parts, error=error):
            yield next(chunks(parts))
            raise error

        monkeypatch.setattr(array_file, "_chunks", fail)
        with pytest.raises(type(error)):
            MemGEN().fit(ROSES).save(rows)
        assert rows.read_bytes() == before
        assert os.listdir(rows.parent) == [rows.name]


KILLED = """
import sys, time
import numpy as np
from memgen_lite import MemGEN
from memgen_lite.shared import array_file
chunks = array_file._chunks
def hang(parts):
    yield next(chunks(parts))
    print("half", flush=True)
    time.sleep(600)
array_file._chunks = hang
MemGEN().fit(np.ones((1000, 100))).save(sys.argv[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
@pytest.mark.parametrize("before", [True, False])
def test_a_process_killed_half_way_leaves_the_old_file_or_none(tmp_path, before):
    path = tmp_path / "m"
    if before:
        MemGEN().fit(ROSES).save(path)
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "half\n"
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    leftovers = sorted(name for name in os.listdir(tmp_path) if name != "m")
    assert len(leftovers) == 1
    assert leftovers[0].startswith(".m.")
    assert leftovers[0].endswith(".part")
    assert path.exists() == before
    if before:
        assert MemGEN.load(path).recite() == ROSES
    MemGEN().fit(["after"]).save(path)
    assert MemGEN.load(path).recite() == ["after"]


def test_saves_at_once_leave_one_of_them_whole(tmp_path):
    path = tmp_path / "m"
    models = [MemGEN().fit(np.full((50 * (i + 1), 40), float(i))) for i in range(4)]
    models[0].save(path)
    errors, stop = [], threading.Event()

    def save(model):
        try:
            for _ in range(6):
                model.save(path)
        except BaseException as error:  # pragma: no cover - a thread's error would be lost
            errors.append(error)

    def load():
        try:
            while not stop.is_set():
                rows = MemGEN.load(path).recite()
                assert (rows == rows[0, 0]).all()
                assert len(rows) == 50 * (rows[0, 0] + 1)
        except BaseException as error:  # pragma: no cover
            errors.append(error)

    reader = threading.Thread(target=load)
    writers = [threading.Thread(target=save, args=[model]) for model in models]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    reader.join()
    assert not errors
    assert os.listdir(tmp_path) == ["m"]


def test_no_file_of_the_package_imports_pickle():
    for path in Path(array_file.__file__).parent.rglob("*.py"):
        assert "import pickle" not in path.read_text(), path
        assert "allow_pickle=True" not in path.read_text(), path


# The parts


def test_items_become_json_and_bytes_and_come_back():
    items = [None, True, 7, 2**64, "é", "\ud800", 1.5, 1j, b"\xff", [1], (2,), {"a": [b"b"]}, np.float16(2), np.eye(2)]
    blocks = saved_objects.encode(items)
    assert {block.dtype for block in blocks.values()} == {np.dtype(np.uint8)}
    assert identical(saved_objects.decode(blocks), items)
    assert identical(saved_objects.decode(saved_objects.encode([])), [])


def test_arrays_that_come_back_from_a_file_can_be_written_to(tmp_path):
    MemGEN(memory="list").fit([np.zeros(2), np.zeros(3)]).save(tmp_path / "m")
    MemGEN.load(tmp_path / "m").recite()[0][0] = 1


def test_a_transparent_color_comes_back(tmp_path):
    image = examples.picture("RGB").quantize(4)
    image.info["transparency"] = 2
    other = image.copy()
    other.info["transparency"] = 1
    model = MemGEN(memory="hash").fit([image, other])
    model.save(tmp_path / "m")
    assert [image.info["transparency"] for image in MemGEN.load(tmp_path / "m").recite()] == [2, 1]
    assert identical(MemGEN.load(tmp_path / "m").recite()[0].convert("RGBA"), image.convert("RGBA"))


@pytest.mark.parametrize(
    "dtype", ["<f8", ">i2", "<M8[ns]", "|S3", "<U2", "|V3", "?", "i4,(2,3)f8", np.dtype("i1,f8", align=True)], ids=str
)
def test_a_dtype_becomes_json_and_comes_back(dtype):
    dtype = np.dtype(dtype)
    assert array_file.dtype_of(json.loads(json.dumps(array_file.describe(dtype)))) == dtype
    titled = np.dtype([(("title", "name"), "i4")])
    assert array_file.dtype_of(json.loads(json.dumps(array_file.describe(titled)))) == titled
