"""Three samples are read as rows to be compared, or refused with a reason that names the sample."""

import re

import numpy as np
import pandas as pd
import pytest

from memgen_lite import audit
from memgen_lite.auditing.inputs import ROLES, read

T, H, G = np.random.default_rng(0).normal(size=(3, 300, 6))


def test_a_category_counts_1_and_a_number_its_share_of_the_range():
    columns = {"x": [0.0, 10.0], "c": ["a", "b"]}
    rows = read(pd.DataFrame(columns), pd.DataFrame(columns), pd.DataFrame({"x": [5.0], "c": ["z"]})).rows
    assert np.sum((rows["generated"] - rows["train"][:1]) ** 2) == pytest.approx(0.25 + 1)
    assert np.sum((rows["train"][0] - rows["train"][1]) ** 2) == pytest.approx(2)


BAD = {
    "no held-out": (ValueError, "no test.*Set aside at random", {"held_out": None}),
    "no train": (ValueError, "train must be rows, got None", {"train": None}),
    "no generated": (ValueError, "generated must be rows, got None", {"generated": None}),
    "empty": (ValueError, "generated must have a row at least", {"generated": np.empty((0, 6))}),
    "empty list": (ValueError, "held_out must have a row at least|kind of train", {"held_out": []}),
    "no columns": (ValueError, "a feature at least", dict.fromkeys(ROLES, np.empty((30, 0)))),
    "other width": (ValueError, r"generated must have rows of shape \(6,\).*got \(5,\)", {"generated": T[:, :5]}),
    "one dimension": (TypeError, r"shape \(300,\).*reshape\(-1, 1\)", {"train": T[:, 0]}),
    "a name": (TypeError, "must be a collection of examples, got one str", {"train": "train.npy"}),
    "a number": (TypeError, r"must be a collection of examples \(.*\), got int", {"train": 3}),
    "strings for numbers": (TypeError, "kind of train, 'array', got 'text'", {"generated": ["a"] * 30}),
    "arrays of str": (TypeError, "must be of the kind of train, 'table', got 'array'", {"train": np.array([["a"]])}),
    "complex": (TypeError, r"of complex128; numpy\.hstack\(\[X.real", {"train": T + 1j}),
    "ragged": (ValueError, "items of one shape", {"train": [[1, 2], [3]]}),
    "features of no shape": (ValueError, r"features\(train\) must be a real array \(300, d\)", {"features": np.sum}),
    "features of two widths": (
        ValueError,
        "columns as features",
        {"features": lambda X: X[:, : 2 + (X is G)]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_a_reason(name):
    kind, message, change = BAD[name]
    given = {"train": T, "held_out": H, "generated": G} | change
    arrays = [given.pop(role) for role in ROLES]
    with pytest.raises(kind, match=message):
        read(*arrays, **given)


def test_what_is_not_finite_is_named_by_row_and_column():
    bad = T.copy()
    bad[7, 2], bad[9] = np.nan, np.inf
    with pytest.raises(ValueError, match=r"held_out must be finite.*row 7 column 2 .*row 9 column 0 .*and 2 more"):
        read(T, bad, G)
    frame = pd.DataFrame(T, columns=list("abcdef"))
    with pytest.raises(ValueError, match=r"generated must be finite.*row 3 column b"):
        read(frame, frame + 1, frame.assign(b=np.where(np.arange(300) == 3, np.inf, 0)))


def test_frames_need_the_same_columns():
    frame = pd.DataFrame(T, columns=list("abcdef"))
    with pytest.raises(ValueError, match=r"generated must have the columns of train, .*without \['c', 'd', 'e', 'f'\]"):
        read(frame, frame + 1, frame[["a", "b"]])
    with pytest.raises(ValueError, match="different names"):
        read(frame.set_axis(["a"] * 6, axis=1), frame, frame)
    with pytest.raises(TypeError, match="column 'a' must be of one kind"):
        read(frame, frame + 1, frame.assign(a="x"))


def test_a_sparse_matrix_is_sent_back():
    from scipy.sparse import csr_matrix

    with pytest.raises(TypeError, match="must be dense"):
        read(csr_matrix(T), H, G)


U = np.random.default_rng(1).random((3, 60, 4, 4))  # pictures from 0 to 1; what a tanh draws lies from -1 to 1
TWO = T[:, :2], H[:, :2], G[:, :2]


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        ((T, H, 255 * G), "train lies .* generated in .*: the same units"),
        ((U[0], U[1], 2 * U[2] - 1), "train lies in .* generated in .* of one beyond the other"),
        ((2 * U[0] - 1, 2 * U[1] - 1, U[2]), "of one beyond the other: the same units"),
        ((U[0], 2 * U[1] - 1, U[2]), "train lies in .* held_out in .* of one beyond the other"),
        ((*TWO[:2], TWO[2] * [1, 1000]), "train lies .* generated in .*: the same units"),
        (
            (TWO[0] * [1, 1000], TWO[1] * [1, 1000], TWO[2] * [1, 1000] + np.array([30, 0])),
            "column 0: train lies in .* generated in .*: the same units",
        ),
    ],
)
def test_units_that_differ_are_asked_about(samples, says):
    assert any(re.search(says, line) for line in read(*samples).notes), read(*samples).notes


def test_units_that_are_the_same_are_not_asked_about():
    border = U * (np.arange(4) % 3 > 0)  # as pictures have, where a generator is not quite black
    for samples in ((T, H, G), (T, H, 1.5 * G + 0.2), (border[0], border[1], border[2] + 0.01)):
        assert read(*samples).notes == []


def _frame(texts, name="x"):
    cells = {name: pd.Series(texts, dtype=object), "n": pd.Series(range(len(texts)))}
    frame = pd.concat(list(cells.values()), axis=1)
    return frame.set_axis(pd.Index(list(cells), dtype=object), axis=1)  # by its own choice pandas takes Arrow's strings


SURROGATES = {
    "texts": list,
    "frame": _frame,
    "frame with such a name": lambda texts: _frame(texts, "\ud800"),
    "records": lambda texts: [{"\ud800": text, "n": i} for i, text in enumerate(texts)],
    "rows": lambda texts: [(text, i) for i, text in enumerate(texts)],
    "array of objects": lambda texts: np.array([(text, i) for i, text in enumerate(texts)], dtype=object),
}


@pytest.mark.parametrize("form", SURROGATES)
def test_texts_with_lone_surrogates_are_audited_shown_and_written(form, tmp_path):
    words = ["alpha", "beta \ud800", "gam\udfffma"]
    train, held_out = ([f"{words[i % 3]} {i} {kind}" for i in range(40)] for kind in ("text", "more"))
    samples = train, held_out, [*train[:20], "\ud800"]
    found = audit(*map(SURROGATES[form], samples), n_relabelings=19)
    assert len(found.exact_matches) == 20
    found.to_html(tmp_path / "a.html", records=True)
    found.to_json(tmp_path / "a.json")
    assert "audit" in (tmp_path / "a.html").read_text("utf-8").lower()
    for shown in (repr(found), repr(found.pairs()), found.pairs()._repr_html_(), found._repr_html_()):
        shown.encode()
