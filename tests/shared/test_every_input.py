"""Whatever people hand in is read, or refused by the argument's name with what to do, at all four doors alike.

`KINDS` is the table: what a sample is, and what must come of three of them: a kind of data with its number of features
(and what a warning says), or what an error says. A kind is read by audit, evaluate and compute through one reader;
that one is asked here for every row of the table, and the doors themselves for each way in which it can end.
"""

import collections
import datetime
import io
import pathlib
from decimal import Decimal

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import sparse

import memgen_lite as mg
from memgen_lite.shared.kinds import together

N = 60


def r(i):
    return np.random.default_rng(i)


def X(i, d=4):
    return r(i).normal(size=(N, d))


def frame(i, **columns):
    return pd.DataFrame({"x": X(i)[:, 0], "c": r(i).choice(["a", "b"], N)}).assign(**columns)


def words(i):
    return [f"word {n}" for n in r(i).integers(10**6, size=N)]


def colors(i, *shape, dtype="u1"):
    return r(i).integers(256, size=(N, *(shape or (6, 5, 3))), dtype=dtype)


def pictures(i, mode="RGB"):
    return [Image.fromarray(one).convert(mode) for one in colors(i)]


def hours(i):
    return pd.Timestamp("2024") + pd.to_timedelta(r(i).integers(999, size=N), "h")


class Foreign:
    """An array of a library that has nothing but DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class Elsewhere(Foreign):
    """An array that lies where NumPy can't look."""

    def __dlpack__(self, **options):
        raise BufferError("it lies on another device: copy it to the host first")


class Table:
    """A frame of another library, which has a way to pandas'."""

    def __init__(self, data):
        self.data = data

    def to_pandas(self):
        return self.data


class Stranded(Table):
    def to_pandas(self):
        raise ModuleNotFoundError("pyarrow is required")


class Loader:
    batch_size = 20

    def __iter__(self):
        return iter(np.split(X(0), 3))


RECORD = np.dtype([("a", "f8"), ("b", "i4"), ("c", "U3"), ("v", "f4", 3)])


def records(i):
    return np.array([(x[0], n % 4, "no" if n % 2 else "yes", x[1:]) for n, x in enumerate(X(i))], dtype=RECORD)


def gray16(i):
    return Image.fromarray(r(i).integers(4096, size=(6, 5)).astype("u2"))


