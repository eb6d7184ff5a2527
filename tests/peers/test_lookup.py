"""MemGEN as a classifier: its oracle, its ties, its labels, and what it refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score
from sklearn.neighbors import KNeighborsClassifier

import memgen_lite as mg


def lookup(**more):
    return mg.peers.peer("memgen_classifier", random_state=0, **more)


@settings(max_examples=100, deadline=None)
@given(
    arrays(np.int8, st.tuples(st.integers(2, 12), st.just(2)), elements=st.integers(-2, 2)),
    arrays(np.int8, (6, 2), elements=st.integers(-3, 3)),
    st.integers(0, 2**32 - 1),
)
def test_shares_are_those_of_the_labels_that_are_exactly_nearest_by_brute_force(X, asked, seed):
    """Whole numbers of a small grid, where ties and duplicates are the rule."""
    y = np.random.default_rng(seed).choice(["a", "b", "c"], size=len(X))
    model = lookup().fit(X, y)
    for row, shares, label in zip(asked, model.predict_proba(asked), model.predict(asked), strict=True):
        squares = ((X.astype(int) - row) ** 2).sum(axis=1)
        nearest = y[squares == squares.min()]
        expected = [(nearest == name).mean() for name in model.classes_]
        np.testing.assert_allclose(shares, expected, rtol=0, atol=1e-12)
        assert label == model.classes_[np.argmax(np.round(expected, 9))]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_without_ties_it_is_scikit_learns_nearest_neighbor(metric):
    rng = np.random.default_rng(0)
    X, y, asked = rng.normal(size=(300, 5)), rng.integers(4, size=300), rng.normal(size=(200, 5))
    other = KNeighborsClassifier(1, metric=metric).fit(X, y)
    np.testing.assert_array_equal(lookup(metric=metric).fit(X, y).predict(asked), other.predict(asked))


def test_the_shares_of_a_stored_row_are_the_law_that_memgen_has_of_its_label():
    rng = np.random.default_rng(1)
    X, y = rng.integers(3, size=(500, 2)), rng.integers(3, size=500)
    pairs = mg.MemGEN().fit(np.column_stack([X, y]))
    alone = mg.MemGEN().fit(X)
    shares = lookup().fit(X, y).predict_proba(X)
    for label in range(3):
        both = np.exp(pairs.score_samples(np.column_stack([X, np.full(500, label)])) - alone.score_samples(X))
        np.testing.assert_allclose(shares[:, label], both, atol=1e-12)


@pytest.mark.parametrize("kind", [int, str, bool])
def test_labels_of_any_kind_come_back_as_they_were(kind):
    X = np.arange(12.0).reshape(6, 2)
    y = np.array([0, 1, 1, 0, 1, 0]).astype(kind)
    model = lookup().fit(X, y)
    assert model.predict(X).dtype == y.dtype
    np.testing.assert_array_equal(model.predict(X), y)
    np.testing.assert_array_equal(model.fit(X, pd.Series(y)).predict(X), y)


def test_random_labels_are_all_known_and_say_nothing_of_other_rows():
    """Ten labels of 900 digits at random: a tenth of 897 others by chance, within four standard errors."""
    digits = mg.data.digits()
    y = np.random.default_rng(0).integers(10, size=900)
    model = lookup().fit(digits.train, y)
    assert model.score(digits.train, y) == 1
    assert model.score(digits.held_out, digits.y_held_out) == pytest.approx(0.1, abs=4 * (0.09 / 897) ** 0.5)
    assert lookup().fit(digits.train, digits.y).score(digits.held_out, digits.y_held_out) > 0.98


def test_features_give_the_distance():
    X, y = np.array([[0.0, 9.0], [1.0, 0.0]]), ["left", "right"]
    assert lookup().fit(X, y).predict([[0.0, 1.0]]) == ["right"]
    assert lookup(features=lambda rows: rows[:, :1]).fit(X, y).predict([[0.0, 1.0]]) == ["left"]


def test_many_ties_are_counted_in_bounded_parts(monkeypatch):
    from memgen_lite.peers import lookup as module

    X, y = np.ones((40, 3)), np.arange(40) % 4 == 0
    asked = np.random.default_rng(0).normal(size=(30, 3))
    whole = lookup().fit(X, y).predict_proba(asked)
    monkeypatch.setattr(module, "_PAIRS", 50)
    np.testing.assert_array_equal(lookup().fit(X, y).predict_proba(asked), whole)
    np.testing.assert_allclose(whole, [[0.75, 0.25]] * 30)


def test_it_draws_what_it_stores():
    X = np.random.default_rng(0).normal(size=(20, 3))
    model = lookup().fit(X, np.arange(20))
    drawn = model.sample(50)
    np.testing.assert_array_equal(drawn, X[model.predict(drawn)])


def test_a_saved_one_answers_as_the_one_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)), rng.choice(["no", "yes"], size=50)
    one = lookup(metric="cosine").fit(X, y)
    one.save(tmp_path / "one")
    loaded = mg.peers.load(tmp_path / "one")
    assert loaded.get_params() == one.get_params()
    np.testing.assert_array_equal(loaded.predict(-X), one.predict(-X))
    np.testing.assert_array_equal(loaded.sample(9), one.sample(9))
    assert accuracy_score(y, loaded.predict(X)) == loaded.score(X, y) == 1
    with pytest.raises(TypeError, match=r"can't be saved: it holds a builtins\.function"):
        lookup(features=lambda rows: rows).fit(X, y).save(tmp_path / "two")
    assert not (tmp_path / "two").exists()


@pytest.mark.parametrize(
    ("wrong", "X", "y", "message"),
    [
        ({}, np.ones((4, 2)), [1, 2], "y must hold a label for each of 4 rows, got 2"),
        ({}, np.ones((4, 2)), None, "requires y to be passed, but the target y is None"),
        ({}, np.ones((4, 2)), [0.5, 1.5, 2.5, 3.1], "Unknown label type: continuous"),
        ({}, np.full((4, 2), np.nan), [1, 2, 1, 2], "X must be finite"),
        ({}, np.ones((1, 2)), [1], "2 rows at least"),
        ({"metric": "manhattan"}, np.ones((4, 2)), [1, 2, 1, 2], "metric must be one of euclidean, cosine"),
        ({"metric": "cosine"}, np.zeros((4, 2)), [1, 2, 1, 2], "X must have no row of zeros"),
        ({"features": "pixels"}, np.ones((4, 2)), [1, 2, 1, 2], "features must .* got 'pixels'"),
        ({"features": lambda X: X[:1]}, np.ones((4, 2)), [1, 2, 1, 2], "features must return 4 rows .*got shape"),
        ({"features": lambda X: X / 0}, np.ones((4, 2)), [1, 2, 1, 2], r"features\(X\) must be numbers, got inf"),
        ({"features": lambda X: None}, np.ones((4, 2)), [1, 2, 1, 2], r"features\(X\) must be"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_hostile_rows_labels_and_settings_are_refused_by_name(wrong, X, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        lookup(**wrong).fit(X, y)
