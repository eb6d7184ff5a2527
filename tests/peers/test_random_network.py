"""Untrained networks: features beside SciPy's, the picture that comes back, the texture, and what is refused."""

import jax
import numpy as np
import pytest
from interrupting import interrupt_at
from scipy.signal import correlate2d
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import memgen_lite as mg
from memgen_lite.peers import random_network

pytestmark = pytest.mark.training

SMALL = {"channels": (8, 8, 12), "steps": 40, "random_state": 0}


def picture(h=12, w=10, c=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, size=(h, w, c), dtype=np.uint8)


def network(**more):
    return mg.peers.peer("random_network", **SMALL | more)


@pytest.fixture(scope="module")
def known():
    return network().fit(picture())


def test_features_are_filtered_rectified_and_averaged():
    """By SciPy in double precision: 3 x 3 with a frame of 0, and means of 2 x 2 before the third layer."""
    model = network().fit(picture())
    x = picture(seed=1) / 255 - 0.5
    for i, (kernel, found) in enumerate(zip(model.kernels_, model.features(picture(seed=1)), strict=True)):
        if i == 2:
            x = x.reshape(6, 2, 5, 2, -1).mean(axis=(1, 3))
        parts = [
            sum(correlate2d(x[..., a], kernel[..., a, b].astype(float), "same") for a in range(x.shape[2]))
            for b in range(kernel.shape[3])
        ]
        x = np.maximum(np.stack(parts, axis=-1), 0)
        np.testing.assert_allclose(found, x, atol=1e-4)


def test_the_texture_loss_is_the_distance_of_gram_matrices(known):
    own, other = (known.features(X) for X in (picture(), picture(seed=1)))

    def gram(layer):
        rows = layer.reshape(-1, layer.shape[2]).astype(float)
        return rows.T @ rows / len(rows)

    pairs = [(gram(a), gram(b)) for a, b in zip(other, own, strict=True)]
    expected = np.mean([((a - b) ** 2).sum() / (b**2).sum() for a, b in pairs])
    assert known.texture_loss(picture(seed=1)) == pytest.approx(expected, rel=1e-4)
    assert known.texture_loss(picture()) == 0


def test_the_slope_is_that_of_differences(known):
    """In double precision, along ten random directions, to 1e-5."""
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        aims = [np.asarray(aim, dtype=float) for aim in known._aims(True)]
        kernels = [kernel.astype(float) for kernel in known.kernels_]
        x = rng.uniform(size=(12, 10, 3))
        slope = np.asarray(jax.grad(random_network._texture)(x, kernels, aims))
        for _ in range(10):
            step = 1e-6 * rng.normal(size=x.shape)
            ahead, behind = (random_network._texture(x + sign * step, kernels, aims) for sign in (1, -1))
            assert float(ahead - behind) == pytest.approx(2 * (slope * step).sum(), rel=1e-4)


def test_the_first_layer_gives_the_picture_back_and_a_texture_is_another_picture_of_its_kind(known):
    back = network(steps=150).fit(picture()).invert(1, random_state=1)
    assert np.abs(back - picture() / 255).max() < 0.01
    noise = np.clip(0.5 + 0.1 * np.random.default_rng(1).normal(size=(12, 10, 3)), 0, 1)
    (drawn,) = known.sample(1, random_state=1)
    assert known.texture_loss(drawn) < 0.05 * known.texture_loss(noise)
    assert np.abs(drawn - picture() / 255).mean() > 0.1
    assert drawn.min() >= 0 and drawn.max() <= 1


def test_pictures_follow_a_stream_and_a_refit_repeats_them(known):
    model = network(steps=3).fit(picture())
    again = clone(model).fit(picture() / 255)
    first, second = model.sample(1), model.sample(1)
    np.testing.assert_array_equal(again.sample(2), np.concatenate([first, second]))
    assert (first != second).any()
    np.testing.assert_array_equal(model.invert(2, random_state=5), again.invert(2, random_state=5))
    assert model.sample(0).shape == (0, 12, 10, 3)
    gray = network(steps=2).fit(picture()[..., 0])
    assert gray.sample(2).shape == (2, 12, 10) and gray.invert(3).shape == (12, 10)


def test_a_saved_one_paints_as_the_one_in_memory(tmp_path):
    model = network(steps=3).fit(picture())
    model.sample()
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert loaded.get_params() == model.get_params()
    np.testing.assert_array_equal(loaded.sample(), model.sample())


def test_an_interrupt_leaves_the_picture_that_is_there(monkeypatch):
    def stopped(slope, x, callback, **more):
        callback(x + 0.25)
        raise KeyboardInterrupt

    monkeypatch.setattr(random_network, "minimize", stopped)
    model = network().fit(picture())
    with pytest.warns(UserWarning, match="interrupted: the picture is that of step 1 of 40"):
        (found,) = model.sample()
    assert found.mean() == pytest.approx(0.75, abs=0.02)


def test_a_fit_that_is_interrupted_anywhere_leaves_the_old_picture():
    model, step = network(steps=2).fit(picture()), 0
    before = dict(vars(model))
    while interrupt_at(step := step + 7, lambda: model.fit(picture(seed=1))):
        assert vars(model) == before or (model.picture_ == picture(seed=1) / 255).all()
        model.__dict__ = dict(before)
    assert step > 30


def test_a_picture_without_contrast_is_no_error():
    model = network(steps=2).fit(np.full((6, 6, 3), 0.5))
    assert np.isfinite(model.sample()).all() and np.isfinite(model.invert(3)).all()


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.full((6, 6), np.nan), ValueError, "X must be .*got nan"),
        (np.full((6, 6), 2.0), ValueError, "X must be of uint8, or of numbers from 0 to 1, got 2"),
        (np.full((6, 6), -1.0), ValueError, "X must be .*got -1"),
        (np.zeros(6), ValueError, r"X must be a picture \(height, width\) .* got \(6,\)"),
        (np.zeros((0, 6)), ValueError, r"X must be a picture .* got \(0, 6\)"),
        (np.zeros((1, 6)), ValueError, r"X must be 2 pixels high and wide for 3 layers, got \(1, 6, 1\)"),
        ("x", TypeError, "X must be"),
        (None, TypeError, "X must be"),
    ],
)
def test_what_is_no_picture_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        network().fit(X)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"channels": ()}, ValueError, "channels must have a layer at least"),
        ({"channels": (8, 0)}, ValueError, "channels must be 1 or more, got 0"),
        ({"channels": (8, 1.5)}, TypeError, "channels must be"),
        ({"steps": 0}, ValueError, "steps must be 1 or more, got 0"),
    ],
)
def test_settings_that_are_none_are_refused(more, error, message):
    with pytest.raises(error, match=message):
        network(**more).fit(picture())


def test_questions_that_do_not_fit_are_refused(known):
    with pytest.raises(ValueError, match="depth must be from 1 to 3, got 4"):
        known.invert(4)
    with pytest.raises(ValueError, match="n must be 0 or more"):
        known.sample(-1)
    with pytest.raises(ValueError, match=r"X must be of the shape of the picture, \(12, 10, 3\), got \(12, 9, 3\)"):
        known.texture_loss(picture(12, 9))
    for ask in (lambda one: one.sample(), lambda one: one.invert(1), lambda one: one.features(picture())):
        with pytest.raises(NotFittedError, match="this RandomNetwork is not fitted yet"):
            ask(network())
    assert "random_network" not in mg.peers.all_peers()
    assert known.card.title == "untrained network"
