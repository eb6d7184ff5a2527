"""The temporal model: its bound beside an exact state-space model, what it learns, and what it refuses."""

import warnings
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import temporal_model, training
from memgen_lite.peers.external_memory import Nothing

pytestmark = pytest.mark.training

SMALL = {"rounds": 50, "slots": 4, "latent": 2, "hidden": 8, "width": 8, "batch_size": 8}


def model(**more):
    return mg.peers.peer("temporal_model", **{**SMALL, "random_state": 0, **more})


def frames(n=12, steps=5, pixels=6, seed=0):
    return np.random.default_rng(seed).random((n, steps, pixels))


@pytest.fixture(scope="module")
def known():
    return model().fit(frames())


@pytest.fixture(autouse=True, scope="module")
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


class Handed(SimpleNamespace):
    """A network that computes what it is told to."""

    def __call__(self, *given):
        return self.rule(*given)


A, Q, C, R = 0.8, 0.6, 1.5, 0.7  # z[t] = A z[t - 1] + Q noise, from z = 0; x[t] = C z[t] + R noise


def linear_gaussian():
    """The network of that state-space model, with the law of z[t] given z[t - 1] and x[t] as its posterior."""
    gain = Q**2 * C / (C**2 * Q**2 + R**2)
    sd = Q * np.sqrt(1 - gain * C)

    def posterior(known):  # z[t - 1], and x[t] as its positive and its negative part
        mean = A * known[:1]
        return jnp.concatenate([mean + gain * (known[1:2] - known[2:3] - C * mean), jnp.log(jnp.array([sd]))])

    network = object.__new__(temporal_model.Network)
    parts = {
        "memory": Nothing(0, 1, 1, None),
        "cell": Handed(hidden_size=1, rule=lambda told, state: (told[:1], state[1])),
        "encoder": Handed(rule=lambda x: jnp.concatenate([x, -x], axis=-1)),
        "decoder": Handed(rule=lambda z: C * z),
        "prior": Handed(rule=lambda known: jnp.concatenate([A * known[:1], jnp.log(jnp.array([Q]))])),
        "posterior": Handed(rule=posterior),
        "latent": 1,
    }
    for name, part in parts.items():
        object.__setattr__(network, name, part)
    return network, gain, sd


def bounds(x, draws):
    """Draws of the evidence lower bound of one series x (T,), whose pixels are normal here."""
    network, *_ = linear_gaussian()
    noise = jax.random.normal(jax.random.key(0), (draws, len(x), 1))
    series, places = jnp.asarray(x, jnp.float32)[:, None], jnp.zeros(len(x), jnp.int32)
    out = jax.vmap(lambda noise: network(series, jnp.zeros((len(x), 0)), places, noise))(noise)
    told = norm.logpdf(x, C * np.asarray(out["latent"])[..., 0], R)
    return told.sum(1) - np.asarray(out["divergence"]).sum(1)


def kalman(x):
    """The exact log probability of x, by the filter of Kalman 1960."""
    mean, variance, total = 0.0, 0.0, 0.0
    for value in x:
        mean, variance = A * mean, A**2 * variance + Q**2
        spread = C**2 * variance + R**2
        total += norm.logpdf(value, C * mean, np.sqrt(spread))
        gain = variance * C / spread
        mean, variance = mean + gain * (value - C * mean), variance * (1 - gain * C)
    return total


def test_the_bound_of_one_frame_is_its_exact_log_probability_on_average():
    """Within 5 standard errors of 20,000 draws: the divergence is in closed form, the rest is drawn."""
    drawn = bounds([0.9], 20_000)
    assert drawn.mean() == pytest.approx(kalman([0.9]), abs=5 * drawn.std() / 20_000**0.5)


