"""The parameter `data` of the pages: names, files, folders, and what it can't be."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import memgen_lite as mg


def test_a_name_is_the_data_set_with_its_own_parts_and_labels():
    found, digits = mg.data.load("digits"), mg.data.digits()
    np.testing.assert_array_equal(found.train, digits.train)
    np.testing.assert_array_equal(found.held_out, digits.held_out)
    np.testing.assert_array_equal(found.y, digits.y)
    assert mg.data.load("moons").train.shape == (1000, 2)
    assert mg.data.load("cats").train.dtype == np.uint8


def test_the_rows_of_a_file_are_shared_out_by_lot_and_every_row_is_in_one_part(tmp_path):
    np.save(tmp_path / "mine.npy", np.arange(60).reshape(30, 2))
    found = mg.data.load(tmp_path / "mine.npy")
    assert (found.train.shape, found.held_out.shape, found.name) == ((15, 2), (15, 2), "mine")
    assert sorted(np.concatenate([found.train, found.held_out])[:, 0]) == list(range(0, 60, 2))
    assert "mine.npy" in found.credit
    assert found.train.tolist() != np.arange(30).reshape(15, 2).tolist()


def test_a_table_and_texts_become_numbers_and_pictures_stay_pictures(tmp_path):
    pd.DataFrame({"age": [1, 2, 3, 4], "town": list("abab")}).to_csv(tmp_path / "table.csv", index=False)
    assert mg.data.load(tmp_path / "table.csv").train.shape == (2, 3)
    (tmp_path / "lines.txt").write_text("one\ntwo\nthree\nfour\n")
    assert mg.data.load(tmp_path / "lines.txt").train.shape == (2, 512)
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        Image.new("RGB", (70, 70), (i, 0, 0)).save(tmp_path / "pictures" / f"{i}.png")
    assert mg.data.load(tmp_path / "pictures").held_out.shape == (2, 64, 64, 3)


def test_texts_are_lists_of_lines_without_blank_ones(tmp_path):
    (tmp_path / "poem.txt").write_text("a rose\n\nis\na rose\n  \nis\n")
    found = mg.data.load(str(tmp_path / "poem.txt"), "texts")
    assert sorted(found.train + found.held_out) == ["a rose", "a rose", "is", "is"]
    prose = mg.data.load("prose", "texts")
    assert prose.train == mg.data.prose().train


@pytest.mark.parametrize(
    ("data", "kind", "error", "told"),
    [
        ("lost.npy", "numbers", FileNotFoundError, "'lost.npy' does not exist"),
        ("digits", "texts", TypeError, "a text file, one text a line; got 'digits'"),
        (3, "numbers", TypeError, "got int"),
        ("moons", "texts", TypeError, "the kind 'array', not texts"),
    ],
)
def test_what_data_cannot_be_is_said_in_an_error_that_names_it(data, kind, error, told):
    with pytest.raises(error, match=r"^data must be one of cats, digits") as raised:
        mg.data.load(data, kind)
    assert told in str(raised.value)


def test_too_few_rows_are_refused(tmp_path):
    np.save(tmp_path / "few.npy", np.eye(9))
    with pytest.raises(ValueError, match=r"data must be .*, 10 rows at least; got '.*few.npy' with 9"):
        mg.data.load(tmp_path / "few.npy", least=10)
