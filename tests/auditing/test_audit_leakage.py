"""Dependence on training rows, told apart from copying them."""

import numpy as np
import pytest
from scipy.stats import binom

import memgen_lite as mg
from memgen_lite.auditing import leakage as scores
from memgen_lite.auditing.leakage import leakage
from memgen_lite.shared.neighbors import neighbors


def learned_frequencies(rng):
    """Genomes drawn from the allele frequencies of the training rows: nothing is copied."""
    p = rng.beta(2, 2, size=100)
    T, H = ((rng.random((300, 100)) < p).astype(float) for _ in range(2))
    return T, H, (rng.random((300, 100)) < T.mean(axis=0)).astype(float)


def fitted_gaussian(rng):
    T, H = rng.normal(size=(2, 300, 16))
    return T, H, rng.multivariate_normal(T.mean(axis=0), np.cov(T.T), size=300)


BLIND = {
    "wider": lambda rng: (*rng.normal(size=(2, 60, 8)), 1.5 * rng.normal(size=(90, 8))),
    "heavy tails, few held out": lambda rng: np.split(rng.standard_t(2, size=(250, 4)), [150, 180]),
    "binary": lambda rng: (rng.random((3, 60, 30)) < 0.2).astype(float),
    "more columns than rows": lambda rng: rng.normal(size=(3, 40, 90)),
    "constant": lambda rng: np.ones((3, 40, 2)),
}


@pytest.mark.parametrize("law", BLIND)
def test_a_blind_generator_is_said_to_depend_on_nothing_in_nineteen_of_twenty(law):
    """Each in 150 repeats: at most as many as chance exceeds once in a thousand runs."""
    p = []
    for i in range(150):
        rng = np.random.default_rng([3, i])
        p.append(leakage(*BLIND[law](rng), n_relabelings=99, rng=rng)[0])
    assert np.sum(np.array(p) <= 0.05) <= binom.ppf(0.999, 150, 0.05)


@pytest.mark.parametrize("law", [learned_frequencies, fitted_gaussian])
def test_what_was_learned_is_seen_in_nine_of_ten_though_nothing_was_copied(law):
    """27 of 30 at least, where the power is 1.00 in 120 repeats."""
    found = [leakage(*law(rng := np.random.default_rng([5, i])), n_relabelings=99, rng=rng)[0] for i in range(30)]
    assert np.mean(np.array(found) <= 0.05) >= 0.9


def test_the_audit_says_so_and_accuses_nobody_of_copying():
    found = mg.audit(*learned_frequencies(np.random.default_rng(3)))
    assert found.leakage_p_value <= 0.01 and found.p_value > 0.05 and found.copies.empty
    assert found.depends.startswith("Apart from distances, it depends on its training rows (p = 0.003, most of all by")
    assert found.verdict.startswith("No sign of copying") and found.depends in " ".join(repr(found).split())
    assert found.depends in found._repr_html_() and found.to_dict()["leakage_p_value"] == found.leakage_p_value
    assert {*found.leakage} == {"means", "likelihood", "neighbors"}


def test_where_rows_are_no_random_part_dependence_is_not_told_either():
    rng = np.random.default_rng(0)
    T, H, G = rng.normal(size=(200, 5)), rng.normal(size=(200, 5)) + 3, rng.normal(size=(200, 5))
    assert mg.audit(T, H, G).depends.startswith("Whether it depends on its training rows can't be told")


def test_groups_are_relabeled_together():
    """Persons of 10 equal rows each: relabeled one by one, rows of 30 persons a side would be far too sure."""
    p = []
    for i in range(100):
        rng = np.random.default_rng([7, i])
        T, H, G = (np.repeat(rng.normal(size=(30, 5)), 10, axis=0) for _ in range(3))
        units = np.repeat(np.arange(60), 10)
        p.append(leakage(T, H, G, units, n_relabelings=99, rng=rng)[0])
    assert np.sum(np.array(p) <= 0.05) <= binom.ppf(0.999, 100, 0.05)


def test_of_more_rows_than_are_looked_at_a_sample_is(monkeypatch):
    monkeypatch.setattr("memgen_lite.auditing.leakage._ROWS", 500)
    monkeypatch.setattr("memgen_lite.auditing.leakage._NEAR", 100)
    asked = []

    def searched(queries, points, *given, **options):
        asked.append((len(queries), len(points)))
        return neighbors(queries, points, *given, **options)

    monkeypatch.setattr("memgen_lite.auditing.leakage.neighbors", searched)
    rng = np.random.default_rng(0)
    T, H = rng.normal(size=(2, 400, 300))
    G = T.mean(axis=0) + rng.normal(size=(1000, 300))
    assert leakage(T, H, G, n_relabelings=99, rng=rng)[0] <= 0.05 and asked == [(100, 500), (100, 100)]


@pytest.mark.parametrize(("n", "d"), [(150, 3000), (1100, 1300)])
def test_the_leading_directions_of_wide_rows_are_those_of_their_singular_vectors(n, d):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) * np.concatenate([np.linspace(30, 10, 64), np.ones(d - 64)])
    X -= X.mean(axis=0)
    found = scores._leading(X, rng)
    assert np.abs(found.T @ found - np.eye(64)).max() < 1e-9
    assert np.linalg.svd(found.T @ np.linalg.svd(X, full_matrices=False)[2][:64].T)[1].min() > 1 - 1e-9


def test_rows_of_few_different_values_have_no_more_directions_than_these():
    X = np.repeat(np.random.default_rng(0).normal(size=(5, 2000)), 20, axis=0)
    X -= X.mean(axis=0)
    assert scores._leading(X, np.random.default_rng(0)).shape == (2000, 4)


def test_nothing_as_large_as_the_square_of_the_columns_is_made_of_wide_rows(monkeypatch):
    """A picture of 64 x 64 pixels in color has 12,288 columns: their covariance would take 1.2 GB, and minutes."""
    sides = []

    def watched(function):
        return lambda X, *args, **kwargs: sides.append(max(X.shape)) or function(X, *args, **kwargs)

    monkeypatch.setattr(np.linalg, "eigh", watched(np.linalg.eigh))
    monkeypatch.setattr(np, "cov", watched(np.cov))
    rng = np.random.default_rng(0)
    T, H = rng.normal(size=(2, 80, 12_288)).astype(np.float32)
    blurred = T.mean(axis=0) + 0.1 * rng.normal(size=(80, 12_288)).astype(np.float32)
    p, alone = leakage(T, H, blurred, n_relabelings=99, rng=rng)
    assert p <= 0.05 and alone["means"] == 0.01
    assert max(sides) <= 1024
    p, _ = leakage(T, H, rng.normal(size=(80, 12_288)), n_relabelings=99, rng=rng)
    assert p > 0.05


def test_fewer_of_the_widest_rows_are_looked_at(monkeypatch):
    monkeypatch.setattr(scores, "_VALUES", 10_000)
    monkeypatch.setattr(scores, "_FEWEST", 50)
    seen = []
    monkeypatch.setattr(scores, "_standardized", lambda *both: seen.extend(map(len, both)) or both)
    leakage(*np.random.default_rng(0).normal(size=(3, 300, 100)), n_relabelings=19, rng=np.random.default_rng(0))
    leakage(*np.random.default_rng(0).normal(size=(3, 300, 1000)), n_relabelings=19, rng=np.random.default_rng(0))
    assert seen == [100, 100, 50, 50]
