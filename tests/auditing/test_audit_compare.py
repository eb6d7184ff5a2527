"""Two generators compared: who copies more is found, and the luck of the split convicts neither."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, ttest_ind

import memgen_lite as mg
from memgen_lite.auditing import Comparison, compare
from memgen_lite.auditing import contrast as contrasting
from memgen_lite.auditing.contrast import _SURE, contrast
from memgen_lite.auditing.evidence import closeness, exponent
from memgen_lite.auditing.nearness import nearness


def normal(rng, m):
    return rng.normal(size=(m, 6))


def wide(rng, m):
    return 1.5 * rng.normal(size=(m, 6))


def mixture(rng, m):
    return rng.normal(size=(20, 6))[rng.integers(20, size=m)] + 0.5 * rng.normal(size=(m, 6))


def collapsed(rng, m):
    return rng.normal(size=(10, 6))[rng.integers(10, size=m)] + 0.05 * rng.normal(size=(m, 6))


def contrasted(seed, a, b, sizes=(200, 200), many=(150, 150), copied=(0, 0), n_relabelings=99):
    """Two generators that are blind but for a share of rows that they copy, before one pool."""
    rng = np.random.default_rng([11, seed])
    T, H = (rng.normal(size=(size, 6)) for size in sizes)
    generated = []
    for make, m, share in zip((a, b), many, copied, strict=True):
        G, copies = make(rng, m), rng.random(m) < share
        G[copies] = T[rng.integers(len(T), size=copies.sum())] + 0.05 * rng.normal(size=(copies.sum(), 6))
        generated.append(G)
    near = nearness(T, H, np.concatenate(generated), rng=rng)
    return contrast(near, np.arange(sum(many)) < many[0], sizes, n_relabelings=n_relabelings, rng=rng)


def p_value(found):
    return min(1, 2 * min(found.p_values))


@pytest.mark.simulation
@pytest.mark.parametrize("sizes", [(200, 200), (240, 60), (60, 240)])
def test_of_two_blind_generators_one_is_convicted_in_one_of_twenty_splits_at_most(sizes):
    """200 comparisons, four pairs of unlike quality; more than 21 would be once in 1,000 tests at a rate of 5 %."""
    pairs = (normal, wide), (normal, mixture), (normal, collapsed), (mixture, collapsed)
    found = [contrasted(i, *pair, sizes, (200, 80)) for pair in pairs for i in range(50)]
    assert sum(p_value(one) <= 0.05 for one in found) <= 21


def test_the_rows_alone_are_fooled_by_the_luck_of_the_split():
    """Which is why labels are dealt too: a generator that has collapsed is often nearer to one side by luck."""
    found = [contrasted(i, normal, collapsed) for i in range(60)]
    assert np.mean([2 * min(one.rows) <= 0.05 for one in found]) > 0.3
    assert np.mean([2 * min(one.labels) <= 0.05 for one in found]) <= 0.15


@pytest.mark.simulation
@pytest.mark.parametrize("pair", [(wide, normal), (mixture, collapsed)])
@pytest.mark.parametrize("sizes", [(200, 200), (240, 60)])
def test_two_that_copy_equally_often_are_told_apart_in_one_of_twenty_at_most(sizes, pair):
    """100 comparisons; more than 13 would be once in 1,000 tests at a rate of 5 %."""
    found = [contrasted(i, *pair, sizes, (150, 150), (0.2, 0.2)) for i in range(100)]
    assert sum(p_value(one) <= 0.05 for one in found) <= 13


def test_one_that_copies_a_fifth_is_told_from_one_that_copies_a_twentieth():
    found = [contrasted(i, wide, wide, many=(200, 200), copied=(0.2, 0.05)) for i in range(20)]
    assert sum(p_value(one) <= 0.05 and one.statistic > 0 for one in found) >= 18


def test_the_interval_holds_the_difference_of_the_generators():
    """160 intervals of 95 %; fewer than 140 would be less often than once in 1,000 tests."""
    held = 0
    for i in range(40):
        for a, b, copied in (
            (normal, normal, (0, 0)),
            (normal, collapsed, (0, 0)),
            (wide, normal, (0.2, 0.2)),
            (wide, wide, (0.3, 0.05)),
        ):
            low, high = contrasted(i, a, b, copied=copied, n_relabelings=19).interval
            held += low <= copied[0] - copied[1] <= high
    assert held >= 140


@pytest.mark.simulation
def test_samples_of_one_generator_have_p_values_that_are_uniform():
    """Of dealt rows, up to their steps of 1/100; p of the test is below .001 once in 1,000 such tests."""
    found = [contrasted(i, wide, wide, copied=(0.2, 0.2)) for i in range(150)]
    assert kstest([one.rows[0] - 0.005 for one in found], "uniform").pvalue > 0.001
    assert np.mean([p_value(one) <= 0.05 for one in found]) <= 0.1


def test_the_statistic_is_that_of_welch_and_the_dose_that_of_the_audit():
    rng = np.random.default_rng(0)
    T, H, A, B = (rng.normal(size=(n, 4)) for n in (90, 60, 80, 70))
    A[:20] = T[:20] + 0.1
    near = nearness(T, H, np.concatenate([A, B]), rng=rng)
    of_a = np.arange(150) < 80
    found = contrast(near, of_a, (90, 60), n_relabelings=99, rng=rng)
    weight = np.minimum(closeness(near.ratio, exponent(near.distances), 6), _SURE) / _SURE
    score = weight * np.where(near.row < 90, 1, -0.6 / 0.4)
    assert found.statistic == pytest.approx(ttest_ind(score[of_a], score[~of_a], equal_var=False).statistic)
    assert found.scores == pytest.approx((score[of_a].mean(), score[~of_a].mean()))
    compared = mg.audit_compare(T, H, A, B)
    for name, G in (("a", A), ("b", B)):
        alone = mg.audit(T, H, G)
        assert compared.doses[name] == pytest.approx(alone.dose)
        assert compared.dose_intervals[name] == pytest.approx(alone.dose_interval, abs=0.06)


def test_relabeled_statistics_are_those_of_the_relabeled_rows(monkeypatch):
    """The sums over hits against the scores of each row, one labeling after the other."""
    rng = np.random.default_rng(1)
    T, H, G = rng.normal(size=(3, 30, 3))
    near = nearness(T[:20], H, np.concatenate([G, T]), rng=rng)
    of_a, share = np.arange(60) < 30, 0.4
    hits = np.unique(near.row)
    dealt = np.concatenate([(hits < 20)[None], rng.random((25, len(hits))) < share])
    real = contrasting.labelings

    def given(labels, *more):
        return iter([dealt]) if len(labels) == len(hits) else real(labels, *more)

    assert len(hits) != 60  # so that these are told from labels of rows
    monkeypatch.setattr(contrasting, "labelings", given)
    found = contrast(near, of_a, (20, 30), n_relabelings=25, rng=rng)
    weight = np.minimum(closeness(near.ratio, exponent(near.distances), 6), _SURE) / _SURE
    expected = []
    for labels in dealt:
        score = weight * (labels[np.searchsorted(hits, near.row)] - share) / (1 - share)
        expected.append(ttest_ind(score[of_a], score[~of_a], equal_var=False).statistic)
    larger, smaller = np.mean(np.round(expected, 9) >= round(expected[0], 9)), np.mean(expected <= expected[0] + 1e-9)
    assert found.labels == pytest.approx((larger, smaller))


def test_which_one_is_called_a_matters_for_the_sign_alone():
    rng = np.random.default_rng(2)
    T, H, A, B = rng.normal(size=(4, 120, 4))
    A[:12] = T[:12] + 0.1
    one, other = mg.audit_compare(T, H, A, B[:70]), mg.audit_compare(T, H, B[:70], A)
    assert one.contrast.statistic == pytest.approx(-other.contrast.statistic)
    assert one.dose_difference == pytest.approx(-other.dose_difference)
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]))
    assert one.p_greater == pytest.approx(other.p_less, abs=0.05)
    assert one.p_value == pytest.approx(other.p_value, abs=0.1)


def test_rows_compared_with_themselves_differ_in_nothing():
    T, H, G = np.random.default_rng(3).normal(size=(3, 80, 4))
    for rows in (G, T, np.zeros((9, 4))):
        found = mg.audit_compare(T, H, rows, rows, n_relabelings=99)
        assert found.p_value == 1 and found.dose_difference == 0 and found.contrast.statistic == 0
        assert found.interval[0] < 0 < found.interval[1]


def test_who_copies_more_is_said_in_a_sentence_and_drawn():
    rng = np.random.default_rng(4)
    T, H, A, B = rng.normal(size=(4, 200, 6))
    B[:50] = T[:50] + 0.02
    found = mg.audit_compare(T, H, A, B)
    assert isinstance(found, Comparison) and found.verdict.startswith("b copies more than a: doses ")
    assert found.p_value == 2 * found.p_less == pytest.approx(0.002) and found.interval[1] < 0
    assert repr(found) == found.verdict and found.verdict in found._repr_html_()
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["verdict"] == found.verdict and told["rows"] == dict.fromkeys(("train", "held_out", "a", "b"), 200)
    drawn = found.plot()
    assert found.verdict in drawn.alt and len(drawn.figure.axes[0].get_yticklabels()) == 3
    fresh = mg.audit_compare(T, H, A, rng.normal(size=(150, 6)))
    assert fresh.verdict.startswith("No sign that one copies more than the other: ")
    turned = replace(found, dose_difference=0.1)
    assert turned.verdict.startswith("b copies more closely, if not more often, than a: ")


def test_where_the_split_was_not_by_chance_nothing_is_told():
    rng = np.random.default_rng(5)
    T, H, A = rng.normal(size=(3, 150, 4))
    found = mg.audit_compare(T, H + 2, A, T, n_relabelings=99)
    assert found.verdict.startswith("Can't tell which copies more: held-out rows are not like training rows")
    assert any("held-out rows are like training rows? No" in line for line in found.warnings)
    assert "Warning: " in repr(found)
    told = mg.audit_compare(T, H, A, T, features=lambda X: X - X.mean(axis=0), n_relabelings=99)
    assert told.broken == "features know which sample a row is of"


def test_texts_and_tables_are_compared_too():
    rng = np.random.default_rng(6)
    words = np.array(["rose", "is", "a", "to", "be", "or", "not", "the", "cat", "sat", "on", "mat", "hat"])
    T, H, A, B = ([" ".join(rng.choice(words, 6)) for _ in range(60)] for _ in range(4))
    assert mg.audit_compare(T, H, T[:30], B, n_relabelings=99).p_greater == 0.01
    frames = [pd.DataFrame({"x": rng.normal(size=80), "c": rng.choice(list("uvw"), 80), "id": i}) for i in range(4)]
    T, H, A, B = frames
    found = mg.audit_compare(T, H, A, T.assign(id=9), ignore="id", n_relabelings=99)
    assert found.p_less == 0.01 and "id" in [column["name"] for column in found.stamp["columns_read"]]


def test_an_interrupted_search_compares_the_rows_of_both_that_were_searched(monkeypatch):
    T, H, A, B = np.random.default_rng(7).normal(size=(4, 100, 3))

    def cut(*rows, **options):
        near = nearness(*rows, **options)
        return replace(near, rows=near.rows[:90], distances=near.distances[:90], tied=near.tied[:90])

    monkeypatch.setattr(compare, "nearness", cut)
    found = mg.audit_compare(T, H, A, B, n_relabelings=99)
    assert found.stamp["rows"]["a"] + found.stamp["rows"]["b"] == 90 and min(found.stamp["rows"].values()) > 20
    assert "interrupted: 90 of 200 generated rows were searched: of these alone" in found.warnings


X = np.random.default_rng(8).normal(size=(30, 3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": X[:, :2]}, "^a must have rows of shape"),
        ({"b": np.full((4, 3), np.nan)}, "^b must be finite"),
        ({"b": ["a text"]}, "^b must be of the kind of train"),
        ({"a": X[:0]}, "^a must have a row"),
        ({"b": None}, "^b must be rows, got None"),
        ({"held_out": None}, "^held_out=None"),
        ({"held_out": X}, "^every row of held_out is a row of train"),
        ({"metric": "manhattan"}, "^metric must be one of"),
        ({"n_relabelings": 38}, "^n_relabelings must be 39 or more"),
        ({"features": 3}, "^features must be a function"),
        ({"ignore": "name"}, "^ignore must"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(change, message):
    given = {"train": X, "held_out": -X, "a": X, "b": X} | change
    with pytest.raises((ValueError, TypeError), match=message):
        mg.audit_compare(**given)
