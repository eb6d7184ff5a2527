"""Trained peers: objectives against closed forms, one loop that can be stopped, and files without pickle."""

import warnings
from importlib import import_module

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.base import clone

import memgen_lite as mg
from memgen_lite.peers import gan, perceptron, training, vae
from memgen_lite.shared.array_file import DamagedFileError

_SIZE = {"rounds": 100, "width": 16, "depth": 1}  # whole chunks, as each size is compiled
QUICK = {
    **dict.fromkeys(("gan", "wgan_clip", "wgan_gp", "wgan_div", "gan_qp", "denoiser"), _SIZE),
    **{name: {**_SIZE, "latent": 2} for name in ("vae", "vae_fixed_gamma", "two_stage_vae")},
}
EVERY = sorted({*mg.peers.all_peers()})
SMALL = {**QUICK, "gmm": {"n_components": 3}, "rbm": {"n_components": 8, "n_iter": 2}, "patch_denoiser": {"window": 2}}


def data(n=60, d=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + np.arange(d)


@pytest.fixture(autouse=True)
def quick_compiler(request):
    """Most of the time here goes into compiling, for a few rounds that need no speed."""
    jax.config.update("jax_disable_most_optimizations", "eight_modes" not in request.node.name)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def peer(name, **more):
    return mg.peers.peer(name, **{"random_state": 0, **SMALL.get(name, {}), **more})


# Two points of one dimension, a real one at `apart` and a fake one at 0: the Dirac pair.


def best_value(loss, start):
    """The largest of minus `loss` over a vector, by BFGS."""
    from scipy.optimize import minimize

    gradient = jax.jit(jax.grad(loss))
    value = jax.jit(loss)
    with jax.enable_x64(True):
        found = minimize(
            lambda w: float(value(jnp.asarray(w))),
            start,
            jac=lambda w: np.asarray(gradient(jnp.asarray(w)), dtype=float),
        )
    return -found.fun


def pair(apart, n=1):
    return jnp.full((n, 1), apart), jnp.zeros((n, 1))


def kind(cls, **more):
    base = {"batch_size": 1, "learning_rate": 1.0, "rounds": 1, "noise": 1, "width": 1, "depth": 0}
    return cls(**base, critic_moves=1, spectral=False, normalized=False, **more)


@pytest.mark.parametrize("apart", [0.5, 1.0, 4.0])
def test_the_standard_critic_sees_log_2_at_any_distance(apart):
    """Minus the loss goes up to 0 with any critic that tells the points apart; the divergence is that plus log 2."""
    objective, (real, fake) = kind(gan.Standard), pair(apart)

    def loss(w):
        return objective.critic_loss(lambda rows: w[0] * rows[:, 0] + w[1], real, fake, None)

    assert best_value(loss, [0.1, 0.0]) + np.log(2) == pytest.approx(np.log(2), abs=1e-3)


@pytest.mark.parametrize("apart", [0.5, 1.0, 4.0])
def test_wasserstein_critics_see_the_distance(apart):
    real, fake = pair(apart)
    key = jax.random.key(0)
    slope_one = gan.Adversarial.critic_loss(kind(gan.Adversarial), lambda rows: rows[:, 0], real, fake, key)
    assert -slope_one == pytest.approx(apart)
    clipped = kind(gan.Clipped, clip=0.25)
    weight = clipped.project("critic", jnp.array([3.0, -7.0]))
    np.testing.assert_allclose(weight, [0.25, -0.25])
    assert clipped.project("generator", weight) is weight
    # With a penalty of lambda the best slope is 1 + d / 2 lambda, and the value d + d^2 / 4 lambda.
    penalized = kind(gan.Penalized, penalty=10.0)
    value = best_value(lambda w: penalized.critic_loss(lambda rows: w[0] * rows[:, 0], real, fake, key), [0.5])
    assert value == pytest.approx(apart + apart**2 / 40, rel=1e-4)


@pytest.mark.parametrize(("apart", "expected"), [(0.01, 0.0020), (0.1, 0.032), (1.0, 0.507), (10.0, 8.03)])
def test_the_wasserstein_divergence_of_a_pair_of_points_is_the_known_one(apart, expected):
    """k = 2, p = 6: L g (1 - 1/p) with g = (L / kp)^(1 / (p - 1))."""
    objective, (real, fake) = kind(gan.Divergence, penalty=2.0, power=6.0), pair(apart)
    exact = apart * (apart / 12) ** 0.2 * 5 / 6
    assert exact == pytest.approx(expected, rel=0.02)

    def loss(w):
        return objective.critic_loss(lambda rows: w[0] * rows[:, 0], real, fake, jax.random.key(0))

    assert best_value(loss, [0.3]) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("apart", [0.5, 1.0, 4.0])
def test_the_quadratic_potential_sees_lambda_d_over_2(apart):
    objective, (real, fake) = kind(gan.Quadratic, penalty=10.0), pair(apart)

    def loss(w):
        return objective.critic_loss(lambda rows: w[0] * rows[:, 0], real, fake, None)

    assert best_value(loss, [0.1]) == pytest.approx(10 * apart / 2, rel=1e-4)


def test_spectral_norms_are_the_largest_singular_values_and_bound_the_critic():
    rng = np.random.default_rng(0)
    weight = jnp.asarray(rng.normal(size=(7, 4)), dtype=jnp.float32)
    assert perceptron.spectral_norm(weight, 200) == pytest.approx(np.linalg.svd(weight)[1][0], rel=1e-4)
    critic = perceptron.MLP(3, 1, 32, 2, jax.random.key(0), spectral=True)
    x = jnp.asarray(rng.normal(size=(500, 3)), dtype=jnp.float32)
    slopes = jax.vmap(jax.grad(lambda row: critic(row[None])[0, 0]))(x)
    assert np.linalg.norm(slopes, axis=1).max() < 1.1


def test_the_bound_is_the_likelihood_where_the_encoder_is_the_posterior():
    """Linear and Gaussian: x = W z + b + gamma n. With the exact posterior the bound is log p(x), but for the draw
    of z: the mean of 4,000 draws, within 5 standard errors for each of 6 rows."""
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(0)
    W, b, gamma = rng.normal(size=(3, 2)), rng.normal(size=3), 0.6
    # An encoder with independent latents is exact where W'W is diagonal.
    W = np.linalg.qr(W)[0] * [1.5, 0.7]
    variance = 1 / (1 + (W**2).sum(axis=0) / gamma**2)
    encode = variance[:, None] * W.T / gamma**2

    def linear(weight, bias):
        mlp = perceptron.MLP(weight.shape[1], weight.shape[0], 1, 0, jax.random.key(0))
        layers = [(jnp.asarray(weight, dtype=jnp.float32), jnp.asarray(bias, dtype=jnp.float32))]
        return eqx.tree_at(lambda m: m.layers, mlp, layers)

    encoder = linear(np.vstack([encode, np.zeros((2, 3))]), np.concatenate([-encode @ b, np.log(variance) / 2]))
    objective = vae.Evidence(1, 1.0, 1, latent=2, width=1, depth=0, gamma=None)
    x = rng.normal(size=(6, 3))
    model = (encoder, linear(W, b), jnp.log(jnp.float32(gamma)))
    draws = jax.vmap(lambda key: objective.bound(model, jnp.asarray(x, dtype=jnp.float32), key))(
        jax.random.split(jax.random.key(1), 4000)
    )
    exact = multivariate_normal(b, W @ W.T + gamma**2 * np.eye(3)).logpdf(x)
    error = np.std(draws, axis=0) / np.sqrt(4000)
    assert (np.abs(np.mean(draws, axis=0) - exact) < 5 * error + 1e-4).all()


@pytest.mark.parametrize("name", QUICK)
def test_a_fit_repeats_its_history_has_all_players_and_samples_follow_a_stream(name):
    X, model = data(), peer(name)
    first = model.fit(X).sample(5)
    assert first.shape == (5, 4) and np.isfinite(first).all()
    assert (model.sample(5) != first).any()
    np.testing.assert_array_equal(clone(model).fit(X).sample(5), first)
    assert model.history_["round"] == [50, 100]
    assert all(len(values) == 2 for values in model.history_.values())
    assert model.n_parameters_ > 50 and model.fit_seconds_ > 0


@pytest.mark.parametrize("name", EVERY)
def test_a_saved_peer_goes_on_as_the_one_in_memory(name, tmp_path):
    X, model = data(), peer(name)
    model.fit(X).sample(3)
    model.save(tmp_path / "peer")
    loaded = mg.peers.load(tmp_path / "peer")
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.sample(4), model.sample(4))
    if hasattr(model, "history_"):
        assert loaded.history_ == model.history_ and loaded.n_parameters_ == model.n_parameters_


