"""Saving and loading: round trips, and every kind of damage, malice and crash."""

import contextlib
import copy
import json
import os
import pickle
import random

import examples
import numpy as np
import pandas as pd
import pytest
from dateutil.tz import tzoffset
from examples import ANY, SAVABLE, UNSAVABLE, identical
from forging import damaged, drop, forge, opened, put
from hypothesis import given, settings
from hypothesis import strategies as st
from test_memgen import anything, arrays, columns

from memgen_lite import MemGEN
from memgen_lite.memory import saving
from memgen_lite.shared import array_file
from memgen_lite.shared.array_file import DamagedFileError

ROSES = ["rose", "is", "a", "rose"]
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
    ([pd.Timestamp("2018", tz=tzoffset("odd", 3600))], "item 0 can't be saved: it holds a time in .*, which is not"),
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


@pytest.fixture(params=ANY)
def saved(request, tmp_path):
    MemGEN(memory=request.param, random_state=0).fit(["rose", "is", "a", "rosé"], [0, 1, 0, 0]).save(tmp_path / "m")
    return tmp_path / "m"


def refused(path, match="MemGEN file|damaged|cut off|added to", **how):
    with pytest.raises(DamagedFileError, match=match) as caught:
        MemGEN.load(path, **how)
    assert isinstance(caught.value, ValueError)
    assert str(path) in str(caught.value)


def test_a_file_that_is_cut_off_anywhere_is_refused_even_unverified(saved):
    intact = saved.read_bytes()
    for length in (*range(0, len(intact), 53), len(intact) - 1):
        saved.write_bytes(intact[:length])
        for verify in (True, False):
            refused(saved, verify=verify)


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
    for content in (b"", b"\x89PNG\r\n", pickle.dumps(MemGEN().fit(ROSES)), b"MEMGEN", b"PK\3\4", noise):
        path.write_bytes(content)
        refused(path, "is not a MemGEN file, or is cut off: it does not end as an archive does")
    for save in (np.save, np.savez):
        with open(path, "wb") as file:
            save(file, np.eye(3))
        refused(path, "is not a MemGEN file")
    array_file.write(path, {"a": 1}, {"rows": np.eye(3)})
    refused(path, "was not written by this package \\(KeyError: 'memory'\\)")
    with pytest.raises(OSError, match=r"a folder"):
        MemGEN.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        MemGEN.load(tmp_path / "nowhere")


def test_unverified_damage_of_the_data_goes_unnoticed_as_asked(tmp_path):
    path = tmp_path / "m"
    MemGEN().fit(np.arange(3.0)).save(path)
    with damaged(path, path.read_bytes().index(np.arange(3.0).tobytes())):
        assert MemGEN.load(path, verify=False).recite()[0] != 0
        refused(path, "block 'rows'")


# Malice: files whose checksums are right


@pytest.fixture
def rows(tmp_path):
    MemGEN(random_state=0).fit(np.arange(12.0).reshape(6, 2), [0, 1, 0, 1, 0, 1]).save(tmp_path / "rows")
    return tmp_path / "rows"


def test_a_forged_file_without_changes_loads(rows, saved):
    forge(rows, lambda header: None)
    forge(saved, lambda block: block, "label_items")
    assert len(MemGEN.load(rows)) == 6
    assert len(MemGEN.load(saved)) == 4


MALICE = {
    "of another dtype": (put("blocks", "rows", "dtype", "<i8"), "what it says does not fit together"),
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
        else:
            refused(rows, message, mmap=mmap, verify=verify)


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
    refused(path, "the memory holds nothing")
    MemGEN(memory="list").fit(np.ones((4, 2))).save(path)
    forge(path, lambda block: b"", "rows")
    refused(path, "does not fit together")


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
    rng = random.Random(0)
    loaded = 0
    for place in places(opened(path)[0]):
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


# The parts


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


@pytest.mark.skipif(os.name != "posix", reason="pipes and devices with names are POSIX")
def test_what_is_no_file_is_neither_loaded_nor_saved_over(tmp_path):
    model, pipe = MemGEN().fit(ROSES), tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in ((pipe, "a pipe"), (os.devnull, "a device"), (tmp_path, "a folder")):
        for call in (model.save, MemGEN.load):
            with pytest.raises(OSError, match=f"path must be a file, and this is {what}"):
                call(path)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_model_is_saved_through_a_link_and_under_the_longest_of_names(tmp_path):
    long, link = tmp_path / ("m" * 255), tmp_path / "link"
    link.symlink_to(long.name)
    for y in (None, range(4)):  # made, and written over
        MemGEN().fit(ROSES, y).save(link)
        assert link.is_symlink()
        assert MemGEN.load(long).recite() == ROSES
    for call in (MemGEN().fit(ROSES).save, MemGEN.load):
        for path in ("", 5, None):
            with pytest.raises((ValueError, TypeError), match="path must be the name of a file"):
                call(path)
    with pytest.raises(FileNotFoundError, match="path must be a file that is there"):
        MemGEN.load(tmp_path / "no")
