"""Many spaces, one exact test: a copy that was turned, cut or recolored is seen, and nobody pays for the looking."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from audited import table

import memgen_lite as mg
from memgen_lite.auditing.measure import measure
from memgen_lite.auditing.spaces import as_compared, chosen
from memgen_lite.shared.kinds import together

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from spans import pieces

DIGITS = mg.data.digits()
PICTURES = np.concatenate([DIGITS.train, DIGITS.held_out]).reshape(-1, 8, 8)
N = 200


def split(rng):
    """Training, held-out and fresh pictures."""
    return np.split(PICTURES[rng.permutation(len(PICTURES))[: 3 * N]], 3)


def copies(rng, alter, share=0.3):
    """Training, held-out and generated pictures, of which a share are altered copies."""
    train, held_out, fresh = split(rng)
    many = round(share * N)
    fresh[:many] = alter(train[rng.integers(N, size=many)], fresh[:many])
    return train, held_out, fresh


ALTERED = {
    "mirrored": lambda one, other: one[:, :, ::-1],
    "shifted": lambda one, other: np.roll(one, 1, axis=2),
    "left half": lambda one, other: np.concatenate([one[:, :, :4], other[:, :, 4:]], axis=2),
    "lower half": lambda one, other: np.concatenate([other[:, :4], one[:, 4:]], axis=1),
    "brightness and contrast made equal": lambda one, other: 0.5 * one + 3,
}


@pytest.mark.parametrize("space", ALTERED)
def test_an_altered_copy_is_seen_in_its_space_and_its_rows_are_named_there(space):
    train, held_out, generated = copies(np.random.default_rng(6), ALTERED[space])
    alone = mg.audit(train, held_out, generated, spaces=None)
    found = mg.audit(train, held_out, generated)
    assert alone.p_value > 0.01 and alone.copies.empty
    assert found.p_value == 0.001 and found.space == space and f"compared as '{space}'" in found.verdict
    assert len(found.copies) >= 20 and (found.copies["space"] == space).mean() > 0.8
    assert (found.copies["generated_rows"].map(min) < 60).mean() > 0.8  # of ten named, one may be there by chance
    low, high = found.dose_interval
    assert 0 < low <= 0.3 <= high
    assert space in found.describe() and space in repr(found.pairs())


def test_a_copy_as_it_is_is_named_as_well_as_in_one_space():
    train, held_out, generated = copies(np.random.default_rng(5), lambda one, other: one)
    one, many = (mg.audit(train, held_out, generated, spaces=spaces) for spaces in (None, "auto"))
    assert many.space == "pixels" and set(many.copies["train_row"]) >= set(one.copies["train_row"])
    assert "space" not in one.copies and one.stamp["spaces"] == ["pixels"] and one.p_value == many.p_value == 0.001


@pytest.mark.simulation
def test_a_blind_generator_is_accused_once_in_twenty_and_false_names_are_rare():
    """200 audits in nine spaces: 16 rejections at most, which chance exceeds in .03 of runs of a size of .05; names at
    rate .1 in one audit of ten at most, so 31 at most in all but .02 of runs."""
    rejected = named = 0
    for i in range(200):
        rng = np.random.default_rng([8, i])
        inputs = together(dict(zip(("train", "held_out", "generated"), split(rng), strict=True)))
        first, further, _, _ = chosen("auto", inputs, None)
        assert len(further) == 8
        found = measure(*inputs.rows.values(), space=first, spaces=further, n_relabelings=99, rng=rng)
        rejected += found.walk.p_value <= 0.05
        named += len(found.copies) > 0
    assert rejected <= 16 and named <= 31


def test_nothing_depends_on_which_side_a_row_is_of_but_the_sign():
    """The roles swapped, the labels' statistic is another, but hits, scores and spaces are the same."""
    train, held_out, generated = split(np.random.default_rng(1))
    sides = []
    for given in ((train, held_out, generated), (held_out, train, generated)):
        inputs = together(dict(zip(("train", "held_out", "generated"), given, strict=True)))
        sides.append(chosen("auto", inputs, None)[1])
    for name, rows in sides[0].items():
        for role, other in ((0, 1), (1, 0), (2, 2)):
            np.testing.assert_allclose(rows[role], sides[1][name][other], atol=1e-5, err_msg=name)


