"""Rows of every place that shards know, read as they were written; and what can't be read, named."""

import pickle
import re

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zarr
from dask import array as dask_array
from fsspec.implementations.memory import MemoryFileSystem

import memgen_lite as mg

ROWS = np.random.default_rng(0).normal(size=(90, 4)).astype(np.float32)
PARTS = np.split(ROWS, [40, 41])


def npy(folder):
    for i, part in enumerate(PARTS):
        np.save(folder / f"part-{i}.npy", part)
    return mg.shards(folder / "part-*.npy")


def folder_of_npy(folder):
    npy(folder)
    (folder / "README.txt").write_text("not rows")
    return mg.shards(str(folder))


def fortran(folder):
    np.save(folder / "x.npy", np.asfortranarray(ROWS))
    return mg.shards(folder / "x.npy")


def npz(folder):
    np.savez(folder / "x.npz", x=ROWS, y=ROWS[:, 0])
    return mg.shards(folder / "x.npz", column="x")


def npz_of_one(folder):
    np.savez_compressed(folder / "x.npz", x=ROWS)
    return mg.shards(folder / "x.npz")


def parquet_of_lists(folder):
    for i, part in enumerate(PARTS):
        pq.write_table(pa.table({"x": list(part), "id": range(len(part))}), folder / f"{i}.parquet", row_group_size=7)
    return mg.shards(folder / "*.parquet", column="x")


def parquet_of_fixed_lists(folder):
    table = pa.table({"x": pa.FixedSizeListArray.from_arrays(ROWS.ravel(), 4)})
    pq.write_table(table, folder / "x.parquet", row_group_size=33)
    return mg.shards(folder / "x.parquet")


def parquet_of_columns(folder):
    pq.write_table(pa.table({f"c{i}": ROWS[:, i] for i in range(4)}), folder / "x.parquet", row_group_size=33)
    return mg.shards(folder / "x.parquet", column=["c0", "c1", "c2", "c3"])


def zarr_store(folder):
    array = zarr.create_array(folder / "x.zarr", shape=ROWS.shape, dtype="f4", chunks=(11, 3))
    array[:] = ROWS
    return mg.shards(folder / "x.zarr")


def zarr_of_shards(folder):
    array = zarr.create_array(folder / "x", shape=ROWS.shape, dtype="f4", chunks=(5, 4), shards=(20, 4))
    array[:] = ROWS
    return mg.shards(folder / "x")


def zarr_group(folder):
    group = zarr.open_group(folder / "x.zarr", mode="w")
    group.create_array("x", data=ROWS)
    group.create_array("y", data=ROWS[:, 0])
    return mg.shards(group, column="x")


def dask(folder):
    return mg.shards(dask_array.from_array(ROWS, chunks=(25, 2)))


def hugging_face(folder):
    return mg.shards(datasets.Dataset.from_dict({"x": ROWS, "id": range(90)}), column="x")


def hugging_face_with_a_selection(folder):
    order = np.argsort(np.random.default_rng(1).random(90))
    return mg.shards(datasets.Dataset.from_dict({"x": ROWS[order]}).select(np.argsort(order)), column="x")


def hugging_face_of_columns(folder):
    return mg.shards(datasets.Dataset.from_dict({f"c{i}": ROWS[:, i].astype(np.float32) for i in range(4)}))


def memory_map(folder):
    np.save(folder / "x.npy", ROWS)
    return mg.shards(np.load(folder / "x.npy", mmap_mode="r"))


def many_kinds(folder):
    np.save(folder / "x.npy", PARTS[0])
    return mg.shards([folder / "x.npy", PARTS[1], dask_array.from_array(PARTS[2])])


def addresses(folder):
    npy(folder)
    return mg.shards(f"file://{folder}/part-*.npy")


def addresses_of_parquet(folder):
    parquet_of_fixed_lists(folder)
    return mg.shards(f"file://{folder}")