def test_weights_that_do_not_fit_a_class_that_is_none_and_a_stream_of_no_kind_are_refused(tmp_path):
    from memgen_lite.peers import saving

    model = peer("vae").fit(data())
    with pytest.raises(ValueError, match="do not fit the parameters"):
        model.grow(model.leaves()[:-1])
    with pytest.raises(ValueError, match="no random stream is called 'Dice'"):
        saving._stream({"bit_generator": "Dice"})
    with pytest.raises(ValueError, match="no peer is called 'os:system'"):
        mg.peers._Kinds()["os:system"]


def test_without_the_extra_trained_peers_are_left_out_by_name(monkeypatch):
    def without(name):
        if name.endswith((".gan", ".vae", ".trained_denoiser")):
            raise ModuleNotFoundError("No module named 'equinox'", name="equinox")
        return import_module(name)

    monkeypatch.setattr(mg.peers, "import_module", without)
    with pytest.warns(UserWarning, match="left out: gan, wgan_clip, .*, denoiser, which need the extra"):
        found = mg.peers.all_peers()
    assert set(EVERY) - set(found) == set(QUICK)
    with pytest.raises(ModuleNotFoundError, match=r'VAE needs equinox: pip install "memgen_lite\[neural\]"'):
        mg.peers.peer("vae")


