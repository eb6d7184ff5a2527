"""What was wrong once of the peers on memory at work: each case stands for a kind."""

import numpy as np
import pandas as pd
import pytest

import memgen_lite as mg
from memgen_lite.peers import random_network
from memgen_lite.peers.completion import MemoryCompletion
from memgen_lite.peers.lookup import MemGENClassifier
from memgen_lite.peers.random_network import RandomNetwork

Z = np.random.default_rng(0).normal(size=(10, 4))
MASK = np.array([True, True, False, False])
SMALL = {"channels": (4, 4, 6), "steps": 3, "random_state": 0}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    return tmp_path / "peers"


def test_a_picture_of_bytes_is_kept_apart_from_the_same_numbers_as_floats():
    picture = np.random.default_rng(0).random((8, 8)) > 0.5
    kept = [mg.peers.fitted(RandomNetwork(**SMALL), picture.astype(kind)).picture_.max() for kind in ("u1", float)]
    assert kept == [pytest.approx(1 / 255), 1]


def test_sequences_may_be_lists_and_what_is_not_given_changes_no_name(folder):
    X = np.random.default_rng(0).random((4, 3, 2))
    size = {"rounds": 1, "slots": 4, "latent": 2, "hidden": 4, "width": 4, "batch_size": 2, "random_state": 0}
    for given in (X, X.tolist(), X):
        mg.peers.fitted(mg.peers.peer("temporal_model", **size), given, given=None)
    assert len({path.name for path in folder.iterdir()}) <= 2  # an array's kind counts, a list has none


@pytest.mark.parametrize("name", ["completion", "masked_autoencoder"])
@pytest.mark.parametrize("factor", [1e160, 1e200])
def test_numbers_whose_squares_overflow_are_refused(name, factor):
    more = {"rounds": 1, "width": 4, "patch": 1} if name == "masked_autoencoder" else {}
    model = mg.peers.peer(name, **more, random_state=0)
    with pytest.raises(ValueError, match="X must"):
        model.fit(Z * factor)
    with pytest.raises(ValueError, match="X must"):
        model.fit(Z).complete(Z * factor, MASK)


@pytest.mark.parametrize("name", [*mg.peers.all_peers(), "bottleneck", "memgen_classifier", "completion", "infomax"])
def test_rows_whose_squares_are_infinite_or_0_are_learned_by_no_peer(name):
    for factor in (1e120, 1e200):
        with pytest.raises(ValueError, match=r"^X must be finite and below 1e100; not so: row 0 column 0"):
            mg.peers.peer(name).fit(Z * factor, np.arange(10) % 2)
    for factor in (1e-170, 1e-310):
        with pytest.raises(ValueError, match=r"^X must differ by 1e-150 or more"):
            mg.peers.peer(name).fit(Z * factor, np.arange(10) % 2)


def test_a_setting_that_is_changed_after_the_fit_is_checked_where_it_is_used():
    model = MemoryCompletion().fit(Z)
    for beta in (np.nan, -5, "a", np.array([1.0, 2.0])):
        with pytest.raises((ValueError, TypeError), match="beta must be"):
            model.set_params(beta=beta).complete(Z, MASK)
    classifier = MemGENClassifier().fit(Z, range(10)).set_params(metric="cosine")
    assert classifier.predict(Z).tolist() == list(range(10))


def test_features_that_write_into_what_they_are_given_leave_the_stored_rows():
    model = MemGENClassifier(features=lambda X: X.__imul__(2)).fit(Z, range(10))
    np.testing.assert_array_equal(model.rows_, Z)


def test_a_mask_whose_columns_are_in_another_order_is_refused():
    X = pd.DataFrame(Z, columns=list("abcd"))
    with pytest.raises(ValueError, match="mask must have the columns of X in their order"):
        MemoryCompletion().fit(X).complete(X, pd.DataFrame([MASK] * 10, columns=list("dcba")))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"image_shape": (-2, -2)}, "image_shape must be 1 or more"),
        ({"image_shape": (2.0, 2.0)}, "image_shape must be a whole number"),
        ({"image_shape": np.array([2, 2])}, "image_shape must be"),
        ({"width": 0}, "width must be 1 or more"),
    ],
)
def test_settings_of_the_masked_autoencoder_are_refused_by_name(more, message):
    with pytest.raises((ValueError, TypeError), match=message):
        mg.peers.peer("masked_autoencoder", rounds=1, **{"patch": 1, **more}).fit(Z)


def test_a_power_beyond_all_floats_is_refused():
    with pytest.raises(ValueError, match="power must be"):
        mg.peers.peer("associative_memory", power=1e308).fit(np.sign(Z))


def test_one_interrupt_ends_the_painting_and_gives_what_is_there(monkeypatch):
    def stopped(*given, **more):
        raise KeyboardInterrupt

    model = RandomNetwork(**SMALL).fit(np.random.default_rng(0).random((8, 8)))
    monkeypatch.setattr(random_network, "minimize", stopped)
    with pytest.warns(UserWarning, match="1 of 4 pictures"):
        assert model.sample(4).shape == (1, 8, 8)


def test_channels_that_are_no_list_are_refused_by_name():
    with pytest.raises((ValueError, TypeError), match="channels must be"):
        RandomNetwork(channels=5).fit(np.eye(8))


def test_places_are_those_of_the_memory_that_was_trained():
    X = np.random.default_rng(0).random((4, 3, 2))
    size = {"rounds": 0, "slots": 4, "latent": 2, "hidden": 4, "width": 4, "batch_size": 2, "random_state": 0}
    model = mg.peers.peer("temporal_model", memory="lookup", **size).fit(X)
    with pytest.raises(ValueError, match="places must"):
        model.set_params(slots=100).follow(X, places=np.full((4, 3), 50))
    other = mg.peers.peer("temporal_model", memory="introspection", **size).fit(X)
    assert other.follow(X, places=np.full((4, 3), 50))["drawn"].shape == (4, 3, 2)