def an_address_in_memory(folder):
    system = MemoryFileSystem()
    for i, part in enumerate(PARTS):
        with system.open(f"memory://{folder.name}/{i}.npy", "wb") as file:
            np.save(file, part)
    return mg.shards(f"memory://{folder.name}/*.npy")


ALL = [
    npy, folder_of_npy, fortran, npz, npz_of_one, parquet_of_lists, parquet_of_fixed_lists, parquet_of_columns,
    zarr_store, zarr_of_shards, zarr_group, dask, hugging_face, hugging_face_with_a_selection, hugging_face_of_columns,
    memory_map, many_kinds, addresses, addresses_of_parquet, an_address_in_memory,
]  # fmt: skip


@pytest.mark.parametrize("of", ALL, ids=lambda of: of.__name__)
def test_rows_are_those_that_were_written(of, tmp_path):
    shards = of(tmp_path)
    rows = ROWS.astype(shards.dtype)
    if shards.dtype != np.float32:  # of Python's floats, which a Dataset made of lists of arrays
        assert of in (hugging_face, hugging_face_with_a_selection)
    assert shards.shape == ROWS.shape
    assert np.array_equal(shards[:], rows)
    assert np.array_equal(shards[35:60], rows[35:60])
    some = np.array([88, 3, 41, 40, 3])
    assert np.array_equal(shards[some], rows[some])


@pytest.mark.parametrize("of", [of for of in ALL if of is not an_address_in_memory], ids=lambda of: of.__name__)
def test_they_can_be_sent_to_another_process(of, tmp_path):
    shards = of(tmp_path)
    assert np.array_equal(pickle.loads(pickle.dumps(shards))[30:50], shards[30:50])


def test_rows_of_any_shape_are_read(tmp_path):
    pictures = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    np.save(tmp_path / "x.npy", pictures)
    assert np.array_equal(mg.shards(tmp_path / "x.npy")[1], pictures[1])
    pq.write_table(pa.table({"x": pictures.tolist()}), tmp_path / "x.parquet")
    assert np.array_equal(mg.shards(tmp_path / "x.parquet")[:], pictures)


def test_columns_of_numbers_get_the_dtype_that_holds_both(tmp_path):
    pq.write_table(pa.table({"a": [1, 2], "b": [0.5, 1.5], "c": [True, False]}), tmp_path / "x.parquet")
    found = mg.shards(tmp_path / "x.parquet")
    assert found[:].tolist() == [[1, 0.5, 1], [2, 1.5, 0]]
    assert found.dtype == np.float64


def test_opening_reads_no_rows_of_files_but_a_list_that_tells_no_length(tmp_path, monkeypatch):
    made = [of(tmp_path) for of in (npy, parquet_of_fixed_lists)]
    read = []
    for shards in made:
        for source in shards.sources:
            monkeypatch.setattr(type(source), "read", lambda self, rows: read.append(rows))
    npy(tmp_path)
    mg.shards(tmp_path / "x.parquet")
    assert not read


def test_files_are_sorted_by_name(tmp_path):
    for name in "ba":
        np.save(tmp_path / f"{name}.npy", np.full(2, ord(name)))
    assert mg.shards(str(tmp_path))[:].tolist() == [97, 97, 98, 98]


