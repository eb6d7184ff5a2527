"""The bounds beside closed forms, the network beside definitions, and what an encoder promises."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import training
from memgen_lite.peers.infomax import Encoder, Infomax, InfomaxEncoder, Squares, infonce, jsd, moved

pytestmark = pytest.mark.training

SMALL = {"rounds": 30, "width": 4, "latent": 3, "batch_size": 8, "random_state": 0}
X = np.random.default_rng(0).normal(size=(40, 16)) + 3


@pytest.fixture(autouse=True)
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def log_ratio(x, y, rho):
    """Of standard normal pairs of correlation rho: the log of their density over that of strangers."""
    return (rho * x * y - rho**2 * (x**2 + y**2) / 2) / (1 - rho**2) - np.log(1 - rho**2) / 2


def pairs(rho, n, seed=0):
    x, other = np.random.default_rng(seed).normal(size=(2, n))
    return x, rho * x + np.sqrt(1 - rho**2) * other


def divergence(rho):
    """Twice the Jensen-Shannon divergence in nats, integrated."""
    joint = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).pdf
    alone = multivariate_normal([0, 0], np.eye(2)).pdf

    def at(y, x):
        p, q = joint([x, y]), alone([x, y])
        return p * np.log(2 * p / (p + q)) + q * np.log(2 * q / (p + q))

    return dblquad(at, -7, 7, -7, 7, epsabs=1e-4)[0]


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_with_the_best_scores_infonce_is_the_information_of_correlated_normals(rho):
    """-log(1 - rho^2) / 2, from 2,000 pairs: within .06, four standard errors of the log ratio's mean (rho at most)."""
    x, y = pairs(rho, 2000)
    scores = jnp.asarray(log_ratio(x[:, None], y[None], rho))
    assert float(infonce(scores)) == pytest.approx(-np.log(1 - rho**2) / 2, abs=0.06 if rho else 1e-5)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_with_the_best_scores_jsd_is_twice_the_jensen_shannon_divergence(rho):
    x, y = pairs(rho, 2000)
    best = log_ratio(x[:, None], y[None], rho)
    assert float(jsd(jnp.asarray(best))) == pytest.approx(divergence(rho), abs=0.03 if rho else 1e-5)
    for other in (0.5 * best, best + 1, 2 * best) if rho else (best + 1, best - 1):
        assert float(jsd(jnp.asarray(other))) < float(jsd(jnp.asarray(best)))


@pytest.mark.parametrize("size", [2, 5, 64])
def test_infonce_never_says_more_than_the_log_of_the_batch(size):
    perfect = 1e4 * jnp.eye(size)
    assert float(infonce(perfect)) == pytest.approx(np.log(size), rel=1e-5)
    for seed in range(5):
        scores = 50 * jax.random.normal(jax.random.key(seed), (size, size, 3))
        assert float(infonce(scores)) <= np.log(size) + 1e-5
    assert float(jsd(1e4 * (2 * jnp.eye(size) - 1))) == pytest.approx(2 * np.log(2), rel=1e-5)


def test_the_bounds_are_those_of_the_definitions():
    scores = np.random.default_rng(1).normal(size=(5, 5, 3))
    own = [scores[i, i, p] - np.log(np.exp(scores[:, i, p]).sum()) + np.log(5) for i in range(5) for p in range(3)]
    assert float(infonce(jnp.asarray(scores))) == pytest.approx(np.mean(own), abs=1e-5)
    others = [np.log1p(np.exp(scores[i, j, p])) for i in range(5) for j in range(5) for p in range(3) if i != j]
    together = [np.log1p(np.exp(-scores[i, i, p])) for i in range(5) for p in range(3)]
    expected = 2 * np.log(2) - np.mean(together) - np.mean(others)
    assert float(jsd(jnp.asarray(scores))) == pytest.approx(expected, abs=1e-5)


