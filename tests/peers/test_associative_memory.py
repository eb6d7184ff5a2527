"""Associative memory: its rule by brute force, its energy, what it holds and how much, and what it refuses."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError

import memgen_lite as mg

POWERS = (2, 3, 4.5, 20, np.inf)


def memory(**more):
    return mg.peers.peer("associative_memory", random_state=0, **more)


def signs(rng, *shape):
    return rng.choice([-1.0, 1.0], size=shape)


def steepness(power):
    return {2: lambda x: x**2, np.inf: np.exp}.get(power, lambda x: max(x, 0.0) ** power)


def by_hand(rows, s, power, updates):
    """One sweep by equation 3 of Krotov and Hopfield: a cell is 1 where that has the lower energy, and keeps a tie.

    What is 1e-12 of the largest term is no difference: beside it, doubles do not see one.
    """
    F, seen, s = steepness(power), s.copy(), s.copy()
    for cell in range(len(s)):
        state = seen if updates == "synchronous" else s
        others = np.arange(len(s)) != cell
        rest = rows[:, others] @ state[others]
        terms = [F(x + r) - F(r - x) for x, r in zip(rows[:, cell], rest, strict=True)]
        if abs(math.fsum(terms)) > 1e-12 * max(map(abs, terms)):
            s[cell] = np.sign(math.fsum(terms))
    return s


cases = st.tuples(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(1, 12), st.sampled_from(POWERS))


@settings(max_examples=150, deadline=None)
@given(cases, st.sampled_from(["asynchronous", "synchronous"]))
def test_a_sweep_is_the_rule_of_krotov_and_hopfield_by_brute_force(case, updates):
    seed, n, d, power = case
    rng = np.random.default_rng(seed)
    rows, asked = signs(rng, n, d), signs(rng, 4, d)
    found = memory(power=power, updates=updates, sweeps=1).fit(rows).retrieve(asked)
    np.testing.assert_array_equal(found, [by_hand(rows, s, power, updates) for s in asked])


@settings(max_examples=100, deadline=None)
@given(cases)
def test_power_2_is_the_classical_rule_of_weights(case):
    """W = sum x x' / d with a diagonal of 0, made cell by cell; a state falls to sign(W s), cell after cell."""
    seed, n, d, _ = case
    rng = np.random.default_rng(seed)
    rows, s = signs(rng, n, d), signs(rng, d)
    model = memory().fit(rows)
    weights = [[sum(x[i] * x[j] for x in rows) / d if i != j else 0.0 for j in range(d)] for i in range(d)]
    np.testing.assert_allclose(model.weights_, weights, rtol=0, atol=1e-12)
    assert model.energy([s])[0] == pytest.approx(-s @ np.array(weights) @ s / 2, abs=1e-9)
    for _ in range(100):
        before = s.copy()
        for i in range(d):
            field = round(d * sum(weights[i][j] * s[j] for j in range(d)))
            s[i] = np.sign(field) or s[i]
        if (s == before).all():
            break
    np.testing.assert_array_equal(memory().fit(rows).retrieve([s])[0], s)


@settings(max_examples=200, deadline=None)
@given(cases)
def test_the_energy_never_rises_and_what_is_at_rest_stays(case):
    seed, n, d, power = case
    rng = np.random.default_rng(seed)
    model = memory(power=power, sweeps=1).fit(signs(rng, n, d))
    state, energies = signs(rng, 5, d), []
    for _ in range(30):
        energies.append(model.energy(state))
        state = model.retrieve(state)
    energies = np.array(energies)
    assert (np.diff(energies, axis=0) <= 1e-9 * np.abs(energies).max()).all()
    rest = model.set_params(sweeps=100).retrieve(state)
    np.testing.assert_array_equal(model.retrieve(rest), rest)