def bad_parquet(folder, **columns):
    path = folder / "bad.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda folder: folder / "none.npy", FileNotFoundError, "source must be there, got .*none.npy"),
        (lambda folder: folder / "*.npy", FileNotFoundError, "source must hold files of .npy, .npz, .parquet, .zarr"),
        (lambda folder: folder, FileNotFoundError, "got none at"),
        (lambda folder: [], ValueError, "source must be .* got an empty list"),
        (lambda folder: 5, TypeError, "source must be a path or an address of .* got 5"),
        (lambda folder: [ROWS, "x.csv"], FileNotFoundError, r"source\[1\] must be there, got x.csv"),
        (lambda folder: [ROWS, None], TypeError, r"source\[1\] must be a path"),
        (lambda folder: [ROWS, ROWS[:0]], ValueError, r"source\[1\] has no rows: leave it out"),
        (lambda folder: [ROWS, ROWS[:, 1:]], ValueError, r"source\[1\] has rows of shape \(3,\), where source\[0\]"),
        (lambda folder: [ROWS, ROWS > 0], TypeError, r"source\[1\] is of dtype bool, where source\[0\] is of float32"),
        (lambda folder: np.array([None]), TypeError, "source must be of a plain dtype"),
        (lambda folder: dask_array.from_array(ROWS)[dask_array.from_array(ROWS[:, 0] > 0)], ValueError, "known sizes"),
        (
            lambda folder: datasets.DatasetDict({"train": datasets.Dataset.from_dict({"x": ROWS})}),
            TypeError,
            r"source must be one Dataset, such as dataset\['train'\]",
        ),
        (
            lambda folder: datasets.Dataset.from_dict({"x": ROWS}).to_iterable_dataset(),
            TypeError,
            "source must be one Dataset",
        ),
        (
            lambda folder: datasets.Dataset.from_dict({"t": ["a", "b"]}),
            TypeError,
            "column 't' of source.* must hold numbers, or lists of them, got string",
        ),
        (lambda folder: bad_parquet(folder, x=[None, 1.0]), ValueError, "column 'x' of .* has 1 missing values"),
        (lambda folder: bad_parquet(folder, x=[[1.0]], y=[1.0]), TypeError, "column must be one of lists, or several"),
        (lambda folder: bad_parquet(folder, x=["a"]), TypeError, "got string"),
        (lambda folder: bad_parquet(folder, x=pa.array([], pa.float32())), ValueError, "bad.parquet.* has no rows"),
        (
            lambda folder: "nosuch://bucket/x.npy",
            OSError,
            "source, nosuch://bucket/x.npy, can't be .*: Protocol not known",
        ),
    ],
)
def test_what_can_not_be_read_is_named(make, error, said, tmp_path):
    with pytest.raises(error, match=said):
        mg.shards(make(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.npy", b"not an array", "x.npy is no .npy file that can be read"),
        ("x.npz", b"no archive", r"x.npz, can't be read: File is not a zip file"),
        ("x.parquet", b"no table", r"x.parquet, can't be read"),
        ("x.csv", b"1,2", r"x.csv, must be of .npy, .npz, .parquet, .zarr; memgen_lite.read_rows reads"),
        ("x.zarr", b"no store", r"x.zarr, can't be read"),
    ],
)
def test_a_file_that_is_damaged_is_named(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises((ValueError, OSError), match=said):
        mg.shards(tmp_path / name)


def test_a_file_of_objects_is_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([None, 1]), allow_pickle=True)
    with pytest.raises(TypeError, match=r"x.npy must be of a plain dtype, got objects, which only pickle reads"):
        mg.shards(tmp_path / "x.npy")


@pytest.mark.parametrize("of", [npz, zarr_group, parquet_of_lists, hugging_face], ids=lambda of: of.__name__)
def test_a_column_that_is_not_there_is_named_with_those_that_are(of, tmp_path):
    of(tmp_path)
    source = {
        npz: tmp_path / "x.npz",
        zarr_group: tmp_path / "x.zarr",
        parquet_of_lists: tmp_path / "0.parquet",
        hugging_face: datasets.Dataset.from_dict({"x": ROWS, "id": range(90)}),
    }[of]
    with pytest.raises(ValueError, match=r"column must be .* of .*x, .*, got .?z"):
        mg.shards(source, column="z")


@pytest.mark.parametrize("column", [5, [], ["a", 5], b"a"])
def test_a_column_is_a_name_or_a_list_of_names(column):
    with pytest.raises(TypeError, match="column must be a name, a list of names, or None, got"):
        mg.shards(ROWS, column=column)


def test_one_array_of_a_file_has_one_name(tmp_path):
    npz(tmp_path)
    with pytest.raises(TypeError, match=r"column must be the name of one array of .*x.npz"):
        mg.shards(tmp_path / "x.npz", column=["x", "y"])