MODES = {"1": 1, "L": 1, "I": 1, "F": 1, "LA": 3, "P": 3, "RGBA": 3, "CMYK": 3, "YCbCr": 3, "HSV": 3}  # channels seen
# what a sample is: (its maker, the kind and the number of features that come of it, a word of a warning or None)
READ = {
    # arrays of all makers
    "float16": (lambda i: X(i).astype("f2"), "array", 4, None),
    "long doubles": (lambda i: X(i).astype(np.longdouble), "array", 4, None),
    "big-endian": (lambda i: X(i).astype(">f8"), "array", 4, None),
    "flags": (lambda i: X(i, 40) > 0, "array", 40, None),
    "np.matrix": (lambda i: X(i).view(np.matrix), "array", 4, None),
    "a list of rows": (lambda i: X(i).tolist(), "array", 4, None),
    "rows of a generator": (lambda i: (row for row in X(i)), "array", 4, None),
    "zip of columns": (lambda i: zip(*X(i).T, strict=True), "array", 4, None),
    "map": (lambda i: map(list, X(i)), "array", 4, None),
    "a deque": (lambda i: collections.deque(X(i).tolist()), "array", 4, None),
    "a dict's values": (lambda i: dict(enumerate(X(i))).values(), "array", 4, None),
    "a series of arrays": (lambda i: pd.Series(list(X(i))), "array", 4, None),
    "an object array of numbers": (lambda i: X(i).astype(object), "array", 4, None),
    "JAX": (lambda i: jnp.asarray(X(i)), "array", 4, None),
    "JAX, bfloat16": (lambda i: jnp.asarray(X(i), jnp.bfloat16), "array", 4, None),
    "JAX, float8": (lambda i: jnp.asarray(X(i, 9), jnp.float8_e4m3fn), "array", 9, None),
    "NumPy, bfloat16": (lambda i: np.asarray(jnp.asarray(X(i), jnp.bfloat16)), "array", 4, None),
    "a list of bfloat16 rows": (lambda i: list(jnp.asarray(X(i), jnp.bfloat16)), "array", 4, None),
    "DLPack only": (lambda i: Foreign(X(i)), "array", 4, None),
    "a list of DLPack only": (lambda i: [Foreign(row) for row in X(i)], "array", 4, None),
    "float32 kept in float64": (lambda i: X(i).astype("f4" if i == 2 else "f8").astype("f8"), "array", 4, "to float32"),
    # tables
    "a frame": (frame, "table", 3, None),
    "records": (records, "table", 7, None),
    "np.recarray": (lambda i: records(i).view(np.recarray), "table", 7, None),
    "dicts": (lambda i: frame(i).to_dict("records"), "table", 3, None),
    "named tuples": (lambda i: list(frame(i).itertuples(index=False)), "table", 3, None),
    "rows of numbers and words": (lambda i: frame(i).to_numpy().tolist(), "table", 3, None),
    "zip of numbers and words": (lambda i: zip(frame(i)["x"], frame(i)["c"], strict=True), "table", 3, None),
    "an object array of both": (lambda i: frame(i).to_numpy(), "table", 3, None),
    "an array of words": (lambda i: r(i).choice(["a", "b"], (N, 9)), "table", 18, None),
    "an array of times": (lambda i: np.stack([hours(i), hours(i + 3)], axis=1), "table", 2, None),
    "another library's frame": (lambda i: Table(frame(i)), "table", 3, None),
    "a sparse frame": (lambda i: pd.DataFrame.sparse.from_spmatrix(sparse.csr_array(X(i))), "table", 4, None),
    "a sparse column of words": (
        lambda i: frame(i, s=pd.arrays.SparseArray(r(i).choice(["u", "v"], N), fill_value="u")), "table", 5, None,
    ),
    "columns in another order": (lambda i: frame(i)[["c", "x"] if i else ["x", "c"]], "table", 3, None),
    "columns of two levels": (
        lambda i: pd.DataFrame(X(i), columns=pd.MultiIndex.from_product([["a", "b"], [1, 2]])), "table", 4, None,
    ),
    "columns called by numbers": (lambda i: pd.DataFrame(X(i)), "table", 4, None),
    "a column without a name": (lambda i: pd.DataFrame(X(i), columns=[None, "a", "b", "c"]), "table", 4, None),
    "an index that is data": (
        lambda i: frame(i, id=r(i).permutation(N)).set_index("id"), "table", 3, r"'id'.*reset_ind",
    ),
    "an index of times": (lambda i: frame(i).set_index(hours(i)), "table", 3, r"no column.*reset_index"),
    # what stands in a column
    "arrays in a column": (lambda i: frame(i, v=list(X(i, 8))), "table", 11, None),
    "lists in a column": (lambda i: frame(i, v=X(i, 8).tolist()), "table", 11, None),
    "pictures in a column": (lambda i: frame(i, v=list(X(i, 9).reshape(N, 3, 3))), "table", 12, None),
    "some arrays missing": (
        lambda i: frame(i, v=[None if n % 7 == 0 else x for n, x in enumerate(X(i))]), "table", 8, None,
    ),
    "arrays in other units": (
        lambda i: frame(i, v=list(X(i, 8) * (99 if i == 2 else 1))), "table", 11, "column 'v'.*units",
    ),
    "Int64 with missing": (
        lambda i: frame(i, n=pd.array([n % 9 or None for n in range(N)], dtype="Int64")), "table", 5, None,
    ),
    "boolean with missing": (
        lambda i: frame(i, b=pd.array(r(i).choice([True, False, None], N), dtype="boolean")), "table", 6, None,
    ),
    "flags beside 1 and 0": (
        lambda i: frame(i, b=r(i).choice([1, 0] if i == 2 else [True, False], N)), "table", 4, "read as 1 and 0",
    ),
    "flags beside 1, 0 and missing": (
        lambda i: frame(i, b=r(i).choice([1, 0, np.nan] if i else [True, False], N)), "table", 5, "read as 1 and 0",
    ),
    "flags beside Yes and No": (
        lambda i: frame(i, b=r(i).choice(["Yes", "No"] if i == 2 else [True, False], N)), "table", 7, "coded alike",
    ),
    "numbers and words in a column": (
        lambda i: frame(i, m=pd.Series([*[1, "1"] * 30], dtype=object)), "table", 5, r"several types \(int, str\)",
    ),
    "float32 within float64": (
        lambda i: frame(i, y=X(i)[:, 1].astype("f4" if i == 1 else "f8").astype("f8")), "table", 4, "to float32",
    ),
    "Decimal": (lambda i: frame(i, y=[Decimal(int(n)) / 100 for n in r(i).integers(9999, size=N)]), "table", 4, None),
    "money in words": (
        lambda i: frame(i, y=[f"${n:,.2f}" for n in r(i).integers(9999, size=N)]), "table", 515, "as numbers",
    ),
    "decimal commas": (
        lambda i: frame(i, y=[f"{n:.1f}".replace(".", ",") for n in X(i)[:, 1]]), "table", None, "as numbers",
    ),
    "dates in words": (
        lambda i: frame(i, y=[f"2024-01-{n:02d}" for n in r(i).integers(1, 29, N)]), "table", None, "as dates",
    ),
    "4,000 levels of numbers": (
        lambda i: frame(i, n=pd.Categorical(r(i).permutation(4000)[:N], categories=range(4000))), "table", 515, None,
    ),
    "levels that are times": (
        lambda i: frame(i, t=pd.Categorical(hours(0)[r(i).integers(9, size=N)])), "table", None, None,
    ),
    "18 digits": (lambda i: frame(i, n=r(0).integers(10**17, 10**18, N) + i), "table", 4, "as a key has"),
    "80 bits": (lambda i: frame(i, n=[2**80 + int(n) for n in r(i).integers(9999, size=N)]), "table", 4, None),
    "times of another unit": (lambda i: frame(i, t=hours(i).as_unit(["s", "ms", "ns"][i])), "table", 4, None),
    "times of another zone": (
        lambda i: frame(i, t=hours(i).tz_localize("UTC").tz_convert(["UTC", "Asia/Tokyo", "America/Lima"][i])),
        "table", 4, None,
    ),
    "times of several offsets": (
        lambda i: frame(i, t=pd.Series([
            datetime.datetime(2024, 1, n, tzinfo=datetime.timezone(datetime.timedelta(hours=int(n) % 3)))
            for n in r(i).integers(1, 29, N).tolist()
        ], dtype=object)), "table", 4, None,
    ),
    "times beyond nanoseconds": (
        lambda i: frame(i, t=np.append(hours(i)[1:].to_numpy("M8[s]"), np.datetime64("9999-12-31")).astype("M8[s]")
                        if i else hours(i)), "table", 4, "'t'.*units",
    ),
    "dates": (lambda i: frame(i, t=hours(i).date), "table", 4, None),
    "periods": (
        lambda i: frame(i, t=pd.PeriodIndex.from_ordinals(r(i).integers(600, size=N), freq="M")), "table", 4, None,
    ),
    "times of day": (lambda i: frame(i, t=hours(i).time), "table", 4, None),
    "durations": (lambda i: frame(i, t=pd.to_timedelta(r(i).integers(99, size=N), "h")), "table", 4, None),
    "intervals": (lambda i: frame(i, t=pd.cut(X(i)[:, 1], [-9, -1, 0, 1, 9])), "table", 7, None),
    "NA for Namibia in one file": (
        lambda i: frame(i, m=r(i).choice(["DE", "NO", None if i == 0 else "NA"], N)), "table", 7,
        r"2\d of 60 values of train are missing and none of held_out: is it written alike \(na=\)",
    ),
    "nothing but missing": (lambda i: frame(i, m=np.nan), "table", 5, None),
    "missing in one sample": (lambda i: frame(i, m=None if i == 2 else r(i).choice([*"ab"], N)), "table", 6, "alike"),
    # texts
    "words": (words, "text", 512, None),
    "words of a generator": (lambda i: (word for word in words(i)), "text", 512, None),
    "NumPy's words": (lambda i: np.array(words(i)), "text", 512, None),
    "NumPy's words of any length": (lambda i: np.array(words(i), dtype=np.dtypes.StringDType()), "text", 512, None),
    "an index of words": (lambda i: pd.Index(words(i)), "text", 512, None),
    "half a character": (lambda i: [f"{word}\ud800" for word in words(i)], "text", 512, None),
    # pictures
    "channels first": (lambda i: colors(i, 3, 6, 7), "image", 126, None),
    "one channel first": (lambda i: colors(i, 1, 6, 7), "image", 42, None),
    "colors beside gray": (lambda i: colors(i) if i else colors(i, 6, 5), "image", 90, "gray pictures"),
    "four channels": (lambda i: colors(i, 6, 5, 4), "image", 90, "seen on white"),
    "four channels first, of fractions": (lambda i: r(i).random((N, 4, 6, 7)), "image", 126, "seen on white"),
    **{
        f"pictures of mode {mode}": (lambda i, mode=mode: pictures(i, mode), "image", 30 * n, None)
        for mode, n in MODES.items()
    },
    "gray and colored pictures": (lambda i: [*pictures(i)[:30], *pictures(i, "L")[30:]], "image", 90, None),
    "pictures of 8 and of 16 bits": (
        lambda i: [*pictures(i, "L")[:30], *(gray16(i * N + n) for n in range(30))], "image", 30, None,
    ),
}  # fmt: skip

