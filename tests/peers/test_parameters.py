"""What is no parameter is refused before anything is learned, by its name; whichever peer it is of."""

from functools import partial
from typing import ClassVar

import numpy as np
import pytest
from small import SMALL

import memgen_lite as mg
from memgen_lite.peers.base import Peer
from memgen_lite.peers.cards import PLACES
from memgen_lite.peers.parameters import RULES, allowing
from memgen_lite.shared.checks import whole

ROWS, LABELS = np.random.default_rng(0).choice([-1.0, 1.0], size=(30, 16)), np.arange(30) % 2
OF_THE_DATA = {"channels", "features", "image_shape", "shape", "visible"}  # what these may be, the rows say


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("wrong", [object(), "x", float("nan"), -1, [1, 2, 3]])
def test_a_parameter_that_is_none_is_named_before_anything_is_learned(name, wrong):
    for parameter in set(mg.peers.peer(name).get_params()) - {"random_state"}:
        if parameter == "channels" and isinstance(wrong, list):
            continue
        model = mg.peers.peer(name).set_params(**{parameter: wrong})
        X = ROWS.reshape(30, 4, 4) if name in ("random_network", "temporal_model") else ROWS
        texts = name in ("couplet_network", "translation_memory", "translation_student", "dual_translators")
        with pytest.raises((TypeError, ValueError), match=rf"^{parameter} must "):
            model.fit(["a"] * 30, ["b"] * 30) if texts else model.fit(X[0] if name == "random_network" else X, LABELS)
        assert not [attribute for attribute in vars(model) if attribute.endswith("_")]


@pytest.mark.parametrize("name", ["vae", "gan", "denoiser", "bottleneck", "masked_autoencoder", "infomax"])
def test_numbers_of_numpy_are_the_numbers_that_they_are(name):
    """As of a grid that is searched: to the compiler an array would be no size."""
    plain = {"rounds": 3, "width": 4, "batch_size": 8, **SMALL.get(name, {})}
    others = {
        key: np.int64(value) if type(value) is int else np.float64(value)
        for key, value in (mg.peers.peer(name).get_params() | plain).items()
        if type(value) in (int, float)
    }
    one, two = (mg.peers.peer(name, **given, random_state=0).fit(ROWS, LABELS) for given in (plain, others))
    for given, expected in zip(two.leaves(), one.leaves(), strict=True):
        np.testing.assert_array_equal(given, expected)
    if hasattr(one, "sample"):
        np.testing.assert_array_equal(two.sample(5), one.sample(5))


def test_a_name_means_elsewhere_what_its_author_says():
    class Mine(Peer):
        _rules: ClassVar = {"width": partial(whole, least=10)}

        def __init__(self, noise=0.1, k="auto", width=10, random_state=None):
            self._store(locals())

        def _fit(self, X, rng):
            self.mean_ = X.mean(axis=0)

    class Narrower(Mine):
        pass

    class Wider(mg.peers.peer("hopfield").__class__):
        pass

    assert len(Mine().fit(ROWS).mean_) == 16
    for kind in (Mine, Narrower):
        with pytest.raises(ValueError, match=r"^width must be 10 or more, got 9"):
            kind(width=9).fit(ROWS)
    with pytest.raises(ValueError, match=r"^steps must be 0 or more, got -1"):
        Wider(steps=-1).fit(ROWS)


@pytest.mark.parametrize(
    ("name", "given"),
    [("knn_lm", {"weight": 3.0}), ("knn_lm", {"temperature": 0}), ("infinity_gram", {"escape": -1.0})],
)
def test_what_a_model_of_texts_is_asked_with_is_checked_when_it_is_asked(name, given):
    size = {"rounds": 1, "context": 2, "width": 4, "state": 4, "batch_size": 4} if name == "knn_lm" else {}
    model = mg.peers.peer(name, **size, random_state=0).fit(["abc", "abd"])
    with pytest.raises(ValueError, match=f"^{next(iter(given))} must be"):
        model.set_params(**given).next_log_probabilities(["ab"])


