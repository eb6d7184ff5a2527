import bz2
import gc
import gzip
import lzma
import os
import sys
import warnings
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import memgen_lite as mg
from memgen_lite.data import own_files
from memgen_lite.shared import kinds

X = np.arange(12.0).reshape(4, 3)


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# What comes back


def test_an_array_comes_back_as_saved_and_is_not_copied_into_memory(tmp_path):
    np.save(tmp_path / "x.npy", X)
    found = mg.read_rows(tmp_path / "x.npy")
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, X)


def test_the_only_array_of_an_archive_needs_no_name(tmp_path):
    np.savez(tmp_path / "x.npz", anything=X)
    np.testing.assert_array_equal(mg.read_rows(str(tmp_path / "x.npz"), "train"), X)


def test_of_several_arrays_the_key_chooses(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", train=X, generated=X + 1)
    np.testing.assert_array_equal(mg.read_rows(tmp_path / "x.npz", "generated"), X + 1)


def test_what_numpy_wrote_is_told_by_its_content_and_not_by_its_name(tmp_path):
    with (tmp_path / "x.npz").open("wb") as file:
        np.save(file, X)
    np.testing.assert_array_equal(mg.read_rows(tmp_path / "x.npz"), X)


@pytest.mark.parametrize("index", [True, False])
def test_a_frame_comes_back_without_its_index(tmp_path, index):
    frame = pd.DataFrame({"age": [31, 47], "city": ["Bern", "Łódź"]})
    frame.to_csv(tmp_path / "x.csv", index=index)
    pd.testing.assert_frame_equal(mg.read_rows(tmp_path / "x.csv"), frame)


def test_a_table_of_numbers_needs_no_header_and_loses_no_row(tmp_path):
    found = mg.read_rows(written(tmp_path / "x.csv", "1,2.5\n1,2.5\n3,-4e3\n"))
    assert found.to_numpy().tolist() == [[1, 2.5], [1, 2.5], [3, -4000]]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert list(mg.read_rows(written(tmp_path / "x.CSV", "\ufeffa,b\n1,2\n"))) == ["a", "b"]


def test_lines_of_text_are_rows(tmp_path):
    found = mg.read_rows(written(tmp_path / "x.txt", "\ufeffone\r\n\r\nthree \u2028 still three\r\n"))
    assert found == ["one", "", "three \u2028 still three"]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\ufeff", codec="utf-8")), min_size=2))
def test_row_i_is_line_i_plus_1(tmp_path_factory, lines):
    path = written(tmp_path_factory.mktemp("text") / "x.txt", "\n".join(lines) + "\n")
    assert mg.read_rows(path) == lines


def test_a_folder_is_its_images_in_order_and_names_what_is_none(tmp_path):
    for name, gray in (("b.png", 200), ("a.png", 10)):
        Image.new("L", (20, 30), gray).save(tmp_path / name)
    assert mg.read_rows(tmp_path)[:, 0, 0, 0].tolist() == [10, 200]
    written(tmp_path / "notes.doc", "no image")
    with pytest.warns(UserWarning, match=r"1 files left out \(notes.doc: not an image"):
        assert mg.read_rows(tmp_path).shape == (2, 64, 64, 3)


def test_many_files_that_are_no_images_are_counted(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    for i in range(12):
        written(tmp_path / f"{i}.doc", "no image")
    with pytest.warns(UserWarning, match="12 files left out .*; and 2 more"):
        mg.read_rows(tmp_path)


# Parquet: pyarrow is heavy, so nothing here depends on it; where it is missing the error says so


def test_parquet_is_read_by_pandas(tmp_path, monkeypatch):
    frame = pd.DataFrame({"a": [1, 2]})
    monkeypatch.setattr(pd, "read_parquet", {tmp_path / "x.parquet": frame}.__getitem__)
    assert mg.read_rows(written(tmp_path / "x.parquet", "PAR1")) is frame


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    for name in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"x\.parquet' needs pyarrow, .* pip install pyarrow, or .* \.csv"):
        mg.read_rows(written(tmp_path / "x.parquet", "PAR1"))


def test_a_broken_parquet_file_is_named(tmp_path, monkeypatch):
    def broken(path):
        raise OSError("no footer")

    monkeypatch.setattr(pd, "read_parquet", broken)
    with pytest.raises(ValueError, match=r"x\.parquet' must be a table as DataFrame.to_parquet writes it: no footer"):
        mg.read_rows(written(tmp_path / "x.parquet", "PAR1"))


# Wrong files: the error names the file and what was expected


@pytest.mark.parametrize("path", [None, 3, X])
def test_a_path_is_a_name(path):
    with pytest.raises(TypeError, match=r"path must be the name of a .npy, .* got (None|3|array)"):
        mg.read_rows(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lost\.npy' does not exist; expected a \.npy, \.npz, \.csv"):
        mg.read_rows(tmp_path / "lost.npy")


@pytest.mark.parametrize("name", ["x.pkl", "x", "x.npy.gz"])
def test_other_kinds_of_files_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"must be a \.npy, .* is not read"):
        mg.read_rows(written(tmp_path / name, "something"))


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv", "x.parquet", "x.txt"])
def test_an_empty_file_is_no_sample(tmp_path, name):
    with pytest.raises(ValueError, match=f"{name}' is an empty file"):
        mg.read_rows(written(tmp_path / name, b""))


def test_objects_are_not_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}, None]), allow_pickle=True)
    with pytest.raises(ValueError, match=r"x\.npy' must hold numbers .*, got: Python objects, or no array"):
        mg.read_rows(tmp_path / "x.npy")