COLLECTION = "must be a collection of examples"
REAL = "must be an array of real numbers"

# what a sample is: (its maker, what the error says after the argument's name, None or what MemGEN says, or "kept")
REFUSED = {
    "a file's name": (lambda: "train.csv", rf"{COLLECTION}.*for a file memgen_lite.read_rows", None),
    "a path": (lambda: pathlib.Path("train.csv"), rf"{COLLECTION}.*read_rows\(path\) reads a file", None),
    "an open file": (lambda: io.StringIO("a\nb\n"), rf"{COLLECTION}.*read_rows\(path\) reads a file", None),
    "a number": (lambda: 3, rf"{COLLECTION}.*got int", None),
    "a dict of columns": (lambda: {"a": X(0)[:, 0]}, r"must be an ordered.*a dict.*pandas.DataFrame", None),
    "a dict of samples": (lambda: {"train": X(0)}, "must be an ordered collection of examples, got a dict", None),
    "a set": (lambda: {*words(0)}, "must be an ordered collection of examples, got a set; pass a list", None),
    "a loader of batches": (Loader, rf"{COLLECTION}, got a Loader, which yields batches", None),
    "a sparse matrix": (lambda: sparse.coo_array(X(0)), r"must be dense.*toarray\(\)", None),
    "a masked array": (lambda: np.ma.masked_less(X(0), 0), r"must be a plain.*filled\(value\), or pandas.DataFr", None),
    "an array elsewhere": (
        lambda: Elsewhere(X(0)), "must be an array that NumPy can read, got Elsewhere: it lies on", None,
    ),
    "no axis": (lambda: jnp.float32(3), "must hold examples along its first axis", None),
    "one axis": (lambda: X(0)[:, 0], rf"{REAL}.*reshape\(-1, 1\) makes one feature", "kept"),
    "a series of numbers": (lambda: pd.Series(X(0)[:, 0]), rf"{REAL}.*pandas.DataFrame\({{'x': X}}\)", "kept"),
    "a series of times": (lambda: pd.Series(hours(0)), rf"{REAL}.*pandas.DataFrame\({{'x': X}}\)", "kept"),
    "five axes": (lambda: np.ones((N, 2, 2, 2, 2)), rf"{REAL}.*reshape\(len\(X\), -1\)", "kept"),
    "names of files": (lambda: [pathlib.Path("a.png")] * N, rf"{REAL}.*names of files: memgen_lite.read_rows", "kept"),
    "times without a unit": (lambda: X(0).astype("m8"), r"must be times of a unit, got timedelta64.*astype", "kept"),
    "picoseconds": (lambda: r(0).integers(999, size=(N, 2)).astype("M8[ps]"), "must be times of whole nanosec", "kept"),
    "complex numbers": (lambda: X(0) + 1j, rf"{REAL}.*hstack\(\[X.real, X.imag\]\)", "kept"),
    "bytes": (lambda: [word.encode() for word in words(0)], rf"{REAL}.*decode them to str", "kept"),
    "a word missing": (lambda: [*words(0), None], rf"{REAL}.*number 60 is None", "kept"),
    "a number among words": (lambda: [*words(0), 3.5], rf"{REAL}.*number 60 is 3.5", "kept"),
    "rows of several lengths": (lambda: [[1.0, 2.0], [3.0]], "must be items of one shape.*number 1 has shape", "kept"),
    "pictures of several sizes": (
        lambda: [Image.new("L", (5, 6)), Image.new("L", (7, 8))], "must be images of one size.*number 1, 7 x", "kept",
    ),
    "missing numbers": (lambda: np.where(X(0) < -1, np.nan, X(0)), r"must be finite.*pandas.DataFrame\(", "kept"),
    "an infinite number": (lambda: frame(0).assign(x=np.inf), "must be finite.*row 0 column x", "kept"),
    "no rows": (lambda: frame(0)[:0], "must have a row at least", "X must hold at least one example"),
    "two columns of one name": (lambda: pd.DataFrame(X(0), columns=list("aabc")), "must have", "kept"),
    "a column that the others lack": (lambda: frame(0, id=1), "must have the columns of .*id", "kept"),
    "names with blanks": (lambda: frame(0).rename(columns={"x": " x"}), "must have the columns of .*' x'", "kept"),
    "words where others have numbers": (
        lambda: frame(0, x="3"), "'x' must be of one kind in all samples.*ignore=", "kept",
    ),
    "times where others have numbers": (lambda: frame(0, x=hours(0)), "'x' must be of one kind in all sam", "kept"),
    "complex numbers in a column": (lambda: frame(0, x=1j), "'x' of .* must hold real numbers", "kept"),
    "ragged lists in a column": (lambda: frame(0, x=[[1.0], [1.0, 2.0]] * 30), "'x' of .* in row 1 2 numbers", "kept"),
    "sets in a column": (lambda: frame(0, x=[{1}] * N), "'x' of .* must hold single values", "kept"),
    "another library's frame, stranded": (lambda: Stranded(None), "is a .* Stranded.*pyarrow is required", None),
}  # fmt: skip
FRAMED = {"an infinite number", "no rows", "two columns of one name", *[name for name in REFUSED if "columns" in name]}


