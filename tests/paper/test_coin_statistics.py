"""The statistics of a study: closed forms, exact arithmetic and simulation."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from memgen_lite.paper import coin_statistics
from tests.holding import most_held


def exact_power(accuracy, n, alpha):
    """By summing over every count, with the test decided in whole numbers."""
    total = 0
    for right in range(n + 1):
        tail = sum(comb(n, count) for count in range(max(right, n - right), n + 1))
        if Fraction(2 * tail, 2**n) <= Fraction(alpha):
            total += comb(n, right) * Fraction(accuracy) ** right * (1 - Fraction(accuracy)) ** (n - right)
    return float(total)


@given(st.integers(1, 300), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_binomial_interval_inverts_the_binomial_tails(n, share, confidence):
    right, tail = round(share * n), (1 - confidence) / 2
    low, high = coin_statistics.binomial_interval(right, n, confidence)
    assert 0 <= low <= right / n <= high <= 1
    assert stats.binom.sf(right - 1, n, low) == pytest.approx(tail if right else 1, abs=1e-6)
    assert stats.binom.cdf(right, n, high) == pytest.approx(tail if right < n else 1, abs=1e-6)


@given(st.integers(1, 40), st.integers(0, 64), st.sampled_from([0.001, 0.05, 0.1, 1 / 16, 1 / 8, 0.25, 0.9]))
@settings(deadline=None)
def test_power_is_the_exact_sum_also_where_a_tail_equals_the_level(n, sixty_fourths, alpha):
    accuracy = sixty_fourths / 64
    assert coin_statistics.power(accuracy, n, alpha) == pytest.approx(exact_power(accuracy, n, alpha), abs=1e-12)


def test_power_agrees_with_simulated_tests():
    """4,000 binomial tests each; within 4.5 standard errors (error rate 2e-5 for the three)."""
    rng = np.random.default_rng(0)
    for accuracy, n in ((0.5, 50), (0.6, 100), (0.3, 40)):
        p_values = {right: stats.binomtest(right, n).pvalue for right in range(n + 1)}
        rejected = np.mean([p_values[right] <= 0.05 for right in rng.binomial(n, accuracy, 4000)])
        expected = coin_statistics.power(accuracy, n)
        assert abs(rejected - expected) < 4.5 * np.sqrt(expected * (1 - expected) / 4000)


@pytest.mark.parametrize(("accuracy", "power", "alpha"), [(0.8, 0.8, 0.05), (0.75, 0.5, 0.01), (0.1, 0.9, 0.05)])
def test_raters_needed_is_the_first_number_with_the_power(accuracy, power, alpha):
    needed = coin_statistics.raters_needed(accuracy, power, alpha)
    powers = [exact_power(accuracy, n, alpha) for n in range(1, needed + 1)]
    assert powers[-1] >= power > max(powers[:-1])


def test_raters_needed_grows_as_one_over_the_squared_advantage():
    needed = [coin_statistics.raters_needed(0.5 + advantage) for advantage in (0.01, 0.02)]
    assert needed[0] / needed[1] == pytest.approx(4, rel=0.01)
    z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    assert needed[0] == pytest.approx((z / 0.02) ** 2, rel=0.01)


@settings(max_examples=150, deadline=None)
@given(
    st.floats(0, 1).filter(lambda accuracy: abs(accuracy - 0.5) > 0.02), st.floats(0.01, 0.999), st.floats(0.001, 0.99)
)
def test_no_smaller_number_of_raters_is_enough(accuracy, power, alpha):
    found = coin_statistics.raters_needed(accuracy, power, alpha)
    powers = coin_statistics.power(accuracy, np.arange(1, found + 1), alpha)
    assert powers[-1] >= power
    assert not (powers[:-1] >= power).any()


def test_raters_beyond_counting_are_found_and_are_enough():
    found = coin_statistics.raters_needed(0.50002)
    assert found == pytest.approx(((stats.norm.isf(0.025) + stats.norm.isf(0.2)) / 4e-5) ** 2, rel=1e-3)
    powers = coin_statistics.power(0.50002, np.arange(found - 50_000, found + 1))
    assert powers[-1] >= 0.8
    assert (powers[:-1] < 0.8).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.5,), "accuracy must be so far from 0.5"),
        ((0.50001,), "accuracy must be so far from 0.5 that 10,000,000,000 raters tell it apart"),
        ((1.1,), "accuracy must be from 0 to 1"),
        ((0.7, 1.0), "power must be"),
        ((0.7, 0.8, 0), "alpha must be"),
    ],
)
def test_raters_needed_refuses_what_has_no_answer(arguments, message):
    with pytest.raises(ValueError, match=message):
        coin_statistics.raters_needed(*arguments)


def by_hand(outcomes, null, alpha):
    """The hedged capital process of Waudby-Smith and Ramdas, one number at a time."""
    more = less = 0.5
    mean, squares, variance, evidence, total = 0.5, 0.0, 0.25, [], 0.0
    for t, outcome in enumerate(outcomes, start=1):
        stake = np.sqrt(2 * np.log(2 / alpha) / (variance * t * np.log(t + 1)))
        more *= 1 + min(stake, 0.5 / null) * (outcome - null)
        less *= 1 - min(stake, 0.5 / (1 - null)) * (outcome - null)
        evidence.append(max(more, less))
        total += outcome
        mean = (0.5 + total) / (t + 1)
        squares += (outcome - mean) ** 2
        variance = (0.25 + squares) / (t + 1)
    return np.array(evidence)


@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.floats(0.02, 0.98),
    st.sampled_from([0.01, 0.05, 0.3]),
)
@settings(deadline=None)
def test_the_e_process_is_the_one_written_out(outcomes, null, alpha):
    assert coin_statistics.betting_e_process(outcomes, null, alpha) == pytest.approx(
        by_hand(outcomes, null, alpha), rel=1e-9
    )


@given(st.floats(0.05, 0.95), st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_no_gambler_gains_on_average_at_fair_odds(null, n):
    """Over all 2^n studies, weighted by their probability, each gambler's money stays one half exactly."""
    studies = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    weight = np.prod(np.where(studies, null, 1 - null), axis=1)
    money = np.exp(coin_statistics._log_capitals(studies.astype(float), np.array(null), 0.05)[..., -1])
    assert money @ weight == pytest.approx([0.5, 0.5], rel=1e-9)