def test_a_text_that_is_called_an_array_is_none(tmp_path):
    with pytest.raises(ValueError, match="got: Python objects, or no array at all"):
        mg.read_rows(written(tmp_path / "x.npy", "1 2 3"))


def torn(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def test_a_torn_array_is_named(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(ValueError, match=r"x\.npy' must hold numbers"):
        mg.read_rows(torn(tmp_path / "x.npy"))


def test_a_torn_archive_is_named(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", X)
    with pytest.raises(ValueError, match=r"x\.npz' must hold numbers"):
        mg.read_rows(torn(tmp_path / "x.npz"))


def test_an_archive_without_the_array_says_what_it_has(tmp_path):
    np.savez(tmp_path / "x.npz", a=X, b=X)
    with pytest.raises(ValueError, match=r"one called 'train', got arrays called \['a', 'b'\]"):
        mg.read_rows(tmp_path / "x.npz", "train")


@pytest.mark.parametrize("rows", [np.zeros((0, 3)), np.float64(3)])
def test_an_array_without_rows_is_refused(tmp_path, rows):
    np.save(tmp_path / "x.npy", rows)
    with pytest.raises(ValueError, match=r"x\.npy' must hold rows, got none"):
        mg.read_rows(tmp_path / "x.npy")


@pytest.mark.parametrize("content", ["a,b\n1,2\n1,2,3\n", b"a,b\n\xff\xfe,1\n", "\n\n"])
def test_a_broken_table_is_named(tmp_path, content):
    with pytest.raises(ValueError, match=r"x\.csv' must be a table of values separated by commas: "):
        mg.read_rows(written(tmp_path / "x.csv", content))


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_separators_are_told(tmp_path, mark):
    with pytest.raises(ValueError, match=r"x\.csv' must have its values separated by commas, got the line 'a"):
        mg.read_rows(written(tmp_path / "x.csv", f"a{mark}b\n1{mark}2\n"))


def test_text_of_another_encoding_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"x\.txt' must be text in UTF-8: .*0xff"):
        mg.read_rows(written(tmp_path / "x.txt", b"\xff\xfea\x00"))


def test_tables_of_tabs_packed_ones_and_lines_of_objects_are_read(tmp_path):
    frame = pd.DataFrame({"x": [1.5, 2.5], "name": ["a, b", "c"]})
    frame.to_csv(tmp_path / "x.tsv", sep="\t", index=False)
    frame.to_csv(tmp_path / "x.csv.gz", index=False)
    frame.to_json(tmp_path / "x.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "x.jsonl.gz", orient="records", lines=True)
    for name in ("x.tsv", "x.csv.gz", "x.jsonl", "x.jsonl.gz"):
        pd.testing.assert_frame_equal(mg.read_rows(tmp_path / name), frame)
    (tmp_path / "texts.jsonl").write_text('"a rose"\n\n"is"\n')
    assert mg.read_rows(tmp_path / "texts.jsonl") == ["a rose", "is"]


def test_words_that_mean_missing_and_the_header_can_be_said(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("country,n\nNA,1\nNO,2\n?,3\n,4\n")
    assert mg.read_rows(path)["country"].isna().tolist() == [True, False, False, True]
    assert mg.read_rows(path, na=["?"])["country"].isna().tolist() == [False, False, True, True]
    assert mg.read_rows(path, na=())["country"].isna().tolist() == [False, False, False, True]
    assert mg.read_rows(path, header=False).shape == (5, 2)
    (tmp_path / "numbers.csv").write_text("1,2\n3,4\n")
    assert mg.read_rows(tmp_path / "numbers.csv").shape == (2, 2)
    assert mg.read_rows(tmp_path / "numbers.csv", header=True).shape == (1, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,age\n1,40,\n2,50,\n", "line 2 has 3 values, where the first has 2"),
        ("a,b,c,d\n" + ",".join("1" * 31) + "\n", "line 2 has 31 values, where the first has 4"),
        ("a,b\n1,2\n3\n", "line 3 has 1 values, where the first has 2"),
        ('a,b\n"1\n2",3\n4,5,6\n', "line 4 has 3 values"),
    ],
)
def test_a_table_whose_lines_are_of_several_lengths_is_refused_by_line(text, message, tmp_path):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        mg.read_rows(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", b'{"a": 1}\n{"a":\n', "must have a JSON value in each line; line 2"),
        ("x.jsonl", b'{"a": 1}\n"b"\n', "must have an object in each line, as .* got 'b'"),
        ("x.jsonl", b'"b"\n[1]\n', r"must have a string in each line, as .* got \[1\]"),
        ("x.jsonl", b"[1, 2]\n[1]\n", r"must have lists of one length, got some of \[1, 2\]"),
        ("x.jsonl", b"1\n2\n", "an object in each line, or a string or a list in each"),
        ("x.csv.bz2", b"no archive", r"can't be unpacked: .*; what ends in '.bz2' must be packed so"),
        ("x.csv.xz", b"no archive", r"can't be unpacked: .*; what ends in '.xz' must be packed so"),
        ("x.csv.zip", b"no archive", r"can't be unpacked: .*; what ends in '.zip' must be packed so"),
        ("x.csv.gz", b"no archive", r"can't be unpacked: .*; what ends in '.gz' must be packed so"),
        ("x.npy.gz", b"1", "what ends in '.gz' is not read"),
    ],
)
def test_damaged_and_mixed_files_are_refused_by_name(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        mg.read_rows(tmp_path / name)


def test_an_archive_of_arrays_that_is_damaged_is_not_left_open(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.arange(3))
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(content[: len(content) // 2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=r"must hold numbers or strings as numpy\.save writes them"):
            mg.read_rows(tmp_path / "x.npz")
        gc.collect()


def test_a_column_of_arrays_is_an_array(tmp_path, monkeypatch):
    frame = pd.DataFrame({"x": [np.arange(3.0), np.ones(3)]})
    (tmp_path / "x.parquet").write_bytes(b"1")
    monkeypatch.setattr(pd, "read_parquet", lambda path: frame)
    np.testing.assert_array_equal(mg.read_rows(tmp_path / "x.parquet"), [[0, 1, 2], [1, 1, 1]])


def test_an_empty_line_of_a_table_of_one_column_is_a_missing_value(tmp_path):
    (tmp_path / "x.csv").write_text("age\n40\n\n50\n")
    assert mg.read_rows(tmp_path / "x.csv")["age"].isna().tolist() == [False, True, False]


FRAME = pd.DataFrame({"x": [1.5, -0.1], "name": ["a, b", "line one\nline two"]})


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "txt"])
def test_packed_tables_and_texts_are_read(tmp_path, kind, suffix):
    path = tmp_path / f"x.{kind}{suffix}"
    if kind == "txt":
        plain = b"a rose\r\nis\r\n"
        pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}.get(suffix)
        if pack:
            path.write_bytes(pack(plain))
        else:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("deep/x.txt", plain)
        assert mg.read_rows(path) == ["a rose", "is"]
    else:
        FRAME.to_csv(path, sep="\t" if kind == "tsv" else ",", index=False, lineterminator="\r\n")
        pd.testing.assert_frame_equal(mg.read_rows(path), FRAME)


def test_a_packed_file_holds_one(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.csv.zip", "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
        archive.writestr("b.csv", "a\n1\n")
    with pytest.raises(ValueError, match=r"x.csv.zip' must hold one file, got \['a.csv', 'b.csv'\]: unpack it"):
        mg.read_rows(tmp_path / "x.csv.zip")


def test_of_several_arrays_it_is_said_how_to_choose(tmp_path):
    np.savez(tmp_path / "x.npz", a=X, b=X)
    with pytest.raises(ValueError, match=r"one array, or key='...' must say which, got arrays called \['a', 'b'\]"):
        mg.read_rows(tmp_path / "x.npz")
    np.savez(tmp_path / "one.npz", X)
    np.testing.assert_array_equal(mg.read_rows(tmp_path / "one.npz"), X)


def test_other_marks_between_values_are_told_with_what_reads_them(tmp_path):
    for content, mark in (("a;b\n1,5;2\n", ";"), ("a|b|c\n1|2|3\n", r"\|"), ("a\tb\n1\t2\n", r"\\t")):
        with pytest.raises(ValueError, match=rf"x\.csv' must .*pandas.read_csv\(path, sep='{mark}'\)"):
            mg.read_rows(written(tmp_path / "x.csv", content))
    with pytest.raises(ValueError, match=r"pandas\.read_csv"):
        mg.read_rows(written(tmp_path / "x.tsv", "a,b\n1,2\n"))


def test_every_digit_of_a_whole_number_is_read_also_beside_missing_ones(tmp_path):
    path = written(tmp_path / "x.csv", f"id,big,real\n{10**17 + 1},{10**25 + 1},1e17\n,,\n{10**17 + 3},7,2.5\n")
    found = mg.read_rows(path)
    assert found["id"].dropna().tolist() == [10**17 + 1, 10**17 + 3]
    assert [int(value) for value in found["big"].dropna()] == [10**25 + 1, 7]
    assert found["real"].dropna().tolist() == [1e17, 2.5]


@settings(max_examples=30)
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_a_number_comes_back_to_its_last_bit(tmp_path_factory, values):
    path = written(tmp_path_factory.mktemp("bits") / "x.csv", "x,y\n" + "".join(f"{value!r},a\n" for value in values))
    assert mg.read_rows(path)["x"].astype(float).tolist() == values


def test_lists_in_lines_are_rows(tmp_path):
    found = mg.read_rows(written(tmp_path / "x.jsonl", "[1, 2.5]\n[3, 4]\n"))
    np.testing.assert_array_equal(found, [[1, 2.5], [3, 4]])
    mixed = mg.read_rows(written(tmp_path / "x.jsonl", '[1, "a"]\n[3, "b"]\n'))
    assert mixed[1].tolist() == ["a", "b"]
    nested = mg.read_rows(written(tmp_path / "x.jsonl", '{"v": [1, 2], "n": 1}\n{"v": [3, 4], "n": 2}\n'))
    assert kinds.together({"train": nested}).rows["train"].shape == (2, 3)


def test_ragged_arrays_of_a_parquet_column_are_refused_by_its_name(tmp_path, monkeypatch):
    frame = pd.DataFrame({"v": [np.ones(2), np.ones(3)] * 20})
    monkeypatch.setattr(pd, "read_parquet", lambda path: frame)
    found = mg.read_rows(written(tmp_path / "x.parquet", "1"))
    with pytest.raises(TypeError, match=r"column 'v' of train must hold .* in row 1 3 numbers, where the first has 2"):
        mg.audit(found, found, found)


# What others wrote


@pytest.mark.parametrize(
    "text, columns",
    [
        ("NA,K,MG\n1,2,3\n4,5,6\n", ["NA", "K", "MG"]),
        ("K,NA,MG\n1,2,3\n", ["K", "NA", "MG"]),
        ("null,nan,None\n1,2,3\n", ["null", "nan", "None"]),
        ("n/a,#N/A\n1,2\n3,4\n", ["n/a", "#N/A"]),
        (",a,b\n0,1,2\n1,3,4\n", ["a", "b"]),
        (",a,b\n7,1,2\n3,3,4\n", ["a", "b"]),
    ],
)
def test_no_column_is_lost_whatever_it_is_called(text, columns, tmp_path, recwarn):
    assert list(mg.read_rows(written(tmp_path / "t.csv", text)).columns) == columns
    assert not recwarn.list


@pytest.mark.parametrize("text", [",a,b\nx,1,2\nx,3,4\n", ",a\n0.5,1\n0.25,3\n", ",a\n1,1\n1,3\n"])
def test_a_column_without_a_name_that_is_perhaps_no_index_is_left_out_with_a_warning(text, tmp_path):
    with pytest.warns(UserWarning, match=r"t.csv'?: the first column has no name and is left out"):
        found = mg.read_rows(written(tmp_path / "t.csv", text))
    assert "Unnamed: 0" not in found.columns


@pytest.mark.parametrize("text", ["a,b\n1,2,3\n4,5,6\n", "a,b\n1,2\n3,4,5\n", "a,b,c\n1,2\n", "a,a\n1,2\n"])
def test_a_header_that_does_not_fit_its_rows_is_refused(text, tmp_path):
    with pytest.raises(ValueError, match=r"t\.csv' must be a table of values .*: (line \d has|the first line has the)"):
        mg.read_rows(written(tmp_path / "t.csv", text))


KINDS = {
    "x.npy": lambda path: np.save(path, X),
    "x.npz": lambda path: np.savez_compressed(path, a=X, b=X),
    "x.csv": lambda path: pd.DataFrame(X).to_csv(path),
    "x.tsv": lambda path: pd.DataFrame(X).to_csv(path, sep="\t", index=False),
    "x.csv.gz": lambda path: pd.DataFrame(X).to_csv(path),
    "x.jsonl": lambda path: path.write_text('{"a": 1}\n{"a": 2}\n'),
    "x.txt": lambda path: path.write_text("a rose\nis a rose\n"),
}


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_done_to_a_file_it_is_read_or_refused_by_its_name(name, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("files") / name
    KINDS[name](path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    path.write_bytes(bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = mg.read_rows(path, "a")
        except (ValueError, OSError) as error:
            assert name in str(error)
        else:
            assert len(found)


@pytest.mark.parametrize("error", [MemoryError("9 GiB"), NotImplementedError(), OverflowError("x"), KeyError(1)])
@pytest.mark.parametrize("name", ["x.npy", "x.csv", "x.jsonl", "x.txt"])
def test_what_a_library_raises_is_told_with_the_file(name, error, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise error

    KINDS[name](tmp_path / name)
    monkeypatch.setitem(own_files._READERS, tmp_path.joinpath(name).suffix, broken)
    with pytest.raises(ValueError, match=rf"{name}' can't be read: {type(error).__name__}"):
        mg.read_rows(tmp_path / name)


@pytest.mark.skipif(os.name != "posix", reason="pipes with names are POSIX")
def test_a_pipe_is_no_file_and_is_never_opened(tmp_path):
    for name in (*KINDS, "x.parquet"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(OSError, match="path must be a file, and this is a pipe"):
            mg.read_rows(tmp_path / name)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"key": 5}, "key must be the name of an array, or None, got 5"),
        ({"na": 5}, "na must be the words that mean a missing value, or None, got 5"),
        ({"na": [0]}, "na must be the words"),
        ({"header": "no"}, "header must be True or False, got 'no'"),
        ({"path": ""}, "path must be the name of a .npy"),
        ({"path": "a\0b.csv"}, "path: .* does not exist"),
        ({"path": "\ud800.csv"}, "path: .* does not exist"),
        ({"path": "x" * 300}, "path must be the name of a .npy"),
        ({"path": "~nobody-at-all/x.csv"}, "path must be the name of a .npy"),
    ],
)
def test_an_argument_of_another_type_is_named(change, message, tmp_path):
    with pytest.raises((ValueError, TypeError, OSError), match=message):
        mg.read_rows(**({"path": written(tmp_path / "t.csv", "a,b\n1,2\n")} | change))


def test_one_word_that_means_missing_is_one_word(tmp_path):
    found = mg.read_rows(written(tmp_path / "t.csv", "a,b\nN,2\nNA,4\n"), na="NA")
    assert found["a"].tolist()[0] == "N"
    assert found["a"].isna().tolist() == [False, True]


@pytest.mark.parametrize(("place", "value", "said"), [(6, 1, "password"), (8, 99, "compression method")])
def test_a_zip_file_that_cannot_be_unpacked_says_why(tmp_path, place, value, said):
    path = tmp_path / "x.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", "a,b\n1,2\n")
    raw = bytearray(path.read_bytes())
    raw[place] = value  # in the file's own header, and in the archive's list of files
    raw[raw.index(b"PK\1\2") + place + 2] = value
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=rf"x\.csv\.zip' can't be unpacked: .*{said}"):
        mg.read_rows(path)


def test_a_word_for_a_missing_value_that_no_file_can_hold_is_refused(tmp_path):
    (tmp_path / "rows.csv").write_text("a\n1\n")
    with pytest.raises(ValueError, match="na must be words that a file can hold"):
        mg.read_rows(tmp_path / "rows.csv", na="\ud800")


def test_an_object_that_has_a_name_twice_loses_no_value(tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n{"a": 1, "a": 2}\n')
    with pytest.raises(ValueError, match=r"rows.jsonl.*line 2: an object has the name 'a' more than once"):
        mg.read_rows(tmp_path / "rows.jsonl")


@pytest.mark.parametrize("columns", [[0, 1, 2, 3, 4], [0, 1]])
def test_the_numbers_of_columns_that_pandas_writes_of_an_array_are_names(columns, tmp_path):
    rows = np.random.default_rng(0).normal(size=(30, len(columns)))
    for suffix, sep in (("csv", ","), ("tsv", "\t")):
        path = tmp_path / f"rows.{suffix}"
        pd.DataFrame(rows).to_csv(path, index=False, sep=sep)
        with warnings.catch_warnings(action="error"):
            read = mg.read_rows(path)
        assert read.columns.tolist() == list(map(str, columns))
        np.testing.assert_array_equal(read, rows)


@pytest.mark.parametrize(
    ("text", "shape", "told"),
    [
        ("0,1\n1,0\n0,0\n", (3, 2), "read as data; if it is names, say header=True"),
        ("2019,2020\n1.5,2.5\n", (2, 2), "read as data; if it is names, say header=True"),
        ("0,1\n1,\n0,0\n", (3, 2), "read as data; if it is names, say header=True"),
        ("0,1\n1,0.5\n2,0.25\n", (3, 2), "read as data; if it is names, say header=True"),
        ("0\n1.5\n2.5\n", (2, 1), "read as names; if it is data, say header=False"),
        ("0,1,2,3\n1,0,3,2\n", (1, 4), "read as names; if it is data, say header=False"),
        ("0,1,2,3\n1.0,0.0,3.0,2.0\n", (1, 4), None),
        (",".join(map(str, range(16))) + "\n" + "1," * 15 + "1\n", (1, 16), None),
        ("0,1,2,3\n", (1, 4), None),
        ("0\n1\nNA\n", (3, 1), None),
        ("3,4\n1.5,7\n", (2, 2), None),
        ("0\n1\n2\n", (3, 1), None),
        ("5\n1.5\n", (2, 1), None),
        ("0,1,2\n", (1, 3), None),
    ],
)
def test_where_a_first_line_of_numbers_may_be_either_it_is_said(text, shape, told, tmp_path):
    (tmp_path / "a.csv").write_text(text)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert mg.read_rows(tmp_path / "a.csv").shape == shape
    assert [told in str(one.message) for one in said] == ([] if told is None else [True])