def test_a_damaged_file_and_one_of_something_else_are_refused(tmp_path):
    path = tmp_path / "peer"
    peer("gmm").fit(data()).save(path)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    (tmp_path / "damaged").write_bytes(raw)
    mg.MemGEN().fit(["a"]).save(tmp_path / "memory")
    for wrong in ("damaged", "memory"):
        with pytest.raises(DamagedFileError):
            mg.peers.load(tmp_path / wrong)


@pytest.mark.parametrize("state", [np.random.default_rng(3), np.random.RandomState(3), None])
def test_any_random_state_can_be_saved(state, tmp_path):
    model = peer("kde", random_state=state).fit(data())
    model.save(tmp_path / "peer")
    np.testing.assert_array_equal(mg.peers.load(tmp_path / "peer").sample(3), model.sample(3))


def test_other_rounds_rates_penalties_and_rows_are_not_compiled_again():
    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda name, seconds, **_: compiled.append(name) if name.endswith("backend_compile_duration") else None
    )
    size = {"rounds": 50, "width": 11}  # which no other test has compiled
    first = peer("wgan_gp", **size).fit(data())
    assert compiled
    compiled.clear()
    changes = {"rounds": 100}, {"learning_rate": 1e-4}, {"penalty": 0.5}
    others = [peer("wgan_gp", **size | change).fit(data()) for change in changes]
    others.append(peer("wgan_gp", **size).fit(data()[:50]))
    assert not compiled
    for other in others:
        assert any((a != b).any() for a, b in zip(first.leaves(), other.leaves(), strict=True))


def test_rows_that_are_few_are_filled_up_and_the_filling_is_never_drawn(monkeypatch):
    filled = peer("vae").fit(data())
    monkeypatch.setattr(training, "_ROOM", 1)
    for a, b in zip(filled.leaves(), peer("vae").fit(data()).leaves(), strict=True):
        np.testing.assert_array_equal(a, b)


class Recurrent(training.Objective):
    """The sum of a sequence of any length, by a linear recurrence that reads it as far as it goes."""

    def build(self, size, key):
        assert size == {"steps": (7, 2), "length": (), "sum": (2,)}
        return {"model": jnp.zeros((3, 2))}

    def loss(self, player, networks, x, key):
        keep, take, last = networks["model"]

        def read(state, item):
            step, place = item
            return jnp.where((place < x["length"])[:, None], (1 - keep) * state + take * step, state), None

        steps = jnp.moveaxis(x["steps"], 1, 0)
        state, _ = jax.lax.scan(read, jnp.zeros_like(x["sum"]), (steps, jnp.arange(len(steps))))
        return ((state + last - x["sum"]) ** 2).mean()


def test_sequences_of_many_lengths_are_rows_of_three_arrays():
    """They are summed: nothing is forgotten (0), all is taken (1), nothing is added (0)."""
    rng = np.random.default_rng(0)
    steps, length = rng.normal(size=(300, 7, 2)), rng.integers(1, 8, size=300)
    total = np.stack([row[:n].sum(axis=0) for row, n in zip(steps, length, strict=True)])
    rows = {"steps": steps, "length": length, "sum": total}
    networks, history, _ = training.train(Recurrent(64, 0.02, 600), rows, jax.random.key(0), description="summing")
    np.testing.assert_allclose(networks["model"], [[0, 0], [1, 1], [0, 0]], atol=0.02)
    assert history["model"][-1] < 1e-3 < history["model"][0]


class Mean(training.Objective):
    """The mean of rows of any shape, under squared error."""

    def build(self, size, key):
        return {"model": jax.tree.map(lambda shape: jnp.zeros(shape), size, is_leaf=lambda s: isinstance(s, tuple))}

    def loss(self, player, networks, x, key):
        gaps = jax.tree.map(lambda mean, rows: ((rows - mean) ** 2).mean(), networks["model"], x)
        return sum(jax.tree.leaves(gaps))


