"""The classical peers: they learn what they say, follow their stream, and refuse what cannot be learned."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers.classical import RBM, Gaussian, GaussianMixture, KernelDensity, PCAGaussian

CLASSICAL = {
    "gaussian": Gaussian,
    "gmm": GaussianMixture,
    "kde": KernelDensity,
    "pca_gaussian": PCAGaussian,
    "rbm": RBM,
}
QUICK = {"gmm": {"n_components": 3}, "rbm": {"n_components": 8, "n_iter": 2, "gibbs_steps": 5}}


def peer(name, random_state=0):
    return mg.peers.peer(name, random_state=random_state, **QUICK.get(name, {}))


def data(n=200, d=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + np.arange(d)


def test_all_peers_are_there_unfitted_with_their_cards():
    peers = mg.peers.all_peers()
    assert set(CLASSICAL) <= set(peers)
    for name, model in peers.items():
        assert not hasattr(model, "n_features_in_")
        for text in (model.card.title, model.card.citation, model.card.objective, model.card.cost):
            assert text and "\n" not in text, name
    with pytest.raises(ValueError, match="no peer is called 'bigan'; there are gaussian"):
        mg.peers.peer("bigan")


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_sample_goes_on_along_the_stream_and_a_refit_repeats_it(name):
    X, model = data(), peer(name)
    first, second = model.fit(X).sample(7), model.sample(7)
    assert first.shape == (7, 4)
    assert (first != second).any()
    again = clone(model).fit(X)
    np.testing.assert_array_equal(again.sample(7), first)
    np.testing.assert_array_equal(again.sample(7), second)
    anew = model.sample(7, random_state=5)
    np.testing.assert_array_equal(model.sample(7, random_state=5), anew)
    assert model.sample(0).shape == (0, 4)
    assert model.sample().shape == (1, 4)
    assert model.sample(np.int64(2), random_state=np.random.default_rng(1)).shape == (2, 4)


@pytest.mark.parametrize("name", ["gaussian", "gmm", "kde", "pca_gaussian"])
def test_a_large_sample_has_the_mean_and_the_spread_of_the_data(name):
    """40,000 rows: means within four standard errors of a fifth of a percent; each law keeps the data's mean."""
    X = data(500, 3)
    G = peer(name).fit(X).sample(40_000)
    np.testing.assert_allclose(G.mean(axis=0), X.mean(axis=0), atol=0.03 * X.std())
    if name in ("gaussian", "gmm"):  # the others widen or flatten it
        np.testing.assert_allclose(np.cov(G.T), np.cov(X.T), atol=0.03 * X.var())


def test_densities_are_those_of_known_laws_and_integrate_to_1():
    from scipy.stats import multivariate_normal

    X = data(60, 2)
    gaussian = peer("gaussian").fit(X)
    expected = multivariate_normal(X.mean(axis=0), np.cov(X.T, ddof=0)).logpdf(X)
    np.testing.assert_allclose(gaussian.score_samples(X), expected, rtol=1e-8)
    axis = np.linspace(-25, 25, 400)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2) + X.mean(axis=0)
    for name in ("gaussian", "gmm", "kde", "pca_gaussian"):
        mass = np.exp(peer(name).fit(X).score_samples(grid)).sum() * (axis[1] - axis[0]) ** 2
        assert mass == pytest.approx(1, abs=0.01), name


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("shift", [0.0, 3.0])
@pytest.mark.parametrize("name", ["gaussian", "pca_gaussian"])
def test_the_density_of_data_that_fill_a_subspace_is_that_in_it_and_none_off_it(name, scale, shift):
    """A constant column, and one that repeats another: the density is that of the plane, in its own measure."""
    from scipy.stats import multivariate_normal

    base = data(60, 2) * scale
    X = np.column_stack([base, base[:, 0], np.full(60, 2 * scale)]) + shift * scale
    ddof = 0 if name == "gaussian" else 1  # of scikit-learn's components
    plane = multivariate_normal(base.mean(axis=0), np.cov(base.T, ddof=ddof)).logpdf(base) - np.log(2) / 2
    model = peer(name).fit(X)
    np.testing.assert_allclose(model.score_samples(X), plane, rtol=1e-6, atol=1e-6)
    assert np.isfinite(model.score_samples(model.sample(200))).all()
    assert (model.score_samples(X + np.array([0, 0, scale, 0])) == -np.inf).all()
    assert (model.score_samples(X + np.array([0, 0, 0, scale])) == -np.inf).all()


