"""Every value that a metric must give: of MemGEN-U, MemGEN-P, an honest sample, and shapes with a closed form.

Statistical tests average over seeded repeats; each tolerance is about four standard errors of that average, so that a
test of a right program fails for fewer than 1 in 10,000 choices of the seeds.
"""

import math
from itertools import product

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import memgen_lite as mg

M = mg.metrics
E = math.exp(-1)


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def memgen_u(train, seed, rows=None):
    return mg.MemGEN(random_state=seed).fit(train).sample(rows or len(train))


def memgen_p(train, seed=0):
    return mg.MemGEN(random_state=seed).fit(train).sample(len(train), replace=False)


def average(value, repeats):
    return np.mean([value(seed) for seed in range(repeats)], axis=0)


# Moments -----------------------------------------------------------------------------------------


def test_frechet_of_a_shift_is_its_squared_length():
    T = normal(0, 50, 4)
    assert M.frechet(T, None, T + np.array([1, 2, 0, 2])) == pytest.approx(9, rel=1e-12)


def whitened(X):
    centered = X - X.mean(axis=0)
    return centered @ np.linalg.inv(np.linalg.cholesky(np.cov(centered.T))).T


def test_frechet_of_two_widths_is_d_times_their_squared_difference():
    T = whitened(normal(0, 60, 5))
    assert M.frechet(3 * T, None, T + 0.0) == pytest.approx(5 * (3 - 1) ** 2, rel=1e-10)


def test_frechet_on_a_line_is_that_of_means_and_standard_deviations():
    a, b = normal(0, 30, 1), 2 + 3 * normal(1, 44, 1)
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert M.frechet(a, None, b) == pytest.approx(expected, rel=1e-12)


def test_frechet_of_finite_samples_halves_for_memgen_u_against_train_and_grows_by_half_against_held_out():
    """E FD = (d + d(d+1)/4)(1/N + 1/M) when honest, N/(N + M) of it for MemGEN-U, with 2/N for 1/N against held-out."""
    d, n, m = 8, 2000, 1000

    def values(seed):
        T, H, G = normal(seed, n, d), normal(seed + 100, n, d), normal(seed + 200, m, d)
        U = memgen_u(T, seed, m)
        return M.frechet(T, None, G), M.frechet(T, None, U), M.frechet(T, H, U, reference="held_out")

    honest, train, held_out = average(values, 40)
    per_row = d + d * (d + 1) / 4
    assert honest == pytest.approx(per_row * (1 / n + 1 / m), rel=0.06)
    assert train == pytest.approx(per_row / m, rel=0.06)
    assert held_out == pytest.approx(per_row * (1 / m + 2 / n), rel=0.06)


def test_frechet_inf_finds_memgen_u_perfect_and_leaves_an_honest_sample_the_bias_of_the_reference():
    d, n = 4, 500

    def values(seed):
        T, G = normal(seed, n, d), normal(seed + 100, n, d)
        return M.frechet_inf(T, None, memgen_u(T, seed)), M.frechet_inf(T, None, G), M.frechet_inf(T, None, memgen_p(T))

    fooled, honest, recital = average(values, 40)
    bias = (d + d * (d + 1) / 4) / n
    assert abs(fooled) < 0.15 * bias
    assert honest == pytest.approx(bias, rel=0.3)
    assert recital == pytest.approx(-bias, rel=0.3)


# Pairs of rows -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 40])
def test_unbiased_mmd_of_a_copy_is_below_0_by_a_known_amount(n):
    """-2/(n-1) (mean k(x, x) - mean k(x, x')), the means over all pairs."""
    T = normal(0, n, 3)
    gaps = ((T[:, None] - T) ** 2).sum(-1)
    s = np.median(np.sqrt(gaps[np.triu_indices(n, 1)]))
    kernels = {"mmd_rbf": np.exp(-gaps / (2 * s * s)), "mmd_poly": (T @ T.T / 3 + 1) ** 3}
    for name, K in kernels.items():
        expected = -2 / (n - 1) * (np.trace(K) / n - K.mean())
        assert M.compute(name, train=T, generated=T[::-1]) == pytest.approx(expected, rel=1e-12)
        assert expected < 0


def test_mmd_is_0_in_the_mean_for_an_honest_sample_and_below_for_memgen_u():
    def values(seed):
        T, G = normal(seed, 100, 3), normal(seed + 500, 100, 3)
        return M.mmd_rbf(T, None, G), M.mmd_rbf(T, None, memgen_u(T, seed)), 1 - _mean_kernel(T)

    honest, fooled, room = average(values, 200)
    assert abs(honest) < 0.0012
    assert fooled == pytest.approx(-room / 100, rel=0.2)


