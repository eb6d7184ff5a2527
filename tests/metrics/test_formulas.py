"""The formula of every card, computed as it is written, without any search, shortcut or shared result.

`HELD` says which test holds the formula of which metric, as many stand in other files: a metric without one fails.
"""

import ast
import functools
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

import memgen_lite as mg

M = mg.metrics
HELD = {
    "frechet": "test_oracles:test_frechet_is_that_of_the_matrix_square_root",
    "frechet_inf": "test_formulas:test_frechet_inf_is_where_the_line_of_least_squares_meets_the_axis",
    "mmd_rbf": "test_oracles:test_sums_over_pairs_are_those_of_full_matrices",
    "mmd_poly": "test_oracles:test_sums_over_pairs_are_those_of_full_matrices",
    "kid": "test_formulas:test_kid_is_the_mean_over_subsets_drawn_without_replacement",
    "energy": "test_oracles:test_sums_over_pairs_are_those_of_full_matrices",
    "sliced_wasserstein": "test_formulas:test_sliced_wasserstein_is_the_rooted_mean_over_the_circle_for_any_sizes",
    "mind": "test_known_values:test_mind_is_3_d_times_the_squared_sliced_distance",
    "max_sliced_wasserstein": "test_oracles:test_max_sliced_wasserstein_is_no_less_than_any_direction_found_by_force",
    "wasserstein": "test_oracles:test_wasserstein_is_the_best_of_all_permutations",
    "nn_accuracy": "test_formulas:test_nn_accuracy_shares_a_row_among_all_its_nearest",
    "c2st_logistic": "test_formulas:test_c2st_logistic_is_the_accuracy_at_the_least_of_the_loss_that_its_card_has",
    "c2st_knn": "test_formulas:test_c2st_knn_is_the_accuracy_of_a_weighted_vote",
    "precision": "test_oracles:test_coverage_metrics_are_those_of_full_distance_matrices",
    "recall": "test_oracles:test_coverage_metrics_are_those_of_full_distance_matrices",
    "density": "test_oracles:test_coverage_metrics_are_those_of_full_distance_matrices",
    "coverage": "test_oracles:test_coverage_metrics_are_those_of_full_distance_matrices",
    "alpha_precision": "test_known_values:test_alpha_precision_is_the_integral_that_it_is_defined_by",
    "beta_recall": "test_formulas:test_beta_recall_is_the_integral_that_it_is_defined_by",
    "vendi": "test_formulas:test_vendi_is_the_entropy_of_the_whole_kernel_matrix",
    "authenticity": "test_oracles:test_copying_metrics_are_those_of_full_distance_matrices",
    "c_t": "test_formulas:test_c_t_counts_the_pairs_of_each_cell",
    "mifid": "test_known_values:test_mifid_divides_by_the_cosine_distance_below_its_threshold",
    "dcr_share": "test_formulas:test_ties_between_near_rows_count_a_half",
    "nndr": "test_oracles:test_copying_metrics_are_those_of_full_distance_matrices",
    "identical_share": "test_formulas:test_counts_of_equal_rows_are_those_of_all_pairs",
    "birthday_support": "test_formulas:test_counts_of_equal_rows_are_those_of_all_pairs",
    "fld": "test_formulas:test_feature_likelihoods_are_those_of_the_mixtures_written_out",
    "fld_gap": "test_formulas:test_feature_likelihoods_are_those_of_the_mixtures_written_out",
    "membership_auc": "test_formulas:test_ties_between_near_rows_count_a_half",
    "domias": "test_oracles:test_copying_metrics_are_those_of_full_distance_matrices",
    "lambda_gamma_copying": "test_oracles:test_lambda_gamma_copying_is_what_all_balls_say",
}


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def lattice(seed, rows, side=4, d=2):
    """Rows of few values, so that many distances are equal."""
    return np.random.default_rng(seed).integers(side, size=(rows, d)).astype(float)


@functools.cache
def functions(name):
    """The source of each function of a file beside this one."""
    text = (Path(__file__).parent / f"{name}.py").read_text("utf-8")
    parts, lines = ast.parse(text).body, text.splitlines()
    return {p.name: "\n".join(lines[p.lineno - 1 : p.end_lineno]) for p in parts if isinstance(p, ast.FunctionDef)}


def test_every_metric_has_a_test_that_holds_its_formula():
    assert sorted(HELD) == sorted(M.names())
    for metric, place in HELD.items():
        module, _, test = place.partition(":")
        written = functions(module)
        body = written[test] + "".join(text for name, text in written.items() if f"{name}(" in written[test])
        assert metric in body, f"{place} does not call {metric}"
        assert "assert" in written[test]


