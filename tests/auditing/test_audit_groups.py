"""Rows in groups: a group that is larger accuses nobody, and copies of a group are still found."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.auditing.groups import equal_sizes
from memgen_lite.auditing.measure import measure


def world(rng, of_train, of_held_out, spread, d=6):
    """Train and held-out rows of groups around centers of their own, and which group each is of."""
    sizes = of_train + of_held_out
    groups = np.repeat(np.arange(len(sizes)), sizes)
    rows = rng.normal(size=(len(sizes), d))[groups] + spread * rng.normal(size=(len(groups), d))
    n = sum(of_train)
    return rows[:n], rows[n:], groups


SIZES = {
    "10:1": ([10] * 40, [1] * 40),
    "20:1": ([20] * 40, [1] * 40),
    "1:10": ([1] * 40, [10] * 40),
    "mixed": ([1, 5, 9, 13] * 10, [1, 2, 3, 4] * 10),
}


@pytest.mark.simulation
@pytest.mark.parametrize("spread", [0, 0.1, 0.5, 1])
@pytest.mark.parametrize("name", SIZES)
def test_groups_of_other_sizes_accuse_nobody(name, spread):
    """100 blind generators: were the size 5 %, more than 11 rejections would come once in a hundred such tests."""
    rejected = 0
    for i in range(100):
        rng = np.random.default_rng([11, i])
        T, H, groups = world(rng, *SIZES[name], spread)
        G = np.sqrt(1 + spread**2) * rng.normal(size=(100, 6))
        rejected += measure(T, H, G, groups=groups, n_relabelings=99, rng=rng).walk.p_value <= 0.05
    assert rejected <= 11


def test_copies_of_larger_groups_are_found_and_named_by_their_rows():
    rng = np.random.default_rng(0)
    T, H, groups = world(rng, [5] * 80, [1] * 80, 0.3)
    G = np.concatenate([T[:200] + 0.01 * rng.normal(size=(200, 6)), rng.normal(size=(100, 6))])
    found = mg.audit(T, H, G, groups=(groups[: len(T)], groups[len(T) :]))
    assert found.p_value <= 0.01 and found.copies["train_row"].lt(200).mean() > 0.8
    assert [line for line in found.warnings if "differ in size" in line and "1 row of each of 160 groups" in line]


def test_where_sizes_do_not_differ_beyond_chance_all_rows_are_searched():
    rng = np.random.default_rng(0)
    equal = np.repeat(np.arange(20), 4)
    assert equal_sizes(equal, 40, rng) is None
    sizes = rng.integers(1, 9, size=200)
    groups = np.repeat(np.arange(200), sizes)
    assert equal_sizes(groups, sizes[:100].sum(), rng) is None


def test_as_many_rows_of_each_group_are_searched_whatever_their_order():
    rng = np.random.default_rng(0)
    groups = np.concatenate(
        [rng.permutation(np.repeat(np.arange(30), 6)), 30 + rng.permutation(np.repeat(np.arange(30), 2))]
    )
    searched = equal_sizes(groups, 180, rng)
    assert (np.bincount(groups[searched]) == 2).all()
    few = np.concatenate([np.repeat(np.arange(30), 6), 30 + np.repeat(np.arange(30), [1] + [3] * 29)])
    assert np.unique(np.bincount(few[equal_sizes(few, 180, rng)])).tolist() == [0, 3]  # the one of a row is left out


@pytest.mark.parametrize(
    "labels", [[None] * 20, [np.nan] * 20, [np.datetime64("NaT")] * 20], ids=["None", "nan", "NaT"]
)
def test_rows_without_a_label_are_named(labels):
    X, labels = np.random.default_rng(0).normal(size=(3, 20, 2)), np.array(labels)
    for groups in ((np.arange(20).astype("O"), labels), (labels, np.arange(20))):
        with pytest.raises(
            ValueError, match=r"groups must have a label for each row, got none for .* rows \[0, 1, 2\]"
        ):
            mg.audit(*X, groups=groups)


def test_a_missing_label_in_a_list_of_words_is_no_word():
    X, words = np.random.default_rng(0).normal(size=(3, 20, 2)), [f"p{i}" for i in range(19)]
    with pytest.raises(ValueError, match=r"got none for train rows \[19\]"):
        mg.audit(*X, groups=([*words, float("nan")], [f"q{i}" for i in range(20)]))