@pytest.mark.parametrize("name", ["mmd_rbf", "mmd_poly"])
def test_the_mean_of_unbiased_mmd_over_all_draws_of_memgen_u_is_exactly_what_its_card_says(name):
    T = normal(3, 4, 2)
    if name == "mmd_rbf":
        kernel = np.exp(-(cdist(T, T) ** 2) / 2)
        values = [M.mmd_rbf(T, None, T[list(draw)], bandwidth=1.0) for draw in product(range(4), repeat=4)]
    else:
        kernel = (T @ T.T / 2 + 1) ** 3
        values = [M.mmd_poly(T, None, T[list(draw)]) for draw in product(range(4), repeat=4)]
    apart = kernel[~np.eye(4, dtype=bool)].mean()
    assert np.mean(values) == pytest.approx(-(np.trace(kernel) / 4 - apart) / 4, rel=1e-12)
    assert "mean k(x, x'))/N in the mean" in M.get(name).memgen_u


def _mean_kernel(T):
    from scipy.spatial.distance import pdist

    apart = pdist(T)
    return np.exp(-(apart**2) / (2 * np.median(apart) ** 2)).mean()


def test_kid_is_the_mean_over_subsets_and_mmd_poly_without_them():
    T, G = normal(0, 300, 5), 1.2 * normal(1, 300, 5)
    poly = M.mmd_poly(T, None, G)
    assert M.kid(T, None, G) == M.kid(T, None, G, subsets=None) == poly
    assert M.kid(T, None, G, subset_size=100, subsets=400) == pytest.approx(poly, rel=0.1)


def test_energy_of_two_points_is_twice_their_distance_and_of_a_copy_0():
    assert M.energy(np.zeros((3, 2)), None, np.full((5, 2), [3.0, 4.0])) == 10
    T = normal(0, 60, 30)
    assert M.energy(T, None, T + 0.0) == 0
    assert M.energy(T, None, memgen_p(T)) == pytest.approx(0, abs=1e-12)


def test_energy_of_memgen_u_is_half_of_an_honest_sample():
    from scipy.spatial.distance import pdist

    def values(seed):
        T, G = normal(seed, 200, 4), normal(seed + 500, 200, 4)
        return M.energy(T, None, G), M.energy(T, None, memgen_u(T, seed)), pdist(T).mean()

    honest, fooled, apart = average(values, 100)
    assert honest == pytest.approx(apart * 2 / 200, rel=0.05)
    assert fooled == pytest.approx(apart / 200, rel=0.05)


# Transport ---------------------------------------------------------------------------------------


def test_sliced_wasserstein_of_a_shift_is_its_length_over_the_root_of_d():
    """The mean of (t.delta)^2 over 20,000 directions: relative standard error sqrt(2/20,000) = 1 % of the square."""
    T, delta = normal(0, 20, 4), np.array([1.0, 2, 0, 2])
    assert M.sliced_wasserstein(T, None, T + delta, projections=20_000) == pytest.approx(3 / 2, rel=0.02)
    assert M.mind(T, None, T + delta, projections=20_000) == pytest.approx(3 * 9, rel=0.04)
    assert M.max_sliced_wasserstein(T, None, T + delta) == pytest.approx(3, rel=1e-6)
    assert M.wasserstein(T, None, T + delta) == pytest.approx(3, rel=1e-12)


def test_mind_is_3_d_times_the_squared_sliced_distance():
    T, G = normal(0, 40, 6), normal(1, 50, 6)
    assert M.mind(T, None, G) == pytest.approx(18 * M.sliced_wasserstein(T, None, G) ** 2, rel=1e-12)


@pytest.mark.parametrize(
    "name", ["sliced_wasserstein", "mind", "max_sliced_wasserstein", "wasserstein", "frechet", "energy"]
)
def test_distances_of_memgen_p_to_its_training_set_are_0(name):
    T = normal(0, 80, 5)
    assert M.compute(name, train=T, generated=memgen_p(T)) == pytest.approx(0, abs=1e-12)


# Two-sample tests --------------------------------------------------------------------------------