# Moments and pairs -------------------------------------------------------------------------------


@pytest.mark.parametrize("repeats", [False, True])
@pytest.mark.parametrize(("n", "d"), [(50, 2), (50, 20), (50, 90), (90, 50), (90, 90)])
def test_frechet_inf_is_where_the_line_of_least_squares_meets_the_axis(n, d, repeats):
    """15 sizes from a tenth of the rows to all, each drawn without replacement; the reference stays whole."""
    T, G = normal(0, n, d), 1.5 * normal(1, 60, d) + 1
    G = G[np.arange(60) // 2] if repeats else G
    draws, sizes = np.random.default_rng(7), np.unique(np.round(np.linspace(6, 60, 15)).astype(int))
    assert len(sizes) == 15
    values = [M.frechet(T, None, G[draws.choice(60, size, replace=False)]) for size in sizes]
    design = np.column_stack([np.ones(15), 1 / sizes])
    at_0 = np.linalg.lstsq(design, np.array(values), rcond=None)[0][0]
    assert M.frechet_inf(T, None, G, random_state=7) == pytest.approx(at_0, rel=1e-9)


def test_kid_is_the_mean_over_subsets_drawn_without_replacement():
    T, G = normal(0, 30, 3), 1.2 * normal(1, 25, 3)
    draws, values = np.random.default_rng(5), []
    for _ in range(4):
        X, Y = (Z[draws.choice(len(Z), 10, replace=False)] for Z in (T, G))
        pairs = [(i, j) for i, j in product(range(10), repeat=2) if i != j]
        inner = [np.mean([(Z[i] @ Z[j] / 3 + 1) ** 3 for i, j in pairs]) for Z in (X, Y)]
        values.append(sum(inner) - 2 * np.mean([(x @ y / 3 + 1) ** 3 for x in X for y in Y]))
    found = M.kid(T, None, G, subsets=4, subset_size=10, random_state=5)
    assert found == pytest.approx(np.mean(values), rel=1e-10)


# Transport ---------------------------------------------------------------------------------------


def test_sliced_wasserstein_is_the_rooted_mean_over_the_circle_for_any_sizes():
    """The circle by 720 angles. The squares along 20,000 random directions deviate by less than their mean, so that the
    relative standard error of the root is below 1/(2 sqrt(20,000)) = .35 %; the tolerance is four of these.
    """
    X, Y = normal(0, 6, 2) * [1, 3], normal(1, 4, 2)
    angles = (np.arange(720) + 0.5) * np.pi / 720
    squares = []
    for t in np.column_stack([np.cos(angles), np.sin(angles)]):
        x, y = np.repeat(np.sort(X @ t), 4), np.repeat(np.sort(Y @ t), 6)  # each row as often as makes both 24
        squares.append(np.mean((x - y) ** 2))
    assert np.std(squares) < np.mean(squares)
    found = M.sliced_wasserstein(X, None, Y, projections=20_000)
    assert found == pytest.approx(np.sqrt(np.mean(squares)), rel=0.014)


# Two-sample tests --------------------------------------------------------------------------------


def test_nn_accuracy_shares_a_row_among_all_its_nearest():
    T, G = lattice(0, 30), lattice(1, 22)
    rows, ours = np.concatenate([T, G]), np.repeat([0, 1], [30, 22])
    apart = cdist(rows, rows)
    right = []
    for i in range(52):
        others = np.arange(52) != i
        nearest = others & (apart[i] == apart[i][others].min())
        right.append(np.mean(ours[nearest] == ours[i]))
    assert any(0 < share < 1 for share in right)
    expected = (np.mean(right[:30]) + np.mean(right[30:])) / 2
    assert M.nn_accuracy(T, None, G) == pytest.approx(expected, rel=1e-12)


def halves(T, G, seed):
    """Half of the distinct rows, with all that equal them, to fit on, and the others to test on."""
    rows, ours = np.concatenate([T, G]), np.repeat([0, 1], [len(T), len(G)])
    different = np.unique(rows, axis=0)
    first = different[np.random.default_rng(seed).permutation(len(different))[: len(different) // 2]]
    fitted = (rows[:, None] == first).all(axis=2).any(axis=1)
    return rows, ours, fitted


def mean_accuracy(score, ours):
    """Of the two classes: a score above 0 says 1, one below says 0, and 0 is right by half."""
    right = np.where(score == 0, 0.5, (score > 0) == (ours == 1))
    return (right[ours == 0].mean() + right[ours == 1].mean()) / 2


def test_c2st_logistic_is_the_accuracy_at_the_least_of_the_loss_that_its_card_has():
    T, G = normal(0, 40, 2), normal(1, 25, 2) * [1, 2] + [0.8, 0]
    rows, ours, fitted = halves(T, G, 3)
    X = (rows - rows[fitted].mean(axis=0)) / rows[fitted].std(axis=0)
    y = ours[fitted]
    weight = np.where(y == 1, len(y) / (2 * y.sum()), len(y) / (2 * (len(y) - y.sum())))

    def loss(w):
        return weight @ np.logaddexp(0, -(2 * y - 1) * (X[fitted] @ w[:2] + w[2])) + w[:2] @ w[:2] / 2

    w = minimize(loss, np.zeros(3), tol=1e-10).x
    score = X[~fitted] @ w[:2] + w[2]
    assert np.abs(score).min() > 1e-3  # so that no row is right or wrong by the error of a fit
    assert M.c2st_logistic(T, None, G, random_state=3) == pytest.approx(mean_accuracy(score, ours[~fitted]), rel=1e-12)


@pytest.mark.parametrize("copies", [0, 12])
def test_c2st_knn_is_the_accuracy_of_a_weighted_vote(copies):
    T, G = normal(0, 40, 2), normal(1, 36, 2) + 0.5
    G[:copies] = T[:copies]
    rows, ours, fitted = halves(T, G, 3)
    y, k = ours[fitted], int(np.sqrt(fitted.sum()))
    score = []
    for row in rows[~fitted]:
        votes = y[np.argsort(np.linalg.norm(rows[fitted] - row, axis=1), kind="stable")[:k]]
        # A vote weighs as 1 by the number of its class's rows: the sides are compared in whole numbers.
        score.append(votes.sum() * (len(y) - y.sum()) - (k - votes.sum()) * y.sum())
    assert M.c2st_knn(T, None, G, random_state=3) == pytest.approx(
        mean_accuracy(np.array(score), ours[~fitted]), rel=1e-12
    )


@pytest.mark.parametrize("d", [3, 12])
@pytest.mark.parametrize("values", [2, 3, 1000])
def test_the_votes_of_the_nearest_are_those_of_an_exact_search_where_many_are_equally_near(d, values):
    rng = np.random.default_rng(0)
    queries, points = rng.integers(0, values, (40, d)) / 3 + 100, rng.integers(0, values, (50, d)) / 3 + 100
    labels = rng.integers(0, 2, 50)
    for k in (1, 7, 49, 50):
        expected = labels[mg.neighbors.neighbors(queries, points, k)[1]].mean(axis=1)
        np.testing.assert_allclose(M.two_sample._votes(queries, points, labels, k), expected, rtol=1e-12)


# Coverage ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 5])
def test_beta_recall_is_the_integral_that_it_is_defined_by(k):
    T, G = normal(0, 60, 3), 1.3 * normal(1, 45, 3) + 0.2
    apart, own = cdist(T, G), np.sort(cdist(T, T), axis=1)[:, k]
    near = apart.argmin(axis=1)
    inside = apart.min(axis=1) < own
    from_mean = np.linalg.norm(G - G.mean(axis=0), axis=1)
    levels = (np.arange(20_000) + 0.5) / 20_000
    radius = np.sort(from_mean)[np.ceil(levels * 45).astype(int) - 1]
    recalled = (inside[:, None] & (from_mean[near][:, None] <= radius)).mean(axis=0)
    expected = 1 - 2 * np.abs(recalled - levels).mean()
    assert M.beta_recall(T, None, G, k=k) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("rows", [4, 20])
def test_vendi_is_the_entropy_of_the_whole_kernel_matrix(rows):
    G = normal(0, rows, 6) * [1, 1, 1, 2, 3, 4]
    kernel = np.array([[a @ b / np.sqrt((a @ a) * (b @ b)) for b in G] for a in G])
    share = np.linalg.eigvalsh(kernel / rows)
    share = share[share > 1e-12]
    assert M.vendi(None, None, G) == pytest.approx(np.exp(-(share * np.log(share)).sum()), rel=1e-9)


# Copying -----------------------------------------------------------------------------------------


def test_c_t_counts_the_pairs_of_each_cell():
    """Distances are to the training rows of the same cell; a cell needs more than `min_generated` generated rows."""
    T, H, G = lattice(0, 60, 8), lattice(1, 45, 8), lattice(2, 50, 8)
    centers = np.array([[1.1, 1.2], [5.7, 1.3], [2.2, 6.1], [6.3, 6.4]])
    where = [cdist(X, centers).argmin(axis=1) for X in (T, H, G)]
    kept, z, ties = [], [], 0
    for cell in range(4):
        t, h, g = (X[own == cell] for X, own in zip((T, H, G), where, strict=True))
        n, m = len(h), len(g)
        far, held = cdist(g, t).min(axis=1)[:, None], cdist(h, t).min(axis=1)
        above = (far > held).sum() + (far == held).sum() / 2
        ties += (far == held).sum()
        if m > 10:
            kept.append(n / len(H))
            z.append((above - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))
    assert ties
    assert 0 < len(kept) < 4
    found = M.c_t(T, H, G, centers=centers, min_generated=10)
    assert found == pytest.approx(np.average(z, weights=kept), rel=1e-12)


def test_ties_between_near_rows_count_a_half():
    T, H, G = lattice(0, 25, 6), lattice(1, 20, 6), lattice(2, 30, 6)
    near, far = cdist(G, T).min(axis=1), cdist(G, H).min(axis=1)
    assert (near == far).any()
    assert M.dcr_share(T, H, G) == pytest.approx(np.mean(near < far) + np.mean(near == far) / 2, rel=1e-12)
    member, other = cdist(T, G).min(axis=1)[:, None], cdist(H, G).min(axis=1)
    expected = np.mean(member < other) + np.mean(member == other) / 2
    assert M.membership_auc(T, H, G) == pytest.approx(expected, rel=1e-12)


def test_counts_of_equal_rows_are_those_of_all_pairs():
    T, G = lattice(0, 12, 6), lattice(1, 20, 6)
    assert M.identical_share(T, None, G) == np.mean([any((g == t).all() for t in T) for g in G])
    pairs = [(G[i] == G[j]).all() for i in range(20) for j in range(i)]
    assert M.birthday_support(None, None, G) == len(pairs) / sum(pairs)


def test_the_dimension_of_lambda_gamma_copying_is_that_of_the_b_nearest_distances():
    """Maximum likelihood: of one row (b - 1) / sum over j < b of log(r_b / r_j), and the mean is of the inverses."""
    T = normal(0, 60, 3)
    near = np.sort(cdist(T, T), axis=1)[:, 1:11]
    inverse = np.log(near[:, -1:] / near[:, :-1]).mean(axis=1)
    G = np.concatenate([T[:8] + 0.05, normal(1, 40, 3)])
    options = {"lambda_": 4, "gamma": 1 / 15}
    given = M.lambda_gamma_copying(T, None, G, dimension=1 / inverse.mean(), **options)
    assert M.lambda_gamma_copying(T, None, G, **options) == given
    assert M.intrinsic_dimension(near) == pytest.approx(1 / inverse.mean(), rel=1e-12)


@pytest.mark.parametrize("made", [12, 40])
def test_feature_likelihoods_are_those_of_the_mixtures_written_out(made):
    """The widths are held by a test of their own; with few generated rows as few training rows are centers."""
    from memgen_lite.metrics.likelihood import _widths

    T, H, G = normal(0, 36, 3) * [1, 5, 9], normal(1, 30, 3) * [1, 5, 9], normal(2, made, 3) * [1, 5, 9]
    mean, spread = H.mean(axis=0), H.std(axis=0)
    train, held_out, generated = ((X - mean) / spread for X in (T, H, G))

    def loss(rows, centers, log_squares):
        """Minus the mean log of the mean of the normal densities."""
        squares = cdist(rows, centers) ** 2
        logs = -squares / (2 * np.exp(log_squares)) - 3 / 2 * (np.log(2 * np.pi) + log_squares)
        return -np.mean(logsumexp(logs, axis=1) - np.log(len(centers)))

    widths = _widths(train, generated)
    first = np.random.default_rng(4).permutation(36) < min(made, 18)
    base = loss(held_out, train[first], _widths(train[~first], train[first]))
    expected = 100 * (loss(held_out, generated, widths) - base) / 3
    assert M.fld(T, H, G, random_state=4) == pytest.approx(expected, rel=1e-8)
    expected = 100 * (loss(train, generated, widths) - loss(held_out, generated, widths)) / 3
    assert M.fld_gap(T, H, G, random_state=4) == pytest.approx(expected, rel=1e-8)