def three(make, i=0):
    return {role: make(place + i) for place, role in enumerate(("train", "held_out", "generated"))}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_as_what_it_is_and_each_row_equals_itself_alone(name):
    make, kind, features, warning = READ[name]
    found = together(three(make))
    assert found.kind.name == kind
    width = found.rows["train"].shape[1]
    assert features in (None, width), width
    assert all(np.isfinite(rows.astype(float)).all() for rows in found.rows.values())
    if warning is None:
        assert not found.notes, found.notes
    else:
        assert pd.Series(found.notes).str.contains(warning).any(), found.notes
    again = together({"train": make(0), "generated": make(0)})
    assert (again.same["train"] == again.same["generated"]).all()
    np.testing.assert_array_equal(again.rows["train"], again.rows["generated"])
    apart, equal = np.unique(again.rows["train"], axis=0), np.unique(again.same["train"])
    assert len(apart) == len(equal), "rows at distance 0 are those that are equal"


THROUGH = ["JAX, bfloat16", "DLPack only", "records", "dicts", "arrays in a column", "another library's frame",
           "flags beside 1 and 0", "float32 within float64", "four channels", "pictures of mode P", "half a character",
           "zip of numbers and words"]  # fmt: skip


@pytest.mark.parametrize("name", THROUGH)
def test_all_four_doors_take_it(name):
    make, kind, *_ = READ[name]
    audited = mg.audit(*three(make).values(), n_relabelings=19)
    assert audited.stamp["kind"] == kind
    table = mg.evaluate(*three(make).values(), ["identical_share", "kid"], n_null=19)
    assert table.to_frame().loc["identical_share", "train"] == 0
    with np.errstate(all="raise"):
        assert mg.metrics.compute("identical_share", train=make(0), generated=make(0)) == 1
    assert len(mg.MemGEN(memory="list", random_state=0).fit(make(0)).sample(3)) == 3


