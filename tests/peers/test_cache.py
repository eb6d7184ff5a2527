"""Fitted peers on disk: found again for the same rows and settings, and for no others."""

import warnings

import numpy as np
import pytest

from memgen_lite.peers import cache, fitted, peer, sampled
from memgen_lite.peers import training as loop

X = np.random.default_rng(0).normal(size=(40, 3))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    return tmp_path / "peers"


def small(**more):
    return peer("vae", **{"rounds": 50, "width": 8, "depth": 1, "latent": 2, "random_state": 0, **more})


def test_the_second_fit_is_read_and_samples_as_the_first_did(folder, monkeypatch):
    first = fitted(small(), X)
    monkeypatch.setattr(loop, "train", lambda *a, **k: pytest.fail("it was trained again"))
    second = fitted(small(), X)
    np.testing.assert_array_equal(first.sample(5), second.sample(5))
    assert second.history_ == first.history_ and second.fit_seconds_ == first.fit_seconds_
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("change", ["rows", "setting", "class", "code", "library"])
def test_whatever_changes_the_fit_fits_anew(change, folder, monkeypatch):
    fitted(peer("gaussian", random_state=0), X)
    rows, model = X, peer("gaussian", random_state=0)
    if change == "rows":
        rows = X + 1e-12
    elif change == "setting":
        model = peer("gaussian", random_state=1)
    elif change == "class":
        model = peer("kde", random_state=0)
    elif change == "code":
        monkeypatch.setattr(cache.Path, "read_bytes", lambda path: b"another line")
    else:
        monkeypatch.setattr(cache, "_version", lambda library: "0")
    fitted(model, rows)
    assert len(list(folder.iterdir())) == 2


def test_a_fit_that_was_stopped_is_usable_and_not_kept(folder, monkeypatch):
    play = loop._play

    def interrupt(*arguments):
        if interrupt.chunks:
            raise KeyboardInterrupt
        interrupt.chunks += 1
        return play(*arguments)

    interrupt.chunks = 0
    monkeypatch.setattr(loop, "_play", interrupt)
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 100"):
        model = fitted(small(rounds=100), X)
    assert model.sample(2).shape == (2, 3) and not list(folder.iterdir())
    interrupt.chunks = 0
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 100"):
        assert sampled(small(rounds=100), X, 2).shape == (2, 3) and not list(folder.iterdir())


def test_a_damaged_file_is_fitted_anew_and_written_over(folder):
    fitted(peer("gaussian", random_state=0), X)
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    fitted(peer("gaussian", random_state=0), X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fitted(peer("gaussian", random_state=0), X).sample(1).shape == (1, 3)


def test_samples_are_those_of_a_fresh_fit_and_are_drawn_once(folder, monkeypatch):
    rows = sampled(small(), X, 5)
    np.testing.assert_array_equal(rows, small().fit(X).sample(5))
    monkeypatch.setattr(cache, "fitted", lambda *a: pytest.fail("it was drawn again"))
    np.testing.assert_array_equal(sampled(small(), X, 5), rows)


def test_another_number_of_samples_and_a_damaged_file_are_drawn_anew(folder):
    rows = sampled(peer("gaussian", random_state=0), X, 5)
    assert sampled(peer("gaussian", random_state=0), X, 4).shape == (4, 3)
    (path,) = folder.glob("*.5.rows")
    path.write_bytes(path.read_bytes()[:-20])
    for _ in range(2):
        np.testing.assert_array_equal(sampled(peer("gaussian", random_state=0), X, 5), rows)


def test_without_a_seed_there_is_nothing_to_keep():
    with pytest.raises(ValueError, match="random_state must be an int for a fit to be kept, got None"):
        fitted(peer("gaussian"), X)
    with pytest.raises(ValueError, match="random_state must be an int for a fit to be kept, got None"):
        sampled(peer("gaussian"), X, 2)


def test_a_library_that_is_not_there_has_no_version():
    assert cache._version("no-such-library") is None