@pytest.mark.parametrize("scale", [[1, 1, 1], [1e5, 1e-3, 1], [1, 1e-7, 1e-12], [1e60, 1e-60, 1], [1e15, 1, 1e-3]])
@pytest.mark.parametrize("shift", [0.0, 1e3])
def test_a_normal_distribution_is_the_same_in_any_units(scale, shift):
    scale, X = np.array(scale), data(200, 3) @ [[1, 0.5, 0], [0, 1, 0.5], [0, 0, 1]]
    model, other = (Gaussian(random_state=0).fit(rows) for rows in (X + shift, (X + shift) * scale))
    expected = model.score_samples(X + shift) - np.log(scale).sum()
    np.testing.assert_allclose(other.score_samples((X + shift) * scale), expected, atol=1e-5)
    G = other.sample(2000)
    assert np.isfinite(other.score_samples(G)).all()
    np.testing.assert_allclose(G.std(axis=0) / scale, X.std(axis=0), rtol=0.1)


@pytest.mark.parametrize("name", ["gaussian", "pca_gaussian"])
def test_rows_that_nearly_fill_a_subspace_have_densities(name):
    """Single precision, rounding and cents take rows out of it by little, but by more than doubles are rounded."""
    flat = data(200, 3) @ np.random.default_rng(0).normal(size=(3, 5))
    total = np.column_stack([flat[:, :2], flat[:, 0] + flat[:, 1] + 1e-7 * flat[:, 2]])
    for X in (flat.astype(np.float32), np.round(flat, 6), total, data(200, 2) * [1, 1e-7]):
        model = peer(name).fit(X)
        assert np.isfinite(model.score_samples(X)).all()
        assert np.isfinite(model.score_samples(model.sample(200))).all()


@pytest.mark.parametrize("name", ["gaussian", "pca_gaussian"])
def test_a_column_whose_squares_vanish_is_taken_for_constant(name):
    X = np.column_stack([data(50, 2), 1e-200 * data(50, 1)])
    constant = X * [1, 1, 0]
    model, other = peer(name).fit(X), peer(name).fit(constant)
    np.testing.assert_allclose(model.score_samples(X), other.score_samples(constant), atol=1e-9)
    assert np.isfinite(model.score_samples(model.sample(50))).all()


@pytest.mark.parametrize("name", ["gaussian", "pca_gaussian"])
def test_a_row_is_off_the_subspace_by_its_own_column_and_the_middle_is_in_it(name):
    time = np.column_stack([1.7e18 + 1e15 * data(100, 1)[:, 0], np.full(100, 5.0)])
    model = peer(name).fit(time)
    assert np.isfinite(model.score_samples(time)).all() and np.isfinite(model.score_samples(model.sample(99))).all()
    assert (model.score_samples(time + np.array([0, 1e-3])) == -np.inf).all()
    flat = data(100, 2) @ np.random.default_rng(0).normal(size=(2, 4))
    flat -= flat.mean(axis=0)
    middle = (PCAGaussian(2) if name == "pca_gaussian" else Gaussian()).fit(flat)
    assert np.isfinite(middle.score_samples(np.concatenate([np.zeros((1, 4)), 1e-9 * flat]))).all()


@pytest.mark.parametrize("n_components", [0.9, 1])
@pytest.mark.parametrize("shape", [(2, 5), (5, 9), (9, 1)])
def test_fewer_rows_than_columns_have_finite_densities(shape, n_components):
    X = data(*shape)
    model = PCAGaussian(n_components, random_state=0).fit(X)
    scores = model.score_samples(np.concatenate([X, model.sample(50)]))
    assert (np.abs(scores) < 1e3).all()