def test_of_frames_a_column_that_was_made_anew_hides_no_copy():
    rng = np.random.default_rng(2)
    train, held_out, generated = (table(200, rng).drop(columns="name") for _ in range(3))
    generated.iloc[:40] = train.iloc[:40]
    generated.loc[:39, "city"] = rng.permutation(generated["city"])[:40]
    generated.loc[:39, "member"] = rng.random(40) < 0.5
    found = mg.audit(train, held_out, generated)
    assert {"columns", "ranks", "without city", "without member"} <= {*found.stamp["spaces"]}
    assert found.p_value == 0.001 and len(found.copies) >= 30


def test_many_columns_are_left_out_in_groups_and_a_column_that_says_nothing_floods_no_walk():
    rng = np.random.default_rng(4)
    frames = [pd.DataFrame(rng.integers(2, size=(80, 40)), columns=[f"c{i}" for i in range(40)]) for _ in range(3)]
    found = mg.audit(*frames)
    assert sum(name.startswith("without") for name in found.stamp["spaces"]) == 16
    # Without "key" there are only two different rows, so each generated row equals one of them.
    few = [pd.DataFrame({"key": rng.normal(size=200), "a": rng.integers(2, size=200), "b": 1}) for _ in range(3)]
    few[2].iloc[:50] = few[0].iloc[:50]
    found = mg.audit(*few)
    assert found.p_value == 0.001 and {*range(50)} <= {*found.copies["train_row"]}


def test_texts_in_capitals_are_seen():
    rng = np.random.default_rng(6)
    words = np.array(["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op", "qr", "st"])
    train, held_out, fresh = [[" ".join(rng.choice(words, size=12)) for _ in range(100)] for _ in range(3)]
    made = [text.upper() for text in train[:30]] + fresh[30:]
    found = mg.audit(train, held_out, made)
    assert found.space in ("characters, case-folded", "words") and len(found.copies) >= 25


@pytest.mark.simulation
def test_a_passage_of_fifteen_words_in_one_new_text_of_twenty_is_seen_and_shown_in_its_context():
    """In 9 of 10 splits at least; the power of the walk over spans alone is in benchmarks/spans.py."""
    texts, seen = pieces(cleared=True), 0
    for i in range(10):
        rng = np.random.default_rng([11, i])
        mixed = [texts[j] for j in rng.permutation(len(texts))[:700]]
        train, held_out, made = (
            [" ".join(words) for words in part] for part in (mixed[:250], mixed[250:500], mixed[500:])
        )
        for j in range(10):
            words, new = train[j].split(), made[j].split()
            start, at = rng.integers(len(words) - 15), rng.integers(len(new))
            made[j] = " ".join([*new[:at], *words[start : start + 15], *new[at:]])
        found = mg.audit(train, held_out, made)
        seen += found.p_value <= 0.05
    assert seen >= 9
    row = found.listed[found.listed["space"] == "spans of words"].index[0]
    assert "[=" in str(found.pairs(row + 1)) and "<mark>" in found.pairs(row + 1)._repr_html_()


def test_spaces_of_the_readers_own_join_the_first_one():
    rng = np.random.default_rng(7)
    T, H, G = rng.normal(size=(3, 200, 6))
    G[:40] = T[:40, ::-1]
    found = mg.audit(T, H, G, spaces={"backward": lambda X: X + X[:, ::-1]})
    assert found.stamp["spaces"] == ["numbers", "backward"] and found.space == "backward"
    assert {*found.copies["train_row"]} >= {*range(40)}
    named = mg.audit(T, H, G, features=lambda X: X[:, :3], spaces={"backward": lambda X: X + X[:, ::-1]})
    assert named.stamp["spaces"] == ["features", "backward"] and named.p_value == 0.001


def fails(X):
    raise RuntimeError("no such layer")


@pytest.mark.parametrize(
    ("spaces", "words"),
    [
        ({"mine": fails}, r"spaces\['mine'\] failed, so that nothing was audited: no such layer"),
        ({"mine": lambda X: X[1:]}, r"spaces\['mine'\]\(train\) must be a real array \(60, d\), got shape \(59, 4\)"),
        ({"mine": lambda X: X * np.nan}, r"spaces\['mine'\]"),
        ({"mine": lambda X: X[0] if len(X) == 60 else X[:, :2]}, r"spaces\['mine'\]"),
        ({"mine": 3}, r"spaces\['mine'\] must be a function from items to an array, got 3"),
        ({"numbers": len}, "spaces must have names, a str each, other than 'numbers'"),
        ({1: len}, "spaces must have names"),
        ("pixels", "spaces must be 'auto', 'all', None or a dict of functions by name, got 'pixels'"),
        (["mirrored"], "spaces must be"),
    ],
)
def test_a_space_that_fails_is_named(spaces, words):
    X = np.random.default_rng(0).normal(size=(3, 60, 4))
    with pytest.raises((ValueError, TypeError), match=words):
        mg.audit(*X, spaces=spaces)