def test_every_parameter_has_a_rule_and_every_rule_a_parameter():
    of_names = set()
    for name in PLACES:
        model = mg.peers.peer(name)
        parameters = set(model.get_params()) - {"random_state"}
        assert parameters <= {*RULES, *model._rules} | OF_THE_DATA, name
        assert set(model._rules) <= parameters, name
        of_names |= parameters - set(model._rules)
    assert set(RULES) <= of_names


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("gmm", {"n_components": 0}, "n_components must be 1 or more, got 0"),
        ("gmm", {"n_components": None}, "n_components must be a whole number, 1 or more, got None"),
        ("pca_gaussian", {"n_components": 1.5}, "n_components must be above 0 and below 1, got 1.5"),
        ("kde", {"bandwidth": np.inf}, "bandwidth must be a finite number above 0, or None, got inf"),
        ("kde", {"bandwidth": "x"}, "bandwidth must be a number above 0, or None, got 'x'"),
        ("hopfield", {"beta": np.inf}, "beta must be a finite number 0 or more, got inf"),
        ("completion", {"beta": -1}, "beta must be 0 or more, or infinity, got -1.0"),
        ("hopfield", {"beta": np.float32("inf")}, "beta must be a finite number 0 or more, got inf"),
        ("vae", {"gamma": -1}, "gamma must be above 0, or None, got -1.0"),
        ("vae_fixed_gamma", {"gamma": None}, "gamma must be a number above 0, got None"),
        ("vae", {"depth": 1.5}, "depth must be a whole number, 0 or more, got 1.5"),
        ("optimal_denoiser", {"steps": 1}, "steps must be 2 or more, got 1"),
        ("patch_denoiser", {"window": 1.5}, "window must be a whole number, 1 or more, got 1.5"),
        ("patch_denoiser", {"shape": (4, 5)}, r"shape must be \(height, width\) or .* with 16 numbers in all, got"),
        ("infomax", {"batch_size": 1}, "batch_size must be 2 or more, got 1"),
    ],
)
def test_the_refusal_says_what_is_expected_and_what_was_given(name, given, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        mg.peers.peer(name, **given).fit(ROWS)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("rbm", {"gibbs_steps": -1}, "gibbs_steps must be 1 or more, got -1"),
        ("denoiser", {"steps": 1}, "steps must be 2 or more, got 1"),
        ("patch_denoiser", {"steps": None}, "steps must be a whole number, 2 or more, got None"),
        ("hopfield", {"steps": -1}, "steps must be 0 or more, got -1"),
        ("hopfield", {"beta": "x"}, "beta must be a number 0 or more, got 'x'"),
        ("associative_memory", {"power": 1}, "power must be from 2 to 1,000,000, or infinity, got 1"),
    ],
)
def test_what_is_asked_for_at_a_sample_is_checked_then_too_and_the_model_goes_on(name, given, message):
    model = mg.peers.peer(name, **SMALL.get(name, {}), random_state=0).fit(ROWS)
    settings = model.get_params()
    expected = model.sample(3, random_state=1)
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        model.set_params(**given).sample(3)
    np.testing.assert_array_equal(model.set_params(**settings).sample(3, random_state=1), expected)


def test_one_more_value_is_allowed_and_told_of():
    rule = allowing(None, RULES["width"])
    assert rule(None, "k") is None and rule(3, "k") == 3
    with pytest.raises(ValueError, match=r"^k must be 1 or more, or None, got 0$"):
        rule(0, "k")


@pytest.mark.parametrize("name", ["memgen_classifier", "bottleneck"])
@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, np.nan, 1], "y must hold a label for each row, got nan for row 1"),
        (["a", "b", None], "y must hold a label for each row, got None for row 2"),
        (np.array([np.nan, "a", "b"], dtype=object), "y must hold a label for each row, got nan for row 0"),
        ([1, "a", 1], "y must hold labels of one kind, got texts and others"),
        (np.ma.masked_array([0, 1, 0], mask=[1, 0, 0]), "y must be a plain array, got a masked one"),
    ],
)
def test_labels_that_are_missing_or_of_two_kinds_are_named(name, labels, message):
    with pytest.raises((TypeError, ValueError), match=f"^{message}"):
        mg.peers.peer(name).fit(ROWS[:3], labels)
