"""The coin and the raters it replaces: closed forms and simulation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from memgen_lite import coin


def distinct_pictures(count, seed=0):
    return np.random.default_rng(seed).permutation(4096)[:count].reshape(count, 1, 1).astype(float)


def test_a_flip_is_minus_one_or_one_and_fair():
    """Two-sided binomial test of 20,000 flips at level 0.001, with a fixed seed."""
    flips = coin.RademacherCoin(0).flip(20_000)
    assert set(flips) == {-1, 1}
    assert stats.binomtest(int((flips == 1).sum()), 20_000).pvalue > 0.001


def test_the_seed_repeats_the_flips_and_a_coin_goes_on_along_its_stream():
    one, other = coin.RademacherCoin(3), coin.RademacherCoin(np.random.default_rng(3))
    first = one.flip(50)
    assert (first == other.flip(50)).all()
    assert (first != one.flip(50)).any()
    assert coin.RademacherCoin(0).flip(0).shape == (0,)


def test_a_coin_refuses_what_is_no_number_of_flips_and_no_pair():
    with pytest.raises(ValueError, match="n must be 0 or more, got -1"):
        coin.RademacherCoin(0).flip(-1)
    with pytest.raises(ValueError, match=r"same shape, got \(3, 2\) and \(4, 2\)"):
        coin.RademacherCoin(0).judge(np.zeros((3, 2)), np.zeros((4, 2)))


def test_the_coin_looks_at_nothing():
    pictures = distinct_pictures(40)
    one = coin.RademacherCoin(5).judge(pictures, pictures[::-1])
    assert (one == coin.RademacherCoin(5).judge(pictures * 0, pictures)).all()


def test_a_session_is_right_where_the_answer_is_the_side_of_the_real_picture():
    real, generated = distinct_pictures(60), -1 - distinct_pictures(60)

    class Seer:
        def judge(self, left, right):
            assert ((left >= 0) != (right >= 0)).all()
            return np.where(left.ravel() >= 0, -1, 1)

    class Left:
        def judge(self, left, right):
            return np.full(len(left), -1)

    assert coin.session(Seer(), real, generated, 0).all()
    always_left = coin.session(Left(), real, generated, 0)
    assert 0 < always_left.sum() < 60
    assert (always_left == (coin.RademacherCoin(0).flip(60) == -1)).all()
    with pytest.raises(ValueError, match="same shape, got"):
        coin.session(Left(), real, generated[:5])


def test_a_session_of_a_coin_is_right_half_the_time():
    """Binomial test of 20,000 answers at level 0.001, with a fixed seed."""
    zeros = np.zeros((20_000, 1))
    right = coin.session(coin.RademacherCoin(1), zeros, zeros, random_state=2).sum()
    assert stats.binomtest(int(right), 20_000).pvalue > 0.001


def test_an_elephant_calls_what_it_saw_before_generated_and_nothing_else():
    a, b, c, d = distinct_pictures(4)[:, None]
    elephant = coin.Elephant(0)
    assert elephant.judge(a, b) in (-1, 1)
    assert elephant.judge(a, c) == 1
    assert elephant.judge(d, c) == -1
    both_seen = [coin.Elephant(seed).judge(np.stack([a, a])[:, 0], np.stack([b, b])[:, 0])[1] for seed in range(30)]
    assert set(both_seen) == {-1, 1}


@pytest.mark.parametrize("seed", range(8))
def test_an_elephant_remembers_by_value_not_by_type(seed):
    elephant = coin.Elephant(seed)
    elephant.judge(np.array([[0.0]]), np.array([[1.0]]))
    assert elephant.judge(np.array([[-0.0]]), np.array([[7.0]])) == 1
    assert elephant.judge(np.array([[9]]), np.array([[1]])) == -1


def test_an_elephant_is_a_coin_where_nothing_repeats():
    """MemGEN-P: the same answers as a coin with the same seed, all the way through the memory."""
    real, memory = distinct_pictures(300)[:150], distinct_pictures(300)[150:]
    outcomes = [coin.session(rater(7), real, memory, 8) for rater in (coin.Elephant, coin.RademacherCoin)]
    assert (outcomes[0] == outcomes[1]).all()


def test_an_elephant_beats_the_coin_on_memgen_u_as_the_closed_form_says():
    """2,000 sessions of 60 trials on 20 memories; each trial's accuracy within 4.5 standard errors (error 4e-4)."""
    rng, memory, real = np.random.default_rng(0), 1.0 + np.arange(20.0)[:, None], -np.arange(60.0)[:, None]
    sessions = [coin.session(coin.Elephant(rng), real, memory[rng.integers(0, 20, 60)], rng) for _ in range(2000)]
    expected = coin.elephant_accuracy(20, np.arange(1, 61))
    error = np.sqrt(expected * (1 - expected) / 2000)
    assert (np.abs(np.mean(sessions, axis=0) - expected) < 4.5 * error).all()
    assert expected[0] == 0.5
    assert expected[-1] > 0.97


