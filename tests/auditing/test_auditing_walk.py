"""The walk: every relabeling enumerated, the prefix rule by a loop, and what a tie may not change."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chisquare, hypergeom, kstest

from memgen_lite.auditing.evidence import closeness, combined, divergence, exponent, shares
from memgen_lite.auditing.walk import labelings as relabelings
from memgen_lite.auditing.walk import resolution, smallest_p, standardized_excess, walk


def labelings(n, sizes):
    """All assignments of the labels to a pool, at its first n rows: bool array (some, n)."""
    rows = range(sum(sizes))
    return np.array([[i in chosen for i in range(n)] for chosen in map(set, combinations(rows, sizes[0]))])


def statistic(scores, train, share):
    """The largest log likelihood ratio at the end of a step, where there are more of train than their share."""
    largest = 0.0
    for limit in sorted(set(scores)):
        within = [label for score, label in zip(scores, train, strict=True) if score <= limit]
        n, a = len(within), sum(within)
        if a > share * n:
            law = binom(n, share), binom(n, a / n)
            largest = max(largest, law[1].logpmf(a) - law[0].logpmf(a))
    return largest


CASES = {
    "no ties": ([0.1, 0.2, 0.3, 0.4, 0.5], (4, 4)),
    "ties": ([0.2, 0.2, 0.2, 0.4, 0.5], (4, 4)),
    "all tied": ([0.2] * 5, (4, 4)),
    "few held out": ([0.5, 0.1, 0.2, 0.2], (6, 2)),
    "few to train on": ([0.5, 0.1, 0.2, 0.2], (2, 6)),
    "all are hit": ([0.3, 0.1, 0.2, 0.2, 0.7, 0.6], (3, 3)),
    "one hit": ([0.3], (3, 3)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_null_distribution_is_that_of_all_relabelings(name):
    """Over all labelings: each has the p-value that enumeration gives it, to 5 standard errors of 4,000 relabelings."""
    scores, sizes = CASES[name]
    share, weights = sizes[0] / sum(sizes), np.ones(len(scores))
    every = labelings(len(scores), sizes)
    exact = np.array([statistic(scores, labels, share) for labels in every])
    distinct = np.unique(every, axis=0)
    for labels in distinct:
        found = walk(scores, labels, weights, sizes, n_relabelings=4000, rng=np.random.default_rng(1))
        observed = statistic(scores, labels, share)
        assert found.parts["walk"][0] == pytest.approx(observed, abs=1e-9)
        p = np.mean(exact >= observed - 1e-9)
        assert found.p_value == (1 + np.count_nonzero(found.null >= found.statistic)) / 4001
        assert abs(found.p_value - p) <= 5 * np.sqrt(p * (1 - p) / 4000) + 1 / 4001


@pytest.mark.parametrize("name", CASES)
def test_the_test_is_exact_at_every_level(name):
    """P(p <= a) <= a for p-values by enumeration: what the relabelings estimate is valid without an approximation."""
    scores, sizes = CASES[name]
    exact = np.array([statistic(scores, labels, sizes[0] / sum(sizes)) for labels in labelings(len(scores), sizes)])
    p_values = np.array([np.mean(exact >= value - 1e-9) for value in exact])
    for level in np.unique(p_values):
        assert np.mean(p_values <= level) <= level + 1e-12


@pytest.mark.parametrize(("n", "sizes"), [(3, (3, 2)), (4, (2, 4)), (5, (3, 2)), (1, (1, 1))])
def test_relabelings_are_those_of_a_shuffled_pool(n, sizes):
    """Chi-squared goodness of fit of 20,000 relabelings, fixed seed, at level .001."""
    code = 2 ** np.arange(n)
    every = labelings(n, sizes) @ code
    true, *dealt = relabelings(np.arange(n) < sizes[0], sizes, 20_000, np.random.default_rng(0))
    np.testing.assert_array_equal(true, [np.arange(n) < sizes[0]])
    found = np.concatenate(dealt) @ code
    assert len(found) == 20_000
    expected = np.bincount(every, minlength=2**n) / len(every)
    possible = expected > 0
    counts = np.bincount(found, minlength=2**n)
    assert not counts[~possible].any()
    assert possible.sum() == 1 or chisquare(counts[possible], 20_000 * expected[possible]).pvalue > 1e-3


@settings(max_examples=100, deadline=None)
@example(28495956, 1, 0.6)  # a single hit, held out, at a rate below q: nobody is named, at no level
@example(800918195, 11, 0.3)  # at a rate of exactly q, 12/15 * 3/8, which floats put above it: named
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.05, 0.1, 0.3, 0.6]))
def test_rows_are_named_by_the_longest_prefix(seed, n, q):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, rng.integers(1, 60), size=n) / 10
    sizes = tuple(n + rng.integers(0, 5, size=2))
    train = rng.random(n) < rng.random()
    found = walk(scores, train, rng.integers(1, 9, size=n), sizes, q=q, n_relabelings=19, rng=rng)
    named = np.zeros(n, dtype=bool)
    for limit in sorted(set(scores)):
        within = scores <= limit
        a, b = np.count_nonzero(train & within), np.count_nonzero(~train & within)
        rate = Fraction(int(sizes[0] * (1 + b)), int(sizes[1] * max(a, 1)))
        if rate <= Fraction(str(q)):
            named, level = train & within, rate
    np.testing.assert_array_equal(found.named, named)
    assert named.sum() == 0 or named.sum() >= found.resolution == resolution(sizes, q)
    if named.any():
        assert found.level == pytest.approx(float(level)) and not found.suspects.any()
    if found.suspects.any():
        assert found.p_value <= 0.05 and found.level == sizes[0] / sizes[1] / found.suspects.sum() <= 0.25
        assert scores[found.suspects].max() < scores[~train].min(initial=np.inf) and not (found.suspects & ~train).any()
    assert np.isnan(found.level) == (not (named | found.suspects).any())
    assert (np.diff(scores[found.order]) >= 0).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_the_order_of_the_hits_changes_nothing(seed, n):
    """Statistic, rates and dose are bitwise those of the permuted hits, ties and all; so is the law of p."""
    rng = np.random.default_rng(seed)
    scores, train, weights = rng.integers(0, 9, size=n), rng.random(n) < 0.5, rng.integers(1, 5, size=n)
    order = rng.permutation(n)
    one = walk(scores, train, weights, (n, n), n_relabelings=19, rng=np.random.default_rng(1))
    two = walk(scores[order], train[order], weights[order], (n, n), n_relabelings=19, rng=np.random.default_rng(1))
    assert one.statistic == two.statistic and one.p_value == two.p_value
    assert one.dose == two.dose
    np.testing.assert_array_equal(one.null, two.null)
    np.testing.assert_array_equal(one.named[order], two.named)
    np.testing.assert_array_equal(one.suspects[order], two.suspects)


@pytest.mark.parametrize("seed", range(4))
def test_the_combined_test_is_exact_at_every_level(seed):
    """All labelings of a pool of 4 and 4, six rows touched: P(p <= a) <= a, with each labeling as the true one."""
    rng = np.random.default_rng(seed)
    every = labelings(6, (4, 4))
    scores, weights, lean = rng.integers(1, 5, size=6) / 5, rng.integers(1, 4, size=6), rng.random(6)
    statistics = [
        np.array([statistic(scores, labels, 0.5) for labels in every]),
        every @ closeness(scores, 2.0, 6),
        every @ lean,
    ]
    score = combined(statistics, (0.25, 0.5, 0.25))
    p_values = (score >= score[:, None]).mean(axis=1)
    for level in np.unique(p_values):
        assert np.mean(p_values <= level) <= level + 1e-12
    evidence = {"closeness": (0.5, closeness(scores, 2.0, 6)), "lean": (0.25, lean)}
    for i in (0, 20, 60):
        found = walk(scores, every[i], weights, (4, 4), evidence=evidence, n_relabelings=3000, rng=rng)
        assert found.p_value == pytest.approx(p_values[i], abs=0.06)
        assert found.parts["lean"][0] == pytest.approx(every[i] @ lean)


def test_rows_that_are_no_hits_are_evidence_and_no_step():
    evidence = {"lean": (0.5, np.array([1.0, 2.0, 5.0, 0.5]))}
    scores = [0.3, np.inf, np.inf, 0.1]
    found = walk(
        scores, [True, True, False, False], [2, 0, 0, 1], (5, 5), evidence=evidence, rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(found.order, [3, 0])
    np.testing.assert_array_equal(found.steps["hits"], [1, 2])
    assert found.parts["lean"][0] == 3 and found.dose == pytest.approx(1 / 3)
    assert not found.named.any() and not found.suspects.any()


def test_closeness_is_the_log_likelihood_ratio_of_its_two_hypotheses():
    """Under even rows in d dimensions, ratios d1/d6 have the law that the weights assume: uniform u, 2,000 draws."""
    for d in (1, 2, 5):
        rng = np.random.default_rng(d)
        distances = np.sort(rng.random((2000, 6)), axis=1) ** (1 / d)  # distances of rows that lie evenly in a ball
        assert exponent(distances) == pytest.approx(d, rel=0.08)
        u = 0.1 / np.expm1(closeness(distances[:, 0] / distances[:, -1], d, 6))
        assert kstest(u, "uniform").pvalue > 1e-3
    assert exponent(np.ones((5, 6))) == exponent(np.ones((5, 1))) == 1
    np.testing.assert_allclose(closeness(np.array([0.0, 1.0]), 3, 1), np.log1p(0.1 / np.array([1e-12, 1])))


def test_shares_split_ties_and_sum_to_1():
    distances = np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 1.0], [1.0, 2.0, 4.0], [0.0, 0.0, 0.0]])
    found = shares(distances, 2.0)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found[0], [0.5, 0.5, 0])
    np.testing.assert_allclose(found[[1, 3]], 1 / 3)
    np.testing.assert_allclose(found[2] / found[2, 0], [1, 1 / 4, 1 / 16])


def test_the_divergence_is_one_sided_and_0_at_the_share():
    np.testing.assert_array_equal(divergence(np.array([0, 1, 5]), np.array([3, 2, 10]), 0.5), 0)
    assert divergence(np.array([4]), np.array([4]), 0.25)[0] == pytest.approx(4 * np.log(4))


def test_swapping_the_labels_turns_the_dose_around():
    rng = np.random.default_rng(0)
    scores, train, weights = rng.random(50), rng.random(50) < 0.5, rng.integers(1, 5, size=50)
    one = walk(scores, train, weights, (60, 60), rng=np.random.default_rng(1))
    two = walk(scores, ~train, weights, (60, 60), rng=np.random.default_rng(1))
    assert one.dose == pytest.approx(-two.dose)
    assert one.p_swapped == pytest.approx(two.p_value, abs=0.05) and two.p_swapped == pytest.approx(
        one.p_value, abs=0.05
    )
    np.testing.assert_allclose(one.steps["train"] + two.steps["train"], one.steps["hits"])


def test_dose_is_0_at_the_share_of_train_and_1_if_train_alone_is_hit():
    rng = np.random.default_rng(0)
    even = walk(np.arange(4.0), [True, True, True, False], [1, 1, 1, 1], (30, 10), rng=rng)
    assert even.dose == pytest.approx(0)
    copier = walk(np.arange(40.0), np.ones(40, dtype=bool), np.ones(40), (40, 40), rng=rng)
    assert copier.dose == 1 and copier.dose_interval[1] == 1 and copier.dose_interval[0] > 0.85
    assert copier.p_value == 1 / 1000 and copier.named.all() and copier.level == 1 / 40
    avoider = walk(np.arange(40.0), np.zeros(40, dtype=bool), np.ones(40), (40, 40), rng=rng)
    assert avoider.dose == -1 and avoider.dose_interval == (0, 0)


@pytest.mark.parametrize(("sizes", "weights"), [((60, 60), 1), ((100, 20), 1), ((60, 60), 9), ((30, 90), 3)])
def test_the_interval_covers_what_was_copied(sizes, weights):
    """Blind hits beside copies: at nominal 95 %, 93 % or more of 500, less 2 standard errors (1.9 %)."""
    rng = np.random.default_rng(3)
    covers = 0
    for _ in range(500):
        labels = np.arange(sum(sizes)) < sizes[0]
        blind = rng.choice(sum(sizes), size=30, replace=False)
        copied = rng.choice(sizes[0], size=10, replace=False)
        mass = np.zeros(sum(sizes))
        mass[blind] += rng.integers(1, 2 * weights, size=30)
        rest = mass.sum()
        mass[copied] += weights
        hit = np.flatnonzero(mass)
        found = walk(rng.random(len(hit)), labels[hit], mass[hit], sizes, n_relabelings=199, rng=rng)
        low, high = found.dose_interval
        covers += low <= 1 - rest / mass.sum() <= high
    assert covers / 500 >= 0.93 - 0.019


def test_the_smallest_p_is_that_of_hits_all_of_train():
    assert smallest_p(3, (10, 2), 999) == pytest.approx(hypergeom.pmf(3, 12, 10, 3))
    assert smallest_p(200, (300, 300), 999) == 1 / 1000
    assert smallest_p(5, (3, 30), 10**9) == pytest.approx(hypergeom.pmf(3, 33, 3, 3))  # the first three


def test_the_excess_has_mean_0_and_variance_1_when_labels_are_coins():
    found = np.arange(11)
    law = hypergeom(10**6, 3 * 10**5, 10).pmf(found)
    excess = standardized_excess(found, 10, 0.3)
    assert law @ excess == pytest.approx(0, abs=1e-3) and law @ excess**2 == pytest.approx(1, rel=1e-3)