def test_storage_options_are_a_dict():
    with pytest.raises(TypeError, match="storage_options must be a dict or None, got 'key'"):
        mg.shards(ROWS, storage_options="key")


def test_lists_of_several_lengths_are_named_where_they_are_read(tmp_path):
    path = bad_parquet(tmp_path, x=[[1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [1.0]])
    with pytest.raises(
        OSError, match=r"column 'x' of .*bad.parquet.* must have lists of one length, got 2 and, at 1, 1"
    ):
        mg.shards(path)[:]


def test_a_file_that_vanished_is_named(tmp_path):
    shards = npy(tmp_path)
    (tmp_path / "part-2.npy").unlink()
    assert np.array_equal(shards[:41], ROWS[:41])
    with pytest.raises(OSError, match=r"part-2.npy can't be read \(49 rows were asked for\): .*No such file"):
        shards[:]


def test_a_file_that_was_written_anew_in_another_shape_is_named(tmp_path):
    shards = npy(tmp_path)
    np.save(tmp_path / "part-2.npy", PARTS[2][:, :2])
    with pytest.raises(OSError, match=r"part-2.npy is not what it was"):
        shards[50:60]


@pytest.mark.parametrize(
    "address", ["memory://b/*.npy", "memory://b/x.npy", "memory://b/x.npz", "memory://b/x.parquet"]
)
def test_what_an_address_lacks_is_said_with_where_it_goes(address, monkeypatch):
    def credentials(self, *args, **kwargs):
        raise PermissionError("Unable to locate credentials")

    for way in ("glob", "_open", "info"):
        monkeypatch.setattr(MemoryFileSystem, way, credentials)
    said = rf"source, {re.escape(address)}, can't be .* locate credentials; what it needs goes into storage_options="
    with pytest.raises(OSError, match=said):
        mg.shards(address)


def test_columns_in_another_order_or_of_other_names_are_refused_in_one_and_between_samples(tmp_path):
    rows = np.random.default_rng(0).normal(size=(300, 3))
    for name, part, columns in (("a", rows[:100], "abc"), ("b", rows[100:200], "cab"), ("x", rows[200:], "xyz")):
        table = dict(zip(columns, part.T[["abc".find(one) for one in columns]] if name == "b" else part.T, strict=True))
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    a, b, x = (str(tmp_path / f"{name}.parquet") for name in "abx")
    for other in (b, x):
        with pytest.raises(ValueError, match=r"has the columns .* name them by column="):
            mg.shards([a, other])
        with pytest.raises(ValueError, match=r"held_out must have the columns of train, .* name them by column="):
            mg.audit(mg.shards(a), mg.shards(other), rows[:9])
        with pytest.raises(ValueError, match="generated must have the columns of train"):
            mg.metrics.compute("energy", train=mg.shards(a), generated=mg.shards(other))
    with pytest.raises(ValueError, match="generated must have the columns of held_out"):
        mg.audit(rows[:100], mg.shards(a), mg.shards(x))
    assert mg.shards([a, rows[:5]]).columns == list("abc")  # an array has no names
    named = mg.shards([a, b], column=list("abc"))
    np.testing.assert_array_equal(np.asarray(named), rows[:200])


def test_what_whole_files_and_parts_of_others_are_grouped_into_keeps_their_columns(tmp_path):
    rows = np.random.default_rng(0).normal(size=(130, 3))
    for name, part in (("a", rows[:100]), ("b", rows[100:])):
        pq.write_table(pa.table(dict(zip("abc", part.T, strict=True))), tmp_path / f"{name}.parquet", row_group_size=20)
    parts = list(mg.shards(str(tmp_path)).groups(70 * 24))
    assert any(len(part.sources) > 1 for part in parts) and len(parts) > 1
    assert [part.columns for part in parts] == [list("abc")] * len(parts)
    np.testing.assert_array_equal(np.concatenate([np.asarray(part) for part in parts]), rows)