@pytest.mark.filterwarnings("ignore:column")
@pytest.mark.parametrize("role", ["train", "held_out", "generated"])
@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_at_every_door_by_the_name_of_the_argument_and_with_what_to_do(name, role):
    make, message, kept = REFUSED[name]
    others = three(frame if name in FRAMED or "column" in name or "others" in name or "blanks" in name else X, 3)
    for door in ("audit", "evaluate", "compute"):
        given = others | {role: make()}
        enter = {
            "audit": lambda given: mg.audit(**given, n_relabelings=19),
            "evaluate": lambda given: mg.evaluate(**given, metrics=["frechet"], n_null=19),
            "compute": lambda given: mg.metrics.compute("c_t", **given),
        }[door]
        with pytest.raises((TypeError, ValueError, ImportError), match=message) as caught:
            enter(given)
        assert any(word in str(caught.value) for word in (role, "column")), caught.value
    if role == "train":
        model = mg.MemGEN(memory="list", random_state=0)
        if kept == "kept":
            assert len(model.fit(make()).sample(2)) == 2
        else:
            with pytest.raises((TypeError, ValueError, ImportError), match=kept or f"^X {message}"):
                model.fit(make())


def test_numbers_of_few_bits_are_kept_exactly_by_a_memory_and_its_file(tmp_path):
    narrow = jnp.asarray(X(0), jnp.bfloat16)
    model = mg.MemGEN(random_state=0).fit(narrow)
    model.save(tmp_path / "x")
    found = mg.MemGEN.load(tmp_path / "x").recite()
    assert found.dtype == np.float32 and (found == np.asarray(narrow, dtype=np.float32)).all()