class Critic(training.Objective):
    """Scores a x y + b (x^2 + y^2) + c of pairs of numbers, among which the best ones are."""

    batch_size: int = 256
    learning_rate: float = 3e-2
    rounds: int = 400

    def build(self, size, key):
        return {"model": jnp.zeros(3)}

    def loss(self, player, networks, rows, key):
        a, b, c = networks["model"]
        x, y = rows[:, :1], rows[:, 1]
        return -jsd(a * x * y + b * (x**2 + y**2) + c)


def test_trained_scores_become_the_log_ratio_whose_mean_is_the_information():
    """rho = .7, 4,000 pairs, one seed: the information .337 to .06, the factor of x y, 1.37, to .25."""
    rho, (x, y) = 0.7, pairs(0.7, 4000)
    networks, *_ = training.train(Critic(), np.column_stack([x, y]), jax.random.key(0), description="a critic")
    a, b, c = map(float, networks["model"])
    assert a == pytest.approx(rho / (1 - rho**2), abs=0.25)
    assert np.mean(a * x * y + b * (x**2 + y**2) + c) == pytest.approx(-np.log(1 - rho**2) / 2, abs=0.06)


@pytest.mark.parametrize("shape", [(16, 16, 3), (8, 8, 1), (5, 7, 2), (1, 9, 1), (1, 1, 1)])
def test_filters_are_the_convolution_with_a_step_of_two(shape):
    layer = Squares(shape[2], 6, jax.random.key(0))
    x = jax.random.normal(jax.random.key(1), (3, *shape))
    kernel = layer.weight.reshape(4, 4, shape[2], 6)
    padding = [(1, 2 * -(-side // 2) + 1 - side) for side in shape[:2]]
    axes = ("NHWC", "HWIO", "NHWC")
    expected = jax.lax.conv_general_dilated(x, kernel, (2, 2), padding, dimension_numbers=axes)
    np.testing.assert_allclose(layer(x), jax.nn.relu(expected), atol=1e-5)
    encoder = Encoder(shape, 5, 4, jax.random.key(2))
    assert encoder(x.reshape(3, -1)).shape == (3, 5)


def test_pictures_are_moved_as_far_as_was_said_all_ways_alike():
    """25 steps in 5,000 pictures: chi-squared, error rate 0.1 %, a fixed seed."""
    from scipy.stats import chisquare

    x = jnp.zeros((5000, 6, 6, 1)).at[:, 3, 3].set(1.0)
    found = np.asarray(moved(x, 2, jax.random.key(0)))[..., 0]
    assert (found.sum((1, 2)) == 1).all()
    counts = found.sum(0)
    assert counts[1:, 1:].sum() == 5000 and chisquare(counts[1:, 1:].ravel()).pvalue > 0.001


def test_training_raises_the_bound_and_it_stays_below_the_log_of_the_batch():
    model = InfomaxEncoder(**SMALL | {"rounds": 200, "width": 8, "batch_size": 16}).fit(X)
    said = -np.array(model.history_["model"])
    assert said[0] < said[-1] - 0.2 and said.max() < np.log(16)


def test_a_vector_is_that_of_the_row_alone_and_follows_the_weights():
    model = InfomaxEncoder(**SMALL).fit(X)
    found = model.transform(X)
    assert found.shape == (40, 3) and found.dtype == np.float64
    np.testing.assert_array_equal(model.transform(X[7:9]), found[7:9])
    np.testing.assert_array_equal(model.transform(np.tile(X, (8, 1)))[280:], found)
    encoder = model.networks_["model"][0]
    expected = encoder(jnp.asarray((X - model.mean_) / model.unit_, jnp.float32))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("more", [{"bound": "jsd", "noisy": True, "together": 0.5}, {"moved": 1}, {"rounds": 0}])
def test_every_kind_repeats_and_a_saved_one_says_the_same(more, tmp_path):
    model = InfomaxEncoder(**SMALL | more).fit(X)
    found = model.transform(X)
    np.testing.assert_array_equal(InfomaxEncoder(**SMALL | more).fit(X).transform(X), found)
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.transform(X), found)


def test_the_price_of_noise_brings_vectors_nearer_to_the_law_that_they_should_have():
    more = SMALL | {"rounds": 300, "bound": "jsd", "noisy": True}
    free, dear = (InfomaxEncoder(**more, prior=prior).fit(X).transform(X) for prior in (0.0, 1.0))
    assert dear.std() < 0.5 * free.std()


def test_one_loss_is_the_sum_of_its_weighted_parts():
    rows, key = jnp.asarray(X[:8], jnp.float32), jax.random.key(3)
    networks = Infomax(width=4, latent=3).build(16, jax.random.key(0))
    parts = [
        float(Infomax(width=4, latent=3, local=local, together=together).loss("model", networks, rows, key))
        for local, together in ((1.0, 0.0), (0.0, 1.0), (2.0, 3.0))
    ]
    assert parts[2] == pytest.approx(2 * parts[0] + 3 * parts[1], abs=1e-5)


def test_an_interrupt_ends_the_training_with_what_there_is(monkeypatch):
    real, chunks = training.play, []

    def stopped(*given, **more):
        for chunk in real(*given, **more):
            chunks.append(chunk)
            if len(chunks) == 3:
                raise KeyboardInterrupt
            yield chunk

    monkeypatch.setattr(training, "play", stopped)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 150"):
        model = InfomaxEncoder(**SMALL | {"rounds": 150}).fit(X)
    assert np.isfinite(model.transform(X)).all()


def test_it_has_a_card_and_stands_in_no_comparison_of_samplers():
    model = mg.peers.peer("infomax")
    assert "infomax" not in mg.peers.all_peers() and not hasattr(model, "sample")
    for text in (model.card.title, model.card.citation, model.card.objective, model.card.cost):
        assert text and "\n" not in text


def test_a_copy_that_was_blurred_with_noise_is_seen_in_its_space():
    """An audit at 5 %, one seed."""
    T, H, G = np.random.default_rng(0).normal(size=(3, 200, 16))
    G[:100] = T[:100] + 0.05 * G[:100]
    encoder = InfomaxEncoder(**SMALL).fit(np.concatenate([T, H]))
    assert mg.audit(T, H, G, features=encoder.transform, random_state=0).p_value < 0.01


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"width": 0}, "width must be 1 or more"),
        ({"latent": 0}, "latent must be 1 or more"),
        ({"batch_size": 1}, "batch_size must be 2 or more"),
        ({"rounds": -1}, "rounds must be 0 or more"),
        ({"moved": -1}, "moved must be 0 or more"),
        ({"learning_rate": 0}, "learning_rate must be"),
        ({"local": -1}, "local must be"),
        ({"together": np.nan}, "together must be"),
        ({"prior": "x"}, "prior must be a number"),
        ({"bound": "dv"}, "bound must be one of infonce, jsd"),
        ({"noisy": 1}, "noisy must be True or False"),
        ({"image_shape": (3, 5)}, "image_shape must be .* with 16 numbers in all"),
        ({"image_shape": (-4, -4)}, "image_shape must be 1 or more"),
    ],
)
def test_settings_are_refused_by_name(more, message):
    with pytest.raises((ValueError, TypeError), match=message):
        InfomaxEncoder(**SMALL | more).fit(X)


def test_rows_that_overflow_and_one_that_has_not_learned_are_refused():
    model = InfomaxEncoder(**SMALL | {"rounds": 0})
    with pytest.raises(NotFittedError, match="is not fitted yet: call fit"):
        model.transform(X)
    with pytest.raises(ValueError, match="X must"):
        model.fit(X * 1e160)
    with pytest.raises(ValueError, match="X must"):
        model.fit(X).transform(X * 1e160)