@pytest.mark.parametrize("shape", [(), (3,), (4, 5), (2, 3, 2)])
def test_rows_of_any_shape_are_learnt_and_the_size_of_plain_ones_is_their_columns(shape):
    X = np.random.default_rng(0).normal(size=(50, *shape)) + 2
    networks, history, _ = training.train(
        Mean(32, 0.1, 200), [X] if len(shape) == 1 else X, jax.random.key(0), description="averaging"
    )
    (mean,) = jax.tree.leaves(networks["model"])
    np.testing.assert_allclose(mean, X.mean(axis=0), atol=0.15)
    assert history["round"] == [50, 100, 150, 200]
    assert training._as_rows(X)[2] == (3 if shape == (3,) else shape)


def test_a_training_goes_on_from_networks_and_takes_the_batches_that_it_is_given():
    """With a batch of all rows each move is a step of Adam to the mean, whatever the key."""
    X = np.random.default_rng(0).normal(size=(8, 2, 2))
    given, ends = [], []

    def draw(n):
        given.append(n)
        return np.tile(np.arange(8), (n, 1))

    for key in (0, 1):
        start = {"model": jnp.full((2, 2), 3.0)}
        states = [*training.play(Mean(8, 0.1, 7), X, jax.random.key(key), chunk=3, networks=start, draw=draw)]
        assert [(done, len(losses), finite) for _, done, losses, finite in states] == [
            (0, 0, True), (3, 3, True), (6, 3, True), (7, 1, True)
        ]  # fmt: skip
        np.testing.assert_array_equal(states[0][0]["model"], start["model"])
        np.testing.assert_allclose(states[1][2][0], ((X - 3) ** 2).mean(), rtol=1e-6)
        ends.append(states[-1][0]["model"])
    np.testing.assert_array_equal(*ends)
    assert given == [3, 3, 1, 3, 3, 1]


@pytest.mark.parametrize("rows", [{}, 5.0, np.empty((0, 3)), {"x": np.ones((4, 2)), "y": np.ones(3)}, [[1, 2], [3, 4]]])
def test_arrays_that_are_not_as_many_rows_are_refused(rows):
    with pytest.raises(ValueError, match=r"rows must be an array, or a dict, tuple or list of arrays, .* got shapes"):
        training.train(Mean(8, 0.1, 1), rows, jax.random.key(0), description="averaging")


def test_divergence_is_named_and_leaves_the_last_finite_state():
    with pytest.warns(UserWarning, match="diverged between rounds .* at a learning rate of 1e\\+30"):
        model = peer("vae", learning_rate=1e30).fit(data())
    assert np.isfinite(model.sample(5)).all()
    assert model.history_["round"] in ([], [50])


def test_an_interrupt_leaves_a_model_that_works(monkeypatch):
    played, play = [], training._play

    def interrupted(*arguments):
        if len(played) == 2:
            raise KeyboardInterrupt
        played.append(1)
        return play(*arguments)

    monkeypatch.setattr(training, "_play", interrupted)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 100 of 400"):
        model = peer("gan", rounds=400).fit(data())
    assert model.history_["round"] == [50, 100]
    assert model.sample(3).shape == (3, 4)


@pytest.mark.parametrize("name", EVERY)
def test_hostile_rows_are_refused_or_learnt(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for X, message in [
            (np.full((5, 4), np.nan), "X must be finite"),
            (np.ones((1, 4)), "2 rows at least"),
            (np.ones(4), "must be 2-D"),
        ]:
            with pytest.raises(ValueError, match=message):
                peer(name).fit(X)
        constant = np.tile([1.0, -2.0, 3.0, 0.0], (60, 1))  # of the shape of data(): what is compiled is used again
        samples = peer(name).fit(constant).sample(6)
        assert samples.shape == (6, 4) and np.isfinite(samples).all()
        half = peer(name).fit(data().astype(np.float16))
        assert half.sample(2).dtype == np.float64
        assert half.sample(0).shape == (0, 4)


def test_a_wgan_gp_finds_all_eight_modes():
    """8 normal laws on a circle, 600 rounds of WGAN-GP: each has 1/8 of the samples; at least 4 % were asked for."""
    rng = np.random.default_rng(0)
    angle = rng.integers(8, size=2000) * np.pi / 4
    X = np.column_stack([np.cos(angle), np.sin(angle)]) + 0.03 * rng.normal(size=(2000, 2))
    model = peer("wgan_gp", rounds=600, width=64, depth=3, noise=2, normalized=False, penalty=0.1).fit(X)
    G = model.sample(2000)
    mode = np.round(np.arctan2(G[:, 1], G[:, 0]) / (np.pi / 4)).astype(int) % 8
    assert np.bincount(mode, minlength=8).min() > 0.04 * 2000