def test_nearest_neighbor_accuracies_of_memgen_with_fair_ties():
    """MemGEN-U: E[X/(X+1)] = e^-1 of generated rows and e^-1 (1 - e^-1) of real ones, for X ~ Poisson(1)."""

    def values(seed):
        T, H = normal(seed, 1000, 5), normal(seed + 100, 1000, 5)
        U, P = memgen_u(T, seed), memgen_p(T)
        return (
            *M.nn_accuracies(T, U),
            *M.nn_accuracies(T, P),
            *M.nn_accuracies(T, H),
            M.nn_accuracy(T, H, P, reference="held_out"),
        )

    real, made, real_p, made_p, *rest = average(values, 10)
    assert real == pytest.approx(E * (1 - E), abs=0.02)
    assert made == pytest.approx(E, abs=0.02)
    assert real_p == made_p == 0
    assert rest == pytest.approx([0.5, 0.5, 0.5], abs=0.03)


def test_nearest_neighbor_accuracy_is_1_for_distant_samples_and_a_half_for_unequal_honest_sizes():
    T = normal(0, 50, 2)
    assert M.nn_accuracy(T, None, normal(1, 30, 2) + 100) == 1
    assert average(
        lambda seed: M.nn_accuracy(normal(seed, 300, 3), None, normal(seed + 99, 100, 3)), 40
    ) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("name", ["c2st_logistic", "c2st_knn"])
def test_a_classifier_cannot_tell_memgen_p_from_its_training_set(name):
    T = normal(0, 101, 4)
    assert M.compute(name, train=T, generated=memgen_p(T)) == 0.5
    assert M.compute(name, train=T, generated=normal(1, 120, 4) + 20) == 1
    honest = average(lambda seed: M.compute(name, train=T, generated=normal(seed + 1, 101, 4), random_state=seed), 60)
    assert honest == pytest.approx(0.5, abs=0.03)


# Coverage ----------------------------------------------------------------------------------------


def test_precision_recall_density_and_coverage_of_memgen_p_are_1_exactly():
    T = normal(0, 300, 6)
    P = memgen_p(T)
    assert [M.compute(name, train=T, generated=P) for name in ("precision", "recall", "density", "coverage")] == [
        1,
        1,
        1,
        1,
    ]


def test_coverage_of_memgen_u_exceeds_that_of_an_honest_sample_and_both_are_known():
    n, m, k = 400, 300, 5

    def values(seed):
        T = normal(seed, n, 3)
        U, G = memgen_u(T, seed, m), normal(seed + 100, m, 3)
        return (
            *(M.coverage(T, None, X) for X in (U, G)),
            *(M.density(T, None, X) for X in (U, G)),
            M.precision(T, None, U),
        )

    fooled, honest, *density, precision = average(values, 40)
    assert fooled == pytest.approx(1 - (1 - k / n) ** m, abs=0.006)
    assert honest == pytest.approx(1 - math.prod((n - i) / (m + n - i) for i in range(1, k + 1)), abs=0.008)
    assert density == pytest.approx([1, 1], abs=0.03)
    assert precision == 1


def test_alpha_and_beta_of_memgen_p_are_1_less_1_in_n():
    T = normal(0, 200, 4)
    P = memgen_p(T)
    assert M.alpha_precision(T, None, P) == pytest.approx(1 - 1 / 200, rel=1e-12)
    assert M.beta_recall(T, None, P) == pytest.approx(1 - 1 / 200, rel=1e-12)


def test_alpha_precision_is_the_integral_that_it_is_defined_by():
    T, G = normal(0, 60, 3), 1.3 * normal(1, 45, 3) + 0.2
    center = T.mean(axis=0)
    real, made = (np.sort(np.linalg.norm(X - center, axis=1)) for X in (T, G))
    a = (np.arange(200_000) + 0.5) / 200_000
    share = np.searchsorted(made, real[np.ceil(a * len(T)).astype(int) - 1], side="right") / len(G)
    assert M.alpha_precision(T, None, G) == pytest.approx(1 - 2 * np.abs(share - a).mean(), abs=1e-5)
    assert M.alpha_precision(T, None, T[:1] + 1e6) == pytest.approx(0, abs=1e-9)


def test_vendi_counts_directions():
    assert M.vendi(None, None, np.repeat(np.eye(4), [3, 3, 3, 3], axis=0)) == pytest.approx(4)
    assert M.vendi(None, None, np.ones((7, 3))) == pytest.approx(1)
    assert M.vendi(None, None, np.eye(3, 50)) == pytest.approx(3)  # fewer rows than features