def test_the_width_of_a_kernel_density_maximizes_the_likelihood_of_each_row_under_the_others():
    X = data(80, 2)
    best = peer("kde").fit(X).bandwidth_

    def likelihood(h):
        return sum(KernelDensity(h).fit(np.delete(X, i, axis=0)).score_samples(X[i : i + 1])[0] for i in range(len(X)))

    assert likelihood(best) > max(likelihood(0.9 * best), likelihood(1.1 * best))
    assert KernelDensity(0.3).fit(X).bandwidth_ == 0.3
    with pytest.raises(ValueError, match="bandwidth must be above 0, or None, got -1"):
        KernelDensity(-1).fit(X)


def test_a_kernel_density_on_rows_that_all_have_a_twin_is_a_memorizer():
    X = np.repeat(data(30), 2, axis=0)
    model = KernelDensity(random_state=0).fit(X)
    assert mg.neighbors.neighbors(model.sample(50), X)[0].max() < 1e-4


def test_a_large_set_is_thinned_for_the_width_and_not_for_the_model():
    X = data(2100, 2)
    model = KernelDensity(random_state=0).fit(X)
    assert len(model.rows_) == 2100
    assert model.bandwidth_ == pytest.approx(KernelDensity(random_state=1).fit(X).bandwidth_, rel=0.1)


def test_probabilistic_pca_keeps_the_leading_directions_and_spreads_the_rest_evenly():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 4)) * [5, 3, 1, 1]
    G = PCAGaussian(n_components=2, random_state=0).fit(X).sample(40_000)
    np.testing.assert_allclose(np.cov(G.T), np.diag([25, 9, 1, 1]), atol=0.8)


def test_an_rbm_learns_bars_that_a_mean_does_not_hold():
    """Rows are all on or all off: after training, generated rows are nearer to these than independent pixels are."""
    X = np.repeat(np.random.default_rng(0).integers(0, 2, size=(300, 1)), 8, axis=1) * 16.0
    model = RBM(n_components=8, learning_rate=0.05, n_iter=60, random_state=0).fit(X)
    G = model.sample(200)
    assert ((G >= 0) & (G <= 16)).all()
    assert np.minimum(G, 16 - G).mean() < 3
    assert 0.15 < (G.mean(axis=1) > 8).mean() < 0.85


@pytest.mark.parametrize("name", CLASSICAL)
def test_constant_features_few_rows_and_many_features_are_learned_as_they_are(name):
    X = data(40)
    X[:, 2] = 7.0
    G = peer(name).fit(X).sample(30)
    assert np.isfinite(G).all()
    assert np.abs(G[:, 2] - 7).max() < (1e-9 if name in ("gaussian", "rbm") else 3)
    constant = peer(name).fit(np.full((5, 3), 2.0)).sample(20)
    assert np.abs(constant - 2).max() < 1e-3
    assert np.isfinite(peer(name).fit(data(2, 3)).sample(9)).all()
    assert np.isfinite(peer(name).fit(data(12, 40)).sample(9)).all()
    assert np.isfinite(peer(name).fit(np.arange(20).reshape(10, 2)).sample(9)).all()


@pytest.mark.parametrize("name", CLASSICAL)
@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((1, 3)), "2 rows at least"),
        (np.ones((0, 3)), "2 rows at least"),
        (np.ones(3), r"must be 2-D \(rows, features\), got shape \(3,\)"),
        (np.ones((4, 8, 8)), r"X.reshape\(len\(X\), -1\)"),
        (np.ones((4, 0)), "must have columns"),
        ([[1.0, np.nan], [1.0, 2.0]], "must be finite; not so: row 0 column 1"),
        ([["a"], ["b"]], "must hold real numbers"),
    ],
)
def test_what_cannot_be_learned_is_refused(name, X, message):
    with pytest.raises(ValueError, match=message):
        peer(name).fit(X)


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_sample_needs_a_fit_and_a_number(name):
    with pytest.raises(NotFittedError, match="call fit"):
        peer(name).sample(3)
    model = peer(name).fit(data())
    for n in (-1, 2.5, True):
        with pytest.raises(ValueError, match="n must be a whole number"):
            model.sample(n)


def test_importing_the_peers_imports_no_model():
    import subprocess
    import sys

    code = (
        "import sys, memgen_lite as mg; mg.peers; print([m for m in ('sklearn', 'jax', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