def test_a_librarian_is_always_right_about_copies_of_what_it_read_and_a_coin_about_the_rest():
    train, fresh = distinct_pictures(200)[:100], distinct_pictures(200)[100:]
    assert coin.session(coin.Librarian(train, 0), fresh, train, 1).all()
    assert not coin.session(coin.Librarian(train, 0), train, fresh, 1).any()
    unread = coin.session(coin.Librarian(train[:0], 0), fresh, train, 1)
    assert (unread == coin.session(coin.RademacherCoin(0), fresh, train, 1)).all()


@given(st.integers(1, 400), st.integers(0, 60))
def test_the_birthday_probability_is_the_product(n_memories, draws):
    none = Fraction(1)
    for drawn in range(draws):
        none *= max(Fraction(n_memories - drawn, n_memories), 0)
    assert coin.duplicate_probability(n_memories, draws) == pytest.approx(float(1 - none), abs=1e-12)


def test_the_birthday_probability_takes_arrays_and_knows_38_for_a_thousand():
    table = coin.duplicate_probability(1000, np.array([[0, 1, 37], [38, 1000, 1001]]))
    assert table.shape == (2, 3)
    assert (table[0, :2] == 0).all() and not np.signbit(table).any()
    assert table[0, 2] < 0.5 < table[1, 0]
    assert table[1, 2] == 1


def test_raters_judge_texts_too():
    train, fresh = ["a rose", "is a rose"], ["a weed", "is a weed"]
    assert coin.session(coin.Librarian(train, 0), fresh, train, 1).all()
    elephant = coin.Elephant(0)
    elephant.judge(["a"], ["b"])
    assert elephant.judge(["c"], ["a"])[0] == -1
    assert elephant.judge(["b"], ["d"])[0] == 1


@pytest.mark.parametrize(
    "answers", [[True, False], [0, 1], None, ["left", "right"], [1], [-1.0, 1.5], [[1, 1]]], ids=repr
)
def test_a_rater_that_answers_otherwise_is_refused(answers):
    rater = type("Rater", (), {"judge": lambda self, left, right: answers})()
    with pytest.raises(ValueError, match="rater must judge 2 pairs by -1, where the left one is real, or 1, got"):
        coin.session(rater, np.zeros(2), np.ones(2), random_state=0)


def test_a_level_whose_quantiles_are_not_found_is_refused():
    for call in (lambda: coin.power(0.6, 100, 1e-16), lambda: coin.raters_needed(0.6, 0.8, 1e-300)):
        with pytest.raises(ValueError, match="alpha must be 1e-15 or more and below 1"):
            call()
    n = coin.raters_needed(0.6, 0.8, 1e-15)
    assert coin.power(0.6, n, 1e-15) >= 0.8 > coin.power(0.6, n - 1, 1e-15)