def test_all_spaces_beside_features_is_an_error():
    X = np.random.default_rng(0).normal(size=(3, 60, 4))
    with pytest.raises(ValueError, match="spaces='all' compares items as they are: beside features="):
        mg.audit(*X, features=lambda X: X, spaces="all")


def test_a_space_that_knows_the_split_makes_the_audit_say_it_cannot_tell():
    rng = np.random.default_rng(0)
    T, H, G = rng.normal(size=(3, 100, 4))
    found = mg.audit(T, H, G, spaces={"scaled": lambda X: (X - X.mean(axis=0)) / X.std(axis=0)})
    assert found.verdict.startswith("Can't tell") and any("spaces['scaled'](train)" in line for line in found.warnings)


@pytest.mark.parametrize("limit", ["_COSTLY", "_LARGE"])
def test_where_all_spaces_would_take_long_the_first_is_looked_at_and_that_is_said(limit, monkeypatch):
    monkeypatch.setattr(f"memgen_lite.auditing.spaces.{limit}", 1e6)
    monkeypatch.setattr("memgen_lite.auditing.spaces._standardized", None)  # nothing is made before it is known
    sides = split(np.random.default_rng(0))
    found = mg.audit(*sides)
    assert found.stamp["spaces"] == ["pixels"]
    assert any("further spaces would take long: spaces='all'" in line for line in found.warnings)
    monkeypatch.undo()
    assert len(mg.audit(*sides, spaces="all").stamp["spaces"]) == 9


def test_groups_are_relabeled_together_in_all_spaces():
    rng = np.random.default_rng(9)
    train, held_out, generated = copies(rng, ALTERED["mirrored"])
    groups = np.repeat(np.arange(100), 2), np.repeat(np.arange(100, 200), 2)
    found = mg.audit(train, held_out, generated, groups=groups)
    assert found.space == "mirrored" and found.walk.sizes == (100, 100) and len(found.copies) >= 15


@pytest.mark.parametrize(("call", "spaces", "rows"), [(2, 1, 256), (6, 1, 700), (8, 1, 700), (9, 2, 700), (10, 2, 700)])
def test_an_interrupt_leaves_the_spaces_that_were_searched(monkeypatch, call, spaces, rows):
    """The first call of each four is of a space's 700 rows, in three blocks; the fourth is of the pool among itself."""
    from memgen_lite.auditing import nearness

    T, H = np.random.default_rng(0).normal(size=(2, 50, 4))
    G = np.random.default_rng(1).normal(size=(700, 4))
    calls, merged = [], nearness._merged

    def stopped(*given):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return merged(*given)

    monkeypatch.setattr(nearness, "_merged", stopped)
    found = mg.audit(T, H, G, spaces={"turned": lambda X: X[:, ::-1], "half": lambda X: X[:, :2]})
    assert found.stamp["spaces"] == ["numbers", "turned", "half"][:spaces]
    assert found.stamp["rows"]["generated"] == rows == len(found.near.rows)
    assert sum(line.startswith("interrupted: the first") for line in found.warnings) == 1


def test_a_pair_is_shown_so_that_a_person_sees_the_likeness():
    one = PICTURES[0]
    for space, altered in (
        ("mirrored", one[:, ::-1]),
        ("shifted", np.roll(one, (2, -1), axis=(0, 1))),
        ("brightness and contrast made equal", 0.3 * one + 2),
        ("gradients", one),
    ):
        np.testing.assert_allclose(*as_compared(space, one, altered), atol=1e-6, err_msg=space)
    for space, part in (("upper half", np.s_[:4]), ("left half", np.s_[:, :4]), ("right half", np.s_[:, 4:])):
        a, b = as_compared(space, one, PICTURES[1])
        np.testing.assert_array_equal(a, one[part])
        np.testing.assert_array_equal(b, PICTURES[1][part])
    color = np.repeat(one[..., None], 3, axis=2)
    np.testing.assert_allclose(*as_compared("shifted", color, np.roll(color, 1, axis=1)))


@pytest.mark.parametrize("shape", [(1, 8), (8, 1), (3, 5), (6, 6, 3)])
def test_pictures_of_any_shape_have_spaces(shape):
    rng = np.random.default_rng(0)
    found = mg.audit(*rng.random((3, 60, *shape)), n_relabelings=99)
    assert len(found.stamp["spaces"]) >= 8 and found.p_value > 0.01