# Copying -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", [memgen_u, memgen_p])
def test_what_every_copy_must_score(sampler):
    T, H = normal(0, 200, 4), normal(1, 150, 4)
    G = sampler(T, 2)
    for name, expected in {
        "authenticity": 0, "mifid": np.inf, "dcr_share": 1, "nndr": 0, "identical_share": 1, "lambda_gamma_copying": 1,
    }.items():  # fmt: skip
        assert M.compute(name, train=T, held_out=H, generated=G) == expected, name


def test_authenticity_of_an_honest_sample_on_a_line_is_a_third():
    assert average(lambda s: M.authenticity(normal(s, 2000, 1), None, normal(s + 50, 2000, 1)), 10) == pytest.approx(
        1 / 3, abs=0.02
    )


def test_authenticity_of_an_honest_sample_grows_with_the_dimension():
    """As measured apart from this program with N = M = 2,000: .39 at d = 2 and .585 at d = 8."""
    for d, expected in ((2, 0.39), (8, 0.585)):
        assert average(
            lambda s, d=d: M.authenticity(normal(s, 1000, d), None, normal(s + 50, 1000, d)), 10
        ) == pytest.approx(expected, abs=0.03)


def test_c_t_of_memgen_is_the_floor_of_its_sizes():
    """-sqrt(3nm/(n + m + 1)) in each cell: with n = m = 1,000 in one cell -38.72, in five equal cells -17.32."""
    T, H = normal(0, 300, 2), normal(1, 250, 2)
    assert M.c_t(T, H, memgen_u(T, 0), cells=1) == pytest.approx(-math.sqrt(3 * 250 * 300 / 551), rel=1e-12)
    centers = 100 * np.eye(5)
    T, H = (normal(seed, 1000, 5) + centers[np.arange(1000) % 5] for seed in (0, 1))
    assert M.c_t(T, H, memgen_p(T)) == pytest.approx(-math.sqrt(3 * 200 * 200 / 401), rel=1e-12)
    cells = M.c_t_cells(T, H, memgen_p(T))
    assert [cell["held_out"] for cell in cells] == [200] * 5
    assert {round(cell["z"], 2) for cell in cells} == {-17.3}


def test_c_t_of_an_honest_sample_has_a_deviation_of_the_root_of_the_sum_of_squared_weights():
    """About 1/sqrt(5) and not 1. 60 values: the standard error of a standard deviation is 9 %."""
    values = []
    for seed in range(60):
        T, H, G = (normal(3 * seed + i, 200, 2) for i in range(3))
        values.append(M.c_t(T, H, G, random_state=seed))
    assert np.std(values) == pytest.approx(math.sqrt(1 / 5), rel=0.4)
    assert abs(np.mean(values)) < 0.3


def moons(seed, rows):
    from sklearn.datasets import make_moons

    return make_moons(rows, noise=0.2, random_state=seed)[0]


def test_the_moons_curve_of_meehan_et_al():
    """Kernel density of width s on 2,000 moons, 1,000 held out; published: -17.3 at .001, 0 near .09, +16.2 at 10."""
    T, H = moons(0, 2000), moons(1, 1000)
    rng = np.random.default_rng(0)
    rows, noise = T[rng.integers(2000, size=1000)], rng.normal(size=(1000, 2))
    assert M.c_t(T, H, rows + 0.001 * noise) == pytest.approx(-17.3, abs=0.3)
    assert abs(M.c_t(T, H, rows + 0.1 * noise)) < 2
    assert M.c_t(T, H, rows + 10 * noise) == pytest.approx(16.2, abs=0.6)


def test_shares_of_an_honest_sample_are_those_of_the_sizes():
    """P(nearest of all is in T) = N/(N + H); the membership attack is at 1/2, and so is it by density ratio."""

    def values(seed):
        T, H, G = normal(seed, 300, 3), normal(seed + 100, 100, 3), normal(seed + 200, 300, 3)
        return [M.compute(name, train=T, held_out=H, generated=G) for name in ("dcr_share", "membership_auc", "domias")]

    assert average(values, 60) == pytest.approx([0.75, 0.5, 0.5], abs=0.025)


def test_membership_of_memgen_u_is_limited_by_the_rows_never_drawn():
    """AUC = 1 - (1 - 1/N)^M / 2, which is 1 - 1/(2e) = .816 at M = N; MemGEN-P gives all away."""

    def values(seed):
        T, H = normal(seed, 500, 8), normal(seed + 100, 500, 8)
        U = memgen_u(T, seed)
        return M.membership_auc(T, H, U), M.membership_auc(T, H, memgen_p(T)), M.domias(T, H, memgen_p(T))

    some, *all_ = average(values, 15)
    assert some == pytest.approx(1 - E / 2, abs=0.015)
    assert all_ == [1, 1]