def test_the_bound_of_a_series_is_its_closed_form_and_below_the_exact_log_probability():
    """As the posterior is p(z[t] | z[t - 1], x[t]), the bound is E sum log p(x[t] | z[t - 1]), of normal laws."""
    x = np.array([0.3, -1.0, 0.4, 2.0, 1.1, -0.2])
    _, gain, sd = linear_gaussian()
    spread, mean, variance, expected = np.sqrt(C**2 * Q**2 + R**2), 0.0, 0.0, 0.0
    for value in x:
        expected += norm.logpdf(value, C * A * mean, spread) - (C * A) ** 2 * variance / (2 * spread**2)
        keep = A * (1 - gain * C)
        mean, variance = keep * mean + gain * value, keep**2 * variance + sd**2
    drawn = bounds(x, 20_000)
    assert drawn.mean() == pytest.approx(expected, abs=5 * drawn.std() / 20_000**0.5)
    assert expected < kalman(x)


def test_what_a_frame_is_missed_by_is_minus_the_log_probability_of_its_coins():
    logits, x = np.array([[-2.0, 0.5, 3.0]]), np.array([[0.0, 1.0, 0.25]])
    p = 1 / (1 + np.exp(-logits))
    expected = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(1)
    np.testing.assert_allclose(temporal_model.missed(jnp.array(logits), jnp.array(x)), expected, rtol=1e-5)


def test_a_memory_looks_up_what_comes_back_and_a_recurrent_network_does_not():
    """600 rounds on six frames of which three come back; pictures of stripes, so that it takes seconds."""
    rng = np.random.default_rng(0)
    images = (rng.random((200, 16)) < 0.5).astype(float)
    chosen = rng.random((1500, 200)).argpartition(6, axis=1)[:, :6]
    X = images[np.concatenate([chosen, chosen[:, :3]], axis=1)]
    size = {"rounds": 700, "slots": 8, "latent": 8, "hidden": 32, "width": 32, "batch_size": 32}
    told = {}
    for memory in ("none", "lookup"):
        fit = model(memory=memory, **size).fit(X[:1400], places=np.tile(np.arange(9) % 6, (1400, 1)))
        out = fit.follow(X[1400:], places=np.tile(np.arange(9) % 6, (100, 1)), random_state=0)
        told[memory] = out["divergence"][:, :6].mean(), out["divergence"][:, 6:].mean()
    assert told["lookup"][1] < 0.6 * told["lookup"][0]
    assert told["none"][1] > 0.9 * told["none"][0]


def test_following_gives_what_it_says_in_the_shapes_it_says(known):
    out = known.follow(frames(3), random_state=1)
    assert out["divergence"].shape == out["missed"].shape == out["bound"].shape == (3, 5)
    assert out["drawn"].shape == (3, 5, 6) and out["looked_at"].shape == (3, 5, 5)
    assert (out["divergence"] >= -1e-5).all() and (out["bound"] == -out["divergence"] - out["missed"]).all()
    assert out["drawn"].min() >= 0 and out["drawn"].max() <= 1


def test_what_is_drawn_does_not_know_its_own_frame(known):
    one, other = frames(2), frames(2)
    other[:, -1] = 1 - other[:, -1]
    drawn = [known.follow(X, random_state=1)["drawn"] for X in (one, other)]
    np.testing.assert_array_equal(*drawn)