def test_a_coin_is_called_no_coin_in_at_most_alpha_of_the_studies_however_often_one_looks():
    """4,000 studies with a look after each of 1,000 answers: at most 5 %, plus 3 standard errors (error rate 0.002).

    The same looks at the p-value of a binomial test reject several times as often, so the test could fail.
    """
    outcomes = np.random.default_rng(0).random((4000, 1000)) < 0.5
    ever = (coin_statistics.betting_e_process(outcomes) >= 20).any(axis=1).mean()
    assert 0.01 < ever < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4000)
    right, sizes = outcomes.cumsum(axis=1), np.arange(1, 1001)
    critical = stats.binom.isf(0.025, sizes, 0.5) + 1
    assert ((right >= critical) | (sizes - right >= critical)).any(axis=1).mean() > 0.3


def test_evidence_holds_against_raters_whose_answers_depend_on_how_they_did():
    """A rater that repeats the side that won is still a coin: right with 1/2 given the past. Error rate as above."""
    rng = np.random.default_rng(1)
    sides, answers = rng.integers(0, 2, (2000, 300)), np.zeros((2000, 300), dtype=int)
    for t in range(1, 300):
        answers[:, t] = sides[:, t - 1]
    ever = (coin_statistics.betting_e_process(answers == sides) >= 20).any(axis=1).mean()
    assert ever < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


@pytest.mark.parametrize("accuracy", [0.1, 0.5, 0.63, 0.9])
def test_the_confidence_sequence_covers_the_accuracy_at_all_times_at_once(accuracy):
    """2,000 studies of 500 answers; misses at any time in at most 5 % plus 3 standard errors (error 0.002 each)."""
    outcomes = np.random.default_rng(2).random((2000, 500)) < accuracy
    missed = (coin_statistics.betting_e_process(outcomes, accuracy) >= 20).any(axis=1).mean()
    assert missed < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


@given(st.lists(st.booleans(), min_size=1, max_size=80), st.integers(1, 999), st.sampled_from([0.05, 0.2]))
@settings(deadline=None, max_examples=50)
def test_the_confidence_sequence_holds_just_the_accuracies_that_are_not_rejected(outcomes, thousandths, alpha):
    low, high = coin_statistics.confidence_sequence(outcomes, alpha).T
    kept = coin_statistics.betting_e_process(outcomes, thousandths / 1000, alpha) < 1 / alpha
    inside = (low <= thousandths / 1000) & (thousandths / 1000 <= high)
    assert (inside | ~kept).all()
    strictly = (low + 0.0015 <= thousandths / 1000) & (thousandths / 1000 <= high - 0.0015)
    assert (kept | ~strictly).all()


def test_the_confidence_sequence_closes_in_and_mirrors():
    outcomes = np.random.default_rng(4).random(1000) < 0.7
    interval = coin_statistics.confidence_sequence(outcomes)
    assert interval.shape == (1000, 2)
    assert interval[0].tolist() == [0, 1]
    assert interval[-1][0] > 0.6
    assert interval[-1][1] < 0.8
    assert coin_statistics.confidence_sequence(~outcomes) == pytest.approx(1 - interval[:, ::-1], abs=1e-12)
    assert coin_statistics.confidence_sequence(outcomes, grid=10)[-1].tolist() == [0.6, 0.8]


def test_a_better_rater_is_told_from_a_coin_sooner():
    rng = np.random.default_rng(5)
    medians = []
    for accuracy in (0.6, 0.75, 0.95):
        crossed = coin_statistics.betting_e_process(rng.random((300, 1000)) < accuracy) >= 20
        medians.append(np.median(np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, np.inf)))
    assert medians[2] < medians[1] < medians[0] < 400


