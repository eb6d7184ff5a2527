"""What all peers promise: a fit is all or nothing, whichever peer it is and wherever it stops."""

import jax
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from small import SMALL

import memgen_lite as mg

EVERY = [*mg.peers.all_peers(), "bottleneck", "memgen_classifier", "associative_memory"]
EVERY += ["completion", "masked_autoencoder", "infomax"]
LABELS = np.arange(40) % 2


@pytest.fixture(autouse=True)
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def rows(d, seed=0):
    return np.random.default_rng(seed).normal(size=(40, d)) + 3 * seed


def known(name, d, seed=0):
    """Rows as this peer takes them."""
    return np.sign(rows(d) + seed) if name == "associative_memory" else rows(d, seed)


def peer(name, stream):
    return mg.peers.peer(name, **SMALL.get(name, {}), random_state=stream)


def asked(model, d):
    """What one that has learned rows of `d` numbers says next along its stream."""
    if hasattr(model, "complete"):
        return model.complete(np.zeros((40, d)), np.arange(d) < 2)
    if hasattr(model, "transform"):
        return model.transform(np.zeros((40, d)))
    return model.sample(6) if hasattr(model, "sample") else model.predict(np.zeros((40, d)))


def told(model):
    return asked(model, model.n_features_in_)


def unchanged(model, before):
    return list(vars(model)) == list(before) and all(vars(model)[name] is before[name] for name in before)


def stopped(model, X, assignment, monkeypatch):
    """Whether a fit to other rows was stopped at the attribute that it set as number `assignment`."""
    left, real = [assignment], type(model).__setattr__
    error = (KeyboardInterrupt, ValueError)[assignment % 2]

    def assign(self, name, value):
        left[0] -= 1
        if left[0] == 0:
            raise error("stopped here")
        real(self, name, value)

    with monkeypatch.context() as patch:
        patch.setattr(type(model), "__setattr__", assign)
        try:
            model.fit(X, LABELS)
        except error:
            return True
    return False


@pytest.mark.parametrize("name", EVERY)
def test_a_fit_that_stops_anywhere_leaves_the_old_model_whole_with_its_stream(name, monkeypatch):
    X, other = known(name, 4), known(name, 9, seed=1)
    model, twin = (peer(name, np.random.default_rng(0)).fit(X, LABELS) for _ in range(2))
    np.testing.assert_array_equal(told(model), told(twin))
    before, stops = dict(vars(model)), 0
    while stopped(model, other, stops + 1, monkeypatch):
        stops += 1
        assert unchanged(model, before), stops
        np.testing.assert_array_equal(told(model), told(twin))
    assert stops >= 3 and model.n_features_in_ == 9


@pytest.mark.parametrize("name", EVERY)
def test_a_first_fit_that_stops_leaves_an_unfitted_peer(name, monkeypatch):
    model = peer(name, 0)
    assert stopped(model, known(name, 9, seed=1), 3, monkeypatch)
    assert vars(model) == vars(clone(model))
    with pytest.raises(NotFittedError, match="is not fitted yet: call fit"):
        asked(model, 9)
    assert told(model.fit(known(name, 9, seed=1), LABELS)).shape[0] in (6, 40)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("wrong", [np.full((40, 5), np.nan), np.ones(40), np.ones((1, 5))])
def test_rows_that_are_refused_leave_the_old_model(name, wrong):
    model = peer(name, 0).fit(known(name, 4), LABELS)
    before = dict(vars(model))
    with pytest.raises(ValueError, match="X must"):
        model.fit(wrong, LABELS)
    assert unchanged(model, before)


def test_settings_that_are_refused_leave_the_model_of_those_before():
    model = mg.peers.peer("kde", random_state=0).fit(rows(2))
    first = clone(model).fit(rows(2)).sample(3)
    with pytest.raises(ValueError, match="bandwidth must be above 0"):
        model.set_params(bandwidth=-1).fit(rows(4))
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(model.sample(3), first)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: mg.peers.peer("optimal_denoiser").denoise(rows(3), 1.0),
        lambda: mg.peers.peer("optimal_denoiser").weights(rows(3), 1.0),
        lambda: mg.peers.peer("patch_denoiser").sources(rows(4)),
        lambda: mg.peers.peer("denoiser").denoise(rows(3), 1.0),
        lambda: mg.peers.peer("hopfield").retrieve(rows(3)),
        lambda: mg.peers.peer("associative_memory").energy(rows(3)),
        lambda: mg.peers.peer("completion").weights(rows(3), np.ones(3, dtype=bool)),
    ],
)
def test_one_that_is_asked_about_rows_before_it_has_seen_any_says_so(ask):
    with pytest.raises(NotFittedError, match="is not fitted yet: call fit"):
        ask()


def test_a_class_has_the_card_of_its_name_or_that_of_what_it_is_a_kind_of():
    from memgen_lite.peers import gan

    class Another(gan.WGANClip, objective=gan.Clipped):
        pass

    assert gan.WGANClip.card.title == "Wasserstein GAN, clipped" != gan.GAN.card.title
    assert Another.card is gan.WGANClip.card


def test_more_samples_than_any_machine_has_room_for_are_refused_by_name():
    with pytest.raises(ValueError, match=r"n must be below 93,824,992,236,885, got 10000000000"):
        mg.peers.peer("gaussian").fit(rows(3)).sample(10**30)