@pytest.mark.parametrize("power", POWERS)
def test_the_energy_is_that_of_its_formula(power):
    rng = np.random.default_rng(1)
    rows, asked = signs(rng, 6, 10), signs(rng, 8, 10)
    overlaps = asked @ rows.T
    said = {2: -(overlaps**2 - 10).sum(1) / 20, np.inf: -np.log(np.exp(overlaps).sum(1))}
    dense = -10 * (np.maximum(overlaps / 10, 0) ** power).sum(1) if np.isfinite(power) else None
    np.testing.assert_allclose(
        memory(power=power).fit(rows).energy(asked), said.get(power, dense), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("updates", ["asynchronous", "synchronous"])
def test_orthogonal_rows_are_at_rest_and_are_found_from_near(power, updates):
    rows = np.array([[1.0]])
    while len(rows) < 16:  # Sylvester's matrices
        rows = np.block([[rows, rows], [rows, -rows]])
    model = memory(power=power, updates=updates).fit(rows[:4])
    np.testing.assert_array_equal(model.retrieve(rows[:4]), rows[:4])
    near = rows[:4] * np.where(np.arange(16) == 5, -1, 1)
    np.testing.assert_array_equal(model.retrieve(near), rows[:4])


def mean_overlap(load, d=400, seed=0):
    """How much of each stored row is still there at rest, started from the row itself."""
    rows = signs(np.random.default_rng(seed), int(load * d), d)
    return (memory().fit(rows).retrieve(rows) * rows).mean()


def test_the_classical_memory_breaks_down_near_14_random_rows_for_100_cells():
    """Amit et al. 1985: below 0.138 d rows about 97 in 100 cells of each stay, and above most is lost. 400 cells.

    One seed each. Over 40 other seeds the overlaps were 0.990 (standard deviation 0.007) and 0.40 (0.032), six and
    almost five of these from the limits: a true rule fails at fewer than one seed in 100,000.
    """
    assert mean_overlap(0.12) > 0.95
    assert mean_overlap(0.25) < 0.55


def test_a_dense_memory_keeps_what_is_far_too_much_for_the_classical_one():
    """100 cells and 60 random rows, of which a tenth of the cells is turned: all come back, and none classically."""
    rng = np.random.default_rng(2)
    rows = signs(rng, 60, 100)
    asked = rows * np.where(rng.permuted(np.tile(np.arange(100) < 10, (60, 1)), axis=1), -1, 1)
    right = {p: (memory(power=p).fit(rows).retrieve(asked) == rows).all(axis=1).mean() for p in (2, 3, np.inf)}
    assert right == {2: 0.0, 3: 1.0, np.inf: 1.0}


def test_powers_of_many_cells_are_beyond_all_floats_and_no_matter():
    rng = np.random.default_rng(3)
    rows = signs(rng, 20, 2000)
    for power in (200, 1e6, np.inf):
        model = memory(power=power).fit(rows)
        np.testing.assert_array_equal(model.retrieve(rows), rows)
        assert np.isfinite(model.energy(rows)).all()


def test_two_values_are_minus_1_and_1_or_0_and_1_and_come_back_as_they_went_in():
    rng = np.random.default_rng(4)
    rows, asked = signs(rng, 3, 20), signs(rng, 5, 20)
    for power in (2, 4):
        plain, binary = memory(power=power).fit(rows), memory(power=power).fit(rows > 0)
        assert (plain.low_, binary.low_) == (-1, 0)
        np.testing.assert_array_equal(binary.retrieve(asked > 0), plain.retrieve(asked) > 0)
        np.testing.assert_array_equal(binary.sample(7), plain.sample(7) > 0)
        np.testing.assert_array_equal(binary.energy(asked > 0), plain.energy(asked))


def test_samples_are_states_at_rest_along_a_stream():
    rows = signs(np.random.default_rng(5), 4, 60)
    model = memory(power=np.inf).fit(rows)
    first, second = model.sample(20), model.sample(20)
    assert (first != second).any()
    np.testing.assert_array_equal(model.retrieve(first), first)
    assert all((rows == row).all(axis=1).any() for row in first)
    np.testing.assert_array_equal(memory(power=np.inf).fit(rows).sample(20), first)


def test_two_states_that_take_turns_end_with_the_sweeps():
    """Two cells that want to be alike, updated at once, change places for ever."""
    model = memory(updates="synchronous", sweeps=7).fit([[1, 1], [-1, -1]])
    assert model.retrieve([[1, -1]]).tolist() == [[-1, 1]]
    assert model.set_params(sweeps=8).retrieve([[1, -1]]).tolist() == [[1, -1]]
    assert model.set_params(updates="asynchronous").retrieve([[1, -1]]).tolist() == [[-1, -1]]


def test_a_saved_one_goes_on_as_the_one_in_memory(tmp_path):
    rows = signs(np.random.default_rng(6), 4, 30) > 0
    one = memory(power=np.inf).fit(rows)
    one.sample(3)
    one.save(tmp_path / "one")
    loaded = mg.peers.load(tmp_path / "one")
    assert loaded.get_params() == one.get_params()
    np.testing.assert_array_equal(loaded.sample(9), one.sample(9))
    np.testing.assert_array_equal(loaded.retrieve(rows), one.retrieve(rows))
    np.testing.assert_array_equal(loaded.energy(rows), one.energy(rows))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[0.5, 1.0], [1.0, 0.0]], "X must hold two values, -1 and 1 or 0 and 1, .*got 0.5"),
        ([[-1, 1], [1, 0]], "X must hold two values, .* in all rows the same, got -1"),
        ([[2, 1], [1, 2]], "X must hold two values, .*got 2"),
        ([[np.nan, 1], [1, 0]], "X must be finite"),
        ([[1, -1]], "2 rows at least"),
    ],
)
def test_rows_of_other_values_are_refused_by_name(X, message):
    with pytest.raises(ValueError, match=message):
        memory().fit(X)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"power": 1}, ValueError, "power must be from 2 to 1,000,000, or infinity, got 1"),
        ({"power": "2"}, TypeError, "power must be a number from 2 to 1,000,000, or infinity, got '2'"),
        ({"power": np.nan}, ValueError, "power must be a finite number"),
        ({"updates": "random"}, ValueError, "updates must be one of asynchronous, synchronous, got 'random'"),
        ({"sweeps": 0}, ValueError, "sweeps must be 1 or more, got 0"),
        ({"sweeps": 1.5}, TypeError, "sweeps must be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused_by_name_when_it_is_fitted_and_when_it_is_asked(wrong, error, message):
    rows = [[1, -1], [1, 1]]
    with pytest.raises(error, match=message):
        memory(**wrong).fit(rows)
    with pytest.raises(error, match=message):
        memory().fit(rows).set_params(**wrong).retrieve(rows)


def test_queries_are_of_the_values_that_were_stored_and_an_unfitted_one_says_so():
    model = memory().fit([[1, -1], [1, 1]])
    for ask in (model.retrieve, model.energy):
        with pytest.raises(ValueError, match="X must hold two values, -1 and 1, as the stored rows do, got 0"):
            ask([[0, 1]])
    for ask in (lambda: memory().weights_, lambda: memory().retrieve([[1, 1]]), memory().sample):
        with pytest.raises((NotFittedError, AttributeError), match="is not fitted yet"):
            ask()