def test_training_rows_that_are_there_twice_count_once():
    T, H, G = normal(0, 80, 3), normal(1, 80, 3), normal(2, 80, 3)
    for name in ("authenticity", "nndr", "domias", "dcr_share", "identical_share", "membership_auc"):
        once = M.compute(name, train=T, held_out=H, generated=G)
        twice = M.compute(name, train=np.repeat(T, 2, axis=0), held_out=np.repeat(H, 2, axis=0), generated=G)
        assert twice == pytest.approx(once, rel=1e-12), name
    assert abs(M.fld(np.repeat(T, 2, axis=0), H, G)) < 20  # a row and its twin are not fitted to each other


def test_a_ball_of_radius_0_holds_what_is_equal_to_its_center():
    """Strict < alone gives two equal constant samples precision 0, as an open issue of the reference code has it."""
    ones = np.ones((20, 2))
    assert [M.compute(name, train=ones, generated=ones) for name in ("precision", "recall", "coverage")] == [1, 1, 1]
    assert M.precision(ones, None, ones + 1e-9) == 0


def test_nearest_neighbor_distance_ratio_depends_on_the_dimension():
    """As measured apart from this program: .67 at d = 2 and .94 at d = 16."""
    for d, expected in ((2, 0.67), (16, 0.94)):
        assert M.nndr(normal(0, 2000, d), None, normal(1, 2000, d)) == pytest.approx(expected, abs=0.02)


def test_birthdays():
    assert M.birthday_probability(23, 365) == pytest.approx(0.5073, abs=1e-4)
    assert M.birthday_probability(366, 365) == 1
    assert min(s for s in range(100) if M.birthday_probability(s, 1000) >= 0.5) == 38
    T = normal(0, 300, 2)
    assert 1 / average(lambda s: 1 / M.birthday_support(None, None, memgen_u(T, s)), 40) == pytest.approx(300, rel=0.06)
    assert M.birthday_support(None, None, memgen_p(T)) == np.inf
    assert M.birthday_support(None, None, np.zeros((5, 2))) == 1
    assert M.birthday_support(None, None, [[0.0], [-0.0], [1.0]]) == 3


def test_mifid_divides_by_the_cosine_distance_below_its_threshold():
    T = normal(0, 100, 3) + 2
    G = T + 0.01 * normal(1, 100, 3)
    cosine = (T / np.linalg.norm(T, axis=1)[:, None]) @ (G / np.linalg.norm(G, axis=1)[:, None]).T
    apart = (1 - np.abs(cosine)).min(axis=0).mean()
    assert M.mifid(T, None, G) == pytest.approx(M.frechet(T, None, G) / (apart + 1e-14), rel=1e-6)
    assert M.mifid(T, None, G, threshold=apart / 2) == M.frechet(T, None, G)
    assert M.mifid(T, None, -T) == np.inf  # |cos|: a copy of the other sign is one


def test_lambda_gamma_copying_finds_the_share_of_copies_and_little_in_an_honest_sample():
    def values(seed):
        T, G = normal(seed, 1000, 3), normal(seed + 100, 1000, 3)
        mixed = np.concatenate([G[:900], T[:100] + 1e-4 * normal(seed, 100, 3)])
        return M.lambda_gamma_copying(T, None, G), M.lambda_gamma_copying(T, None, mixed)

    honest, mixed = average(values, 10)
    assert honest == pytest.approx(1 / 20, abs=0.025)  # N/(lambda M)
    assert mixed == pytest.approx(0.1 + 0.9 * honest, abs=0.02)
    line = normal(0, 500, 1) @ np.ones((1, 4))
    assert M.lambda_gamma_copying(line, None, line[::-1], dimension=1) == 1


def test_feature_likelihood_catches_copies_and_orders_the_rest():
    T, H, G = normal(0, 400, 8), normal(1, 400, 8), normal(2, 400, 8)
    assert abs(M.fld(T, H, G)) < 3
    assert -6 < M.fld_gap(T, H, G) < 0
    assert M.fld(T, H, 1.5 * G) > M.fld(T, H, G) + 5
    for copies in (memgen_u(T, 0), memgen_p(T)):
        assert M.fld(T, H, copies) > 1e6
        assert M.fld_gap(T, H, copies) < -1e6
    near = T + 0.05 * normal(3, 400, 8)
    assert M.fld(T, H, near) > 100
    assert M.fld_gap(T, H, near) < -100


