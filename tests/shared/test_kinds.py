"""What people hand in is read once, and alike by the memory, the metrics, the evaluation and the audit."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.sparse import csr_array

import memgen_lite as mg
from memgen_lite.shared import kinds
from memgen_lite.shared.kinds import base, reading

rng = np.random.default_rng(0)
COLORS = rng.integers(0, 256, size=(3, 60, 4, 4, 3), dtype=np.uint8)
WORDS = [["".join(rng.choice(list("abcde "), size=12)) for _ in range(60)] for _ in range(3)]
FRAMES = [
    pd.DataFrame({"size": rng.normal(size=60), "city": rng.choice(["Oslo", "Rome"], 60), "n": rng.integers(9, size=60)})
    for _ in range(3)
]
SAMPLES = {
    "arrays": list(rng.normal(size=(3, 60, 5))),
    "lists of rows": rng.normal(size=(3, 60, 5)).tolist(),
    "images": list(COLORS),
    "Pillow's images": [[Image.fromarray(X) for X in part] for part in COLORS],
    "texts": WORDS,
    "series of texts": [pd.Series(part) for part in WORDS],
    "frames": FRAMES,
}


def doors(role="train"):
    """Each way in, as a function of one sample: the others are arrays."""
    T, H, G = SAMPLES["arrays"]
    given = {"train": T, "held_out": H, "generated": G}
    found = {
        "audit": lambda X: mg.audit(**(given | {role: X}), n_relabelings=19),
        "evaluate": lambda X: mg.evaluate(**(given | {role: X}), metrics=["frechet"], n_null=19),
        "compute": lambda X: mg.metrics.compute("c_t", **(given | {role: X})),
    }
    return found | {"fit": mg.MemGEN().fit} if role == "train" else found


@pytest.mark.parametrize("name", SAMPLES)
def test_every_door_takes_every_kind(name):
    T, H, G = SAMPLES[name]
    assert len(mg.MemGEN(memory="list", random_state=0).fit(T).sample(5)) == 5
    audited = mg.audit(T, H, G, n_relabelings=19)
    assert audited.exact_matches.empty
    table = mg.evaluate(T, H, G, ["frechet", "nn_accuracy"], n_null=19)
    assert np.isfinite(table.to_frame()["train"]).all()
    assert mg.metrics.compute("nn_accuracy", train=T, held_out=H, generated=T) == 0


@pytest.mark.parametrize("name", SAMPLES)
def test_the_metrics_see_the_rows_that_the_audit_sees(name):
    given = dict(zip(("train", "held_out", "generated"), SAMPLES[name], strict=True))
    rows = kinds.together(given).rows
    from_rows = mg.metrics.compute("energy", **{role: X.astype(float) for role, X in rows.items()})
    assert mg.metrics.compute("energy", **given) == from_rows


def test_a_metric_of_a_frame_of_numbers_is_in_the_units_of_its_columns():
    T, H, G = (pd.DataFrame(X * [1, 1000], columns=["m", "km"]) for X in rng.normal(size=(3, 60, 2)))
    given = {"train": T, "held_out": H, "generated": G}
    plain = {role: frame.to_numpy() for role, frame in given.items()}
    assert mg.metrics.compute("frechet", **given) == mg.metrics.compute("frechet", **plain)


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "one string": (lambda: "train.csv", "must be a collection of examples, got one str"),
    "a number": (lambda: 3, "must be a collection of examples .*got int"),
    "no axis": (lambda: np.array(3.0), "must hold examples along its first axis"),
    "a dict": (lambda: {"train": [[1.0]]}, "must be an ordered collection of examples, got a dict"),
    "a set": (lambda: {"a", "b"}, "must be an ordered collection of examples, got a set"),
    "a sparse matrix": (lambda: csr_array(np.eye(60)), r"must be dense.*toarray\(\)"),
    "a masked array": (
        lambda: np.ma.masked_less(rng.normal(size=(60, 5)), 0),
        r"must be a plain array, got a masked one; pass .*filled",
    ),
}


@pytest.mark.parametrize("role", ["train", "held_out", "generated"])
@pytest.mark.parametrize("name", REFUSED)
def test_every_door_refuses_the_same_with_the_same_words_and_the_name_of_the_argument(name, role):
    make, message = REFUSED[name]
    for door, enter in doors(role).items():
        with pytest.raises(TypeError, match=f"^{'X' if door == 'fit' else role} {message}"):
            enter(make())


def test_an_archive_of_arrays_is_not_taken_for_a_list_of_names(tmp_path):
    np.savez(tmp_path / "x.npz", train=np.eye(60))
    with (
        np.load(tmp_path / "x.npz") as archive,
        pytest.raises(TypeError, match=r"got a NpzFile; pass one of its arrays, of ..train"),
    ):
        mg.audit(archive, archive, archive)


def test_a_new_kind_of_data_is_one_class(monkeypatch):
    class Sets(base.Kind):
        """Sets of small numbers, compared by how many they do not share."""

        name = "sets"

        def read(self, X):
            return X if isinstance(X, np.ndarray) and all(isinstance(one, frozenset) for one in X) else None

        def rows(self, samples):
            return {role: np.array([[float(i in one) for i in range(9)] for one in X]) for role, X in samples.items()}

        def key(self, item):
            return item

        def html(self, one, two, *, train, places):
            return f"<td>{sorted(one ^ two)}</td>"

    monkeypatch.setattr(reading, "KINDS", (Sets(), *reading.KINDS))
    T, H, G = ([frozenset(rng.choice(9, 4).tolist()) for _ in range(60)] for _ in range(3))
    assert mg.MemGEN(memory="hash", random_state=0).fit(T).sample(1)[0] in T
    found = mg.audit(T, H, T, q=0.9, n_relabelings=19)
    assert found.stamp["kind"] == "sets" and len(found.exact_matches) == len(set(T))
    assert "<td>[]</td>" in found.pairs(1)._repr_html_()
    assert mg.metrics.compute("identical_share", train=T, generated=T) == 1
    assert mg.evaluate(T, H, G, ["frechet"], n_null=19).to_frame().loc["frechet", "rows"] == 40


def test_columns_are_left_out_at_every_door_and_doubtful_ones_are_told_of():
    frames = {
        role: frame.assign(key=np.arange(60) + 60 * i)
        for i, (role, frame) in enumerate(zip(("train", "held_out", "generated"), FRAMES, strict=True))
    }
    with pytest.warns(UserWarning, match="column 'key' has another value in each row"):
        with_key = mg.metrics.compute("energy", **frames)
    without = mg.metrics.compute("energy", **frames, ignore="key")
    plain = dict(zip(frames, FRAMES, strict=True))
    assert without == mg.metrics.compute("energy", **plain) != with_key
    table = mg.evaluate(**frames, metrics=["energy"], n_null=19, ignore=["key"])
    assert table.rows == mg.evaluate(**plain, metrics=["energy"], n_null=19).rows
    assert mg.audit(**frames, ignore="key", n_relabelings=19).p_value == mg.audit(**plain, n_relabelings=19).p_value


def test_frames_of_numbers_are_compared_column_by_column_whatever_their_order():
    T, H, G = (pd.DataFrame(X * [1, 1000], columns=["m", "km"]) for X in rng.normal(size=(3, 60, 2)))
    straight = mg.metrics.compute("frechet", train=T, held_out=H, generated=G)
    assert mg.metrics.compute("frechet", train=T, held_out=H, generated=G[["km", "m"]]) == straight
    keyed = {
        role: X.assign(id=np.arange(60) + 60 * i) for i, (role, X) in enumerate(zip("thg", (T, H, G), strict=True))
    }
    keyed = dict(zip(("train", "held_out", "generated"), keyed.values(), strict=True))
    assert mg.metrics.compute("frechet", **keyed, ignore="id") == straight
    with pytest.raises(ValueError, match="generated must have the columns of train"):
        mg.metrics.compute("frechet", train=T, generated=G.rename(columns={"m": "mile"}))


def test_how_each_column_was_read_is_told_by_audit_and_evaluate():
    frames = [
        frame.assign(
            key=np.arange(60) + 60 * i,
            since=pd.Timestamp("2024") + pd.to_timedelta(rng.permutation(60), "h"),
            name=[f"{x:010d}" for x in rng.integers(10**9, size=60)],
            city=frame["city"].where(frame["n"] > 0),
        )
        for i, frame in enumerate(FRAMES)
    ]
    missing = sum(int((frame["n"] == 0).sum()) for frame in FRAMES)
    audited = mg.audit(*frames, ignore="key", n_relabelings=19).stamp["columns_read"]
    assert [(line["name"], line["read_as"], line["missing"]) for line in audited] == [
        ("size", "number", 0), ("city", "category", missing), ("n", "number", 0), ("since", "time", 0),
        ("name", "text", 0), ("key", "ignored", 0),
    ]  # fmt: skip
    assert audited[1]["note"] == "2 levels"
    found = mg.evaluate(*frames, ["frechet"], n_null=19, ignore="key")
    assert found.stamp["columns_read"] == audited
    assert any("column 'name'" in line for line in found.warnings)
    assert mg.audit(*SAMPLES["arrays"], n_relabelings=19).stamp["columns_read"] == []


def test_the_setting_for_strings_is_left_as_it_was_found_whoever_leaves_last():
    from memgen_lite.shared.kinds.strings import python_strings

    before = pd.get_option("mode.string_storage")
    one, two = python_strings(), python_strings()
    one.__enter__()
    two.__enter__()
    one.__exit__()
    assert pd.get_option("mode.string_storage") == "python"
    two.__exit__()
    assert pd.get_option("mode.string_storage") == before
    with pytest.raises(RuntimeError), python_strings():
        raise RuntimeError
    assert pd.get_option("mode.string_storage") == before


def test_a_frame_with_lone_surrogates_comes_back_from_a_memory():
    names = pd.Index(["\ud800", "n"], dtype=object)
    frame = pd.concat([pd.Series(["a\udfff", "b"], dtype=object), pd.Series([1, 2])], axis=1).set_axis(names, axis=1)
    found = mg.MemGEN(memory="list", random_state=0).fit(frame).recite()
    assert list(found.columns) == list(names)
    assert found.iloc[:, 0].tolist() == ["a\udfff", "b"]