def test_outcomes_are_zero_or_one_and_a_sequence_is_one_study():
    with pytest.raises(ValueError, match=r"outcomes must be 0 or 1 each, got \[-1.\]"):
        coin_statistics.betting_e_process([1, -1])
    with pytest.raises(ValueError, match=r"shape \(n,\); got shape \(2, 3\)"):
        coin_statistics.confidence_sequence(np.zeros((2, 3)))


@given(st.integers(0, 30), st.integers(0, 30))
def test_the_posterior_is_the_beta_density_of_a_flat_prior(right, wrong):
    at = np.linspace(0, 1, 11)
    expected = stats.beta.pdf(at, 1 + right, 1 + wrong)
    assert coin_statistics.posterior([1] * right + [0] * wrong, at) == pytest.approx(expected, rel=1e-9)


def test_the_posterior_has_its_peak_at_the_share_and_the_area_one():
    at = np.linspace(0, 1, 10_001)
    density = coin_statistics.posterior([1, 1, 1, 0], at)
    assert at[density.argmax()] == 0.75
    assert np.trapezoid(density, at) == pytest.approx(1, abs=1e-6)
    assert (coin_statistics.posterior([], at) == 1).all()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: coin_statistics.power(1.5, 10), "accuracy must be numbers, from 0 to 1, got 1.5"),
        (lambda: coin_statistics.power([0.2, np.nan], 10), "accuracy must be numbers, from 0 to 1, got nan"),
        (lambda: coin_statistics.power(0.5, 0), "n must be whole numbers, 1 or more, got 0"),
        (lambda: coin_statistics.power(0.5, 9.5), "n must be whole numbers, 1 or more, got 9.5"),
        (lambda: coin_statistics.power([0.5] * 2, [9] * 3), r"accuracy and n must have shapes that fit, got \(2,\)"),
        (lambda: coin_statistics.binomial_interval(2.9, 10.9), "n must be a whole number, 1 or more, got 10.9"),
        (lambda: coin_statistics.binomial_interval(11, 10), "right must be from 0 to 10, got 11"),
        (lambda: coin_statistics.binomial_interval(1, 10, 1), "confidence must be above 0 and below 1, got 1.0"),
        (lambda: coin_statistics.raters_needed("0.6"), "accuracy must be a number from 0 to 1, got '0.6'"),
        (lambda: coin_statistics.raters_needed(np.nan), "accuracy must be a finite number from 0 to 1, got nan"),
        (lambda: coin_statistics.betting_e_process([1], null=-1), "null must be numbers, above 0 and below 1, got -1"),
        (lambda: coin_statistics.betting_e_process([1], alpha=5), "alpha must be above 0 and below 1, got 5.0"),
        (lambda: coin_statistics.betting_e_process([[1], [0]], [0.5] * 3), "null and outcomes must have shapes that"),
        (lambda: coin_statistics.betting_e_process(1), "outcomes must be an array, or a list of items of one shape"),
        (lambda: coin_statistics.confidence_sequence([1], alpha=5), "alpha must be above 0 and below 1, got 5.0"),
        (
            lambda: coin_statistics.confidence_sequence([1], grid=1.5),
            "grid must be a whole number, from 1 to 1,000,000",
        ),
        (lambda: coin_statistics.posterior([1], 1.5), "at must be numbers, from 0 to 1, got 1.5"),
        (lambda: coin_statistics.posterior(["1"], 0.5), "outcomes must be numbers, got "),
    ],
)
def test_an_argument_out_of_its_range_or_of_another_type_is_named(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_of_no_answers_there_is_no_evidence_and_accuracies_may_be_flags():
    assert coin_statistics.betting_e_process([]).shape == (0,)
    assert coin_statistics.betting_e_process(np.ones((3, 0)), [0.4, 0.5, 0.6]).shape == (3, 0)
    flags, numbers = (coin_statistics.posterior([1, 0, 1], at) for at in ([False, True], [0.0, 1.0]))
    np.testing.assert_array_equal(flags, numbers)


def test_evidence_beyond_the_largest_float_is_infinite_without_a_word():
    with np.errstate(all="raise"):
        assert coin_statistics.betting_e_process(np.ones(3000))[-1] == np.inf


def test_a_confidence_sequence_of_many_answers_holds_little_and_is_the_same_in_parts(monkeypatch):
    outcomes = np.random.default_rng(0).integers(0, 2, 300)
    whole = coin_statistics.confidence_sequence(outcomes)
    monkeypatch.setattr(coin_statistics, "_AT_ONCE", 1000)
    np.testing.assert_array_equal(coin_statistics.confidence_sequence(outcomes), whole)
    monkeypatch.undo()
    (held,) = most_held(lambda n: coin_statistics.confidence_sequence(np.ones(n)), 20_000)
    assert held < 2**27