class Handed:
    """What hands over a masked array, as wrappers of those with a unit do."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def objects(rows):
    found = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        found[i] = row
    return found


MASKED = {
    "an array": lambda rows: rows,
    "a list": list,
    "a tuple": tuple,
    "an iterator": iter,
    "an array of objects": objects,
    "another library's": Handed,
    "a column": lambda rows: pd.DataFrame({"a": objects(rows)}),
    "a series": lambda rows: pd.Series(objects(rows)),
    "records": lambda rows: np.ma.array([*map(tuple, rows.data)], mask=[*map(tuple, rows.mask)], dtype="f8,f8,f8,f8"),
}
DOORS = {
    "audit": lambda rows: mg.audit(X(0), X(1), rows, n_relabelings=19),
    "audit of all": lambda rows: mg.audit(rows, rows, rows, n_relabelings=19),
    "evaluate": lambda rows: mg.evaluate(rows, rows, rows, ["energy"], n_null=19),
    "compute": lambda rows: mg.metrics.compute("energy", train=rows, generated=X(0)),
    "features": lambda rows: mg.audit(X(0), X(1), X(2), features=lambda _: rows, n_relabelings=19),
    "groups": lambda rows: mg.audit(X(0), X(1), X(2), groups=(rows, np.arange(N)), n_relabelings=19),
    "peer": lambda rows: mg.peers.peer("gaussian").fit(rows),
    "score": lambda rows: mg.peers.peer("gaussian").fit(X(0)).score(rows),
    "memory": lambda rows: mg.MemGEN().fit(rows),
    "neighbors": lambda rows: mg.neighbors.neighbors(X(0), rows),
    "study": lambda rows: mg.coin.session(mg.coin.RademacherCoin(0), rows, X(1), n_trials=3),
}


@pytest.mark.parametrize("how", MASKED)
@pytest.mark.parametrize("door", DOORS)
def test_no_mask_is_lost_however_it_comes_in(door, how):
    rows = np.ma.masked_less(X(0), 0)
    with pytest.raises((TypeError, ValueError)):
        DOORS[door](MASKED[how](rows))


def test_a_memory_of_objects_keeps_masks_as_they_are():
    rows = [*np.ma.masked_less(X(0), 0)]
    told = mg.MemGEN(memory="list").fit(rows).recite()
    assert all((a.mask == b.mask).all() for a, b in zip(told, rows, strict=True))