def test_the_same_seed_draws_the_same_and_without_one_two_calls_differ(known):
    one, two = (known.follow(frames(2), random_state=3)["bound"] for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (known.follow(frames(2))["bound"] != known.follow(frames(2))["bound"]).any()


def test_sequences_are_followed_alike_whatever_others_come_with_them(known):
    X = frames(temporal_model._BATCH + 3, seed=2)
    whole = known.follow(X, random_state=0)["bound"]
    np.testing.assert_allclose(known.follow(X[: temporal_model._BATCH], random_state=0)["bound"], whole[:-3], rtol=1e-5)


@pytest.mark.parametrize("memory", ["none", "lookup", "introspection", "ntm", "lru", "dnc"])
def test_a_saved_one_goes_on_as_it_was(tmp_path, memory):
    fit = model(memory=memory, rounds=0).fit(frames(), given=frames(pixels=1))
    fit.save(tmp_path / "kept.peer")
    again = mg.peers.load(tmp_path / "kept.peer")
    assert again.get_params() == fit.get_params()
    told = [one.follow(frames(2), given=frames(2, pixels=1))["bound"] for one in (fit, again)]
    np.testing.assert_array_equal(*told)


def test_two_fits_with_one_seed_have_the_same_weights(known):
    for one, two in zip(known.leaves(), clone(known).fit(frames()).leaves(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_fit_is_found_in_the_cache_for_the_same_sequences_and_what_is_told_with_them(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    X, told = frames(), frames(pixels=1)
    first = mg.peers.fitted(model(rounds=1), X, given=told)
    monkeypatch.setattr(temporal_model, "train", lambda *a, **k: pytest.fail("it was trained again"))
    second = mg.peers.fitted(model(rounds=1), X, given=told)
    np.testing.assert_array_equal(*[one.follow(X, given=told)["bound"] for one in (first, second)])
    for other in ({"given": told + 1}, {"given": told, "places": np.zeros((12, 5), int)}):
        with pytest.raises(pytest.fail.Exception):
            mg.peers.fitted(model(rounds=1), X, **other)


def test_an_interrupted_training_ends_early_with_what_it_has_and_a_warning(monkeypatch):
    def stopped(*given, **more):
        chunks = training_play(*given, **more)
        yield next(chunks)
        raise KeyboardInterrupt

    training_play = training.play
    monkeypatch.setattr(training, "play", stopped)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 0 of 50"):
        fit = model().fit(frames())
    assert fit.follow(frames(1))["drawn"].shape == (1, 5, 6)


@pytest.mark.parametrize(
    ("change", "given", "message"),
    [
        ({}, {"X": frames()[0]}, r"X must have three axes \(sequences, steps, pixels\), got shape \(5, 6\)"),
        ({}, {"X": frames()[:1]}, r"X must hold 2 or more sequences of frames, got shape \(1, 5, 6\)"),
        ({}, {"X": 2 * frames()}, "X must"),
        ({}, {"X": np.full((3, 2, 1), np.nan)}, "X must"),
        ({}, {"X": frames(), "given": frames(11)}, "given must be of 12 sequences of 5 steps, as X is, got shape"),
        ({}, {"X": frames(), "given": np.zeros((12, 5))}, r"given must have three axes"),
        ({"memory": "lookup"}, {"X": frames(), "places": np.full((12, 5), 4)}, "places must"),
        ({}, {"X": frames(), "places": np.zeros((12, 5))}, "places must"),
        ({}, {"X": frames(), "places": np.zeros((12, 5, 1), int)}, "places must have two axes"),
        ({"memory": "elephant"}, {"X": frames()}, "memory must be one of none, lookup, introspection, ntm, lru, dnc"),
        ({"slots": 0}, {"X": frames()}, "slots must be 1 or more, got 0"),
        ({"hidden": 2.5}, {"X": frames()}, "hidden must be a whole number"),
        ({"rounds": -1}, {"X": frames()}, "rounds must be 0 or more"),
    ],
)
def test_bad_input_is_told_by_name_and_changes_nothing(change, given, message):
    one = model(**change)
    with pytest.raises((ValueError, TypeError), match=message):
        one.fit(**given)
    with pytest.raises(NotFittedError):
        one.follow(frames())


def test_what_was_not_fitted_to_other_widths_says_so(known):
    with pytest.raises(ValueError, match="6 pixels and 0 numbers a step, as in fit, got 7 and 0"):
        known.follow(frames(pixels=7))
    with pytest.raises(ValueError, match="6 pixels and 0 numbers a step, as in fit, got 6 and 2"):
        known.follow(frames(), given=frames(pixels=2))


def test_a_failed_refit_leaves_the_model_as_it_was(known):
    before = known.follow(frames(2), random_state=0)["bound"]
    with pytest.raises(ValueError):
        known.fit(frames()[0])
    np.testing.assert_array_equal(known.follow(frames(2), random_state=0)["bound"], before)


def test_it_has_a_card_and_is_no_sampler_of_rows():
    assert "Gemici" in model().card.citation
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "temporal_model" not in mg.peers.all_peers()
