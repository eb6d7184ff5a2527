"""Peers in files: what they hold of other libraries, and what no file may bring."""

import numpy as np
import pytest
from forging import forge
from sklearn.decomposition import PCA
from sklearn.svm import SVC

import memgen_lite as mg
from memgen_lite.peers import peer
from memgen_lite.shared.array_file import DamagedFileError

X = np.random.default_rng(0).normal(size=(40, 3))


@pytest.mark.parametrize("name, kind", [("pca_gaussian", "PCA"), ("gmm", "GaussianMixture"), ("rbm", "BernoulliRBM")])
def test_what_scikit_learn_learnt_comes_back_to_the_last_bit(name, kind, tmp_path):
    model = peer(name, random_state=0).fit(X)
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert type(loaded.model_).__name__ == kind and type(loaded.model_) is type(model.model_)
    assert set(vars(loaded.model_)) == set(vars(model.model_))
    for name, value in vars(model.model_).items():
        if isinstance(value, np.ndarray):
            assert getattr(loaded.model_, name).tobytes() == value.tobytes()
    np.testing.assert_array_equal(loaded.sample(5), model.sample(5))


@pytest.mark.parametrize("name", ["gaussian", "rbm", "gmm", "pca_gaussian"])
def test_arrays_lie_in_memory_as_they_did_so_that_their_products_are_the_same_to_the_last_bit(name, tmp_path):
    rows = np.random.default_rng(0).random((80, 40))
    small = {"gmm": {"n_components": 4}, "rbm": {"n_components": 20, "n_iter": 5, "gibbs_steps": 20}}
    model = peer(name, **small.get(name, {}), random_state=0).fit(rows)
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    pairs = [(model, loaded)] + ([(model.model_, loaded.model_)] if hasattr(model, "model_") else [])
    for own, found in pairs:
        for attribute, value in vars(own).items():
            if isinstance(value, np.ndarray):
                flags = getattr(found, attribute).flags
                assert flags.c_contiguous == value.flags.c_contiguous, attribute
                assert flags.f_contiguous == value.flags.f_contiguous, attribute
    np.testing.assert_array_equal(loaded.sample(50), model.sample(50))


def test_every_number_comes_back_as_the_type_that_it_was(tmp_path):
    model = peer("kde", random_state=0).fit(X)
    model.bandwidth_ = np.float32(0.5)
    model.save(tmp_path / "m")
    loaded = mg.peers.load(tmp_path / "m")
    assert type(loaded.bandwidth_) is np.float32
    assert {name: type(value) for name, value in vars(loaded).items()} == {
        name: type(value) for name, value in vars(model).items()
    }


def test_what_has_no_plain_form_is_refused_when_it_is_saved(tmp_path):
    model = peer("kde", random_state=0).fit(X)
    model.model_ = SVC()
    with pytest.raises(TypeError, match=r"can't be saved: it holds a sklearn\.svm\._classes\.SVC"):
        model.save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_file_makes_no_other_object_of_scikit_learn(tmp_path):
    path = tmp_path / "m"
    peer("pca_gaussian", random_state=0).fit(X).save(path)
    assert isinstance(mg.peers.load(path).model_, PCA)
    forge(path, lambda block: block.replace(b'"sklearn.PCA"', b'"sklearn.SVC"'), "items")
    with pytest.raises(DamagedFileError, match=r"an object of the unknown kind 'sklearn\.SVC'"):
        mg.peers.load(path)