def test_feature_likelihood_of_one_center_is_that_of_a_normal_law(monkeypatch):
    """With one center and the wide law out of the way, s^2 is the mean squared distance per feature."""
    from memgen_lite.metrics import likelihood

    rows, center = normal(0, 500, 3), np.zeros((1, 3))
    widths = likelihood._widths(rows, center)
    blocks = likelihood._blocks(rows, center, memory=1)
    assert len(list(blocks())) == 500  # and the same distances, computed at each pass
    np.testing.assert_array_equal(np.concatenate(list(blocks())), np.concatenate(likelihood._blocks(rows, center)()))
    expected = 1.5 * np.log(2 * np.pi) + 1.5 * widths[0] + (rows**2).sum(axis=1).mean() / (2 * np.exp(widths[0]))
    assert likelihood._loss(rows, center, widths) == pytest.approx(expected, rel=1e-12)
    assert np.exp(widths[0]) == pytest.approx((rows**2).mean(), rel=0.1)


def test_widths_in_single_precision_are_those_of_plain_steps_in_double():
    """Expectation: shares of the centers and of a wide law as heavy as all of them; maximization: weighted means."""
    from scipy.special import softmax
    from scipy.stats import norm

    from memgen_lite.metrics import likelihood

    rows, centers = normal(0, 90, 4), np.concatenate([normal(1, 60, 4), normal(0, 90, 4)[:5] + 0.01])
    wide = ((rows - rows.mean(axis=0)) ** 2).sum(axis=1)
    squares = np.column_stack([((rows[:, None] - centers) ** 2).sum(axis=2), wide])
    start, floor = np.append(squares[:, :-1].min(axis=0), wide.mean()), np.repeat([1e-3, 4e-3], [65, 1])
    widths = np.log((start + floor) / 4)
    for _ in range(50):
        heights = 4 * norm.logpdf(0, scale=np.exp(widths / 2)) - squares / (2 * np.exp(widths))
        share = softmax(heights + np.log([*[1] * 65, 65]), axis=1)
        before, widths = widths, np.log((share * squares).sum(axis=0) / (4 * share.sum(axis=0)))
        if np.abs(widths - before).max() < 1e-3:
            break
    np.testing.assert_allclose(likelihood._widths(rows, centers), widths[:-1], atol=1e-5)


# Memorization by refitting ------------------------------------------------------------------------


def kernel_matrix(X, h):
    return np.exp(-((X[:, None] - X) ** 2).sum(-1) / (2 * h * h))


def test_leave_one_out_memorization_of_a_kernel_density_has_a_closed_form():
    """M_i = log((N-1)/N) + log(1 + k(0) / sum over j != i of k(x_i - x_j))."""
    X, h = normal(0, 30, 2), 0.5
    K = kernel_matrix(X, h)
    expected = np.log(29 / 30) + np.log1p(1 / (K.sum(axis=1) - 1))
    model = mg.peers.peer("kde", bandwidth=h)
    np.testing.assert_allclose(M.kfold_memorization(model, X, folds=None), expected, rtol=1e-7)


def test_k_fold_memorization_is_the_mean_with_less_the_mean_without():
    X, h, folds = normal(0, 20, 2), 0.5, 4
    K, place = kernel_matrix(X, h), np.random.default_rng(3).permutation(20) % folds
    density = np.array([K[:, place != fold].mean(axis=1) for fold in range(folds)])
    out = np.arange(folds)[:, None] == place
    log_p = np.log(density)
    expected = (log_p * ~out).sum(axis=0) / (folds - 1) - (log_p * out).sum(axis=0)
    model = mg.peers.peer("kde", bandwidth=h)
    np.testing.assert_allclose(M.kfold_memorization(model, X, folds=folds, random_state=3), expected, rtol=1e-7)


def test_memgen_memorizes_without_limit():
    assert (M.kfold_memorization(mg.MemGEN(), normal(0, 20, 2), repeats=2) == np.inf).all()


def test_k_fold_memorization_says_what_it_needs():
    with pytest.raises(ValueError, match="folds must be from 2 to the 3 rows"):
        M.kfold_memorization(mg.MemGEN(), np.eye(3), folds=4)
    with pytest.raises(TypeError, match="model must have a method score_samples, got RBM"):
        M.kfold_memorization(mg.peers.peer("rbm"), np.eye(3))
