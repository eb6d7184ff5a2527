"""Fitted peers on disk: found again for the same rows and settings, and for no others."""

import errno
import os
import shutil
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import environment
import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.peers import cache, fitted, peer, sampled
from memgen_lite.peers import training as loop
from memgen_lite.shared import array_file

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


@pytest.mark.parametrize("change", ["rows", "setting", "class", "library", "rounding"])
def test_whatever_changes_the_fit_fits_anew(change, folder, monkeypatch):
    fitted(peer("gaussian", random_state=0), X)
    rows, model = X, peer("gaussian", random_state=0)
    if change == "rows":
        rows = X + 1e-12
    elif change == "setting":
        model = peer("gaussian", random_state=1)
    elif change == "class":
        model = peer("kde", random_state=0)
    elif change == "rounding":
        monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    else:
        monkeypatch.setattr(cache, "_version", lambda library: "0")
    fitted(model, rows)
    assert len(list(folder.iterdir())) == 2


def test_every_setting_that_has_a_figure_drawn_anew_to_the_byte_names_what_is_kept():
    folders = {"JAX_COMPILATION_CACHE_DIR", "MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_PLATFORM_DIRS"}
    size = {"JAX_COMPILATION_CACHE_MAX_SIZE", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"}
    not_of_numbers = {"SOURCE_DATE_EPOCH", "PYTHONHASHSEED", "PYDEVD_DISABLE_FILE_VALIDATION"}
    assert (environment.SETTINGS | environment.X86).keys() - folders - size - not_of_numbers <= set(cache._ROUNDING)


def test_texts_are_rows_too(folder, monkeypatch):
    model = peer("infinity_gram", random_state=0)
    first = fitted(model, ["ab", "cd"])
    monkeypatch.setattr(type(model), "fit", lambda *given: pytest.fail("it was fitted again"))
    again = fitted(peer("infinity_gram", random_state=0), ["ab", "cd"])
    assert again.sample(4) == first.sample(4)
    for others in (["abc", "d"], ["cd", "ab"], ["ab", "cd", ""]):
        with pytest.raises(pytest.fail.Exception):
            fitted(peer("infinity_gram", random_state=0), others)
    with pytest.raises(TypeError, match="X must be a list of strings, got int at position 1"):
        fitted(peer("infinity_gram", random_state=0), ["ab", 3])


# In a copy of the package: the names of five kept fits, now and after each line that is added to a file.
NAMES = """
import sys
from pathlib import Path
import memgen_lite as mg
from memgen_lite.peers import cache
package = Path(mg.__file__).parent
assert package.parent == Path.cwd()
peers = [mg.peers.peer(name, random_state=0) for name in ("gan", "vae", "two_stage_vae", "kde", "patch_denoiser")]
def names():
    return [cache._name(peer, [[0.0, 1.0], [2.0, 3.0]]) for peer in peers]
before = names()
for path in map(package.joinpath, sys.argv[1:]):
    with path.open("a") as file:
        file.write("\\n# one more line\\n")
    after = names()
    print(path.relative_to(package).as_posix(), *[int(a != b) for a, b in zip(before, after)])
    before = after
"""


def test_a_kept_fit_hangs_on_what_its_peer_imports_and_on_no_other_peer(tmp_path):
    changes = {
        "peers/another.py": (0, 0, 0, 0, 0),  # a new file
        "peers/__init__.py": (0, 0, 0, 0, 0),  # where a new peer is told
        "__init__.py": (0, 0, 0, 0, 0),
        "peers/cache.py": (0, 0, 0, 0, 0),
        "shared/figures.py": (0, 0, 0, 0, 0),
        "peers/gan.py": (1, 0, 0, 0, 0),
        "peers/vae.py": (0, 1, 1, 0, 0),
        "peers/training.py": (1, 1, 1, 0, 0),
        "peers/perceptron.py": (1, 1, 1, 0, 0),
        "peers/classical.py": (0, 0, 0, 1, 0),
        "peers/diffusion_sampler.py": (0, 0, 0, 0, 1),
        "peers/base.py": (1, 1, 1, 1, 1),
        "shared/randomness.py": (1, 1, 1, 1, 1),
    }
    shutil.copytree(Path(mg.__file__).parent, tmp_path / "memgen_lite", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-c", NAMES, *changes]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{path} {' '.join(map(str, flags))}" for path, flags in changes.items()]


def test_threads_find_the_same_file_at_the_same_time():
    """Python 3.11's `ast.parse` raises SystemError here."""
    interval, names = sys.getswitchinterval(), ["gan", "vae", "kde", "denoiser"] * 20
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = [*pool.map(lambda name: cache._name(peer(name, random_state=0), X), names)]
    finally:
        sys.setswitchinterval(interval)
    assert len(set(found)) == 4 and found == found[:4] * 20


def test_a_kept_fit_hangs_on_the_libraries_that_its_peer_uses(monkeypatch):
    names = {name: cache._name(peer(name, random_state=0), X) for name in ("kde", "gan")}
    version = cache._version
    for library, hit in {"jaxlib": {"gan"}, "optax": {"gan"}, "scipy": {"kde"}, "numpy": {"gan", "kde"}}.items():
        monkeypatch.setattr(cache, "_version", lambda name, own=library: "0" if name == own else version(name))
        assert {name for name in names if cache._name(peer(name, random_state=0), X) != names[name]} == hit


def no_folder(path, monkeypatch):
    path.write_text("a file")
    monkeypatch.setenv("MEMGEN_CACHE", str(path))


def no_peers_folder(path, monkeypatch):
    path.mkdir()
    (path / "peers").write_text("a file")
    monkeypatch.setenv("MEMGEN_CACHE", str(path))


def full_disk(path, monkeypatch):
    def replace(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", replace)


def no_home(path, monkeypatch):
    for name in ("MEMGEN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)


@pytest.mark.parametrize("broken", [no_folder, no_peers_folder, full_disk, no_home])
def test_where_nothing_can_be_written_a_fit_is_made_anew_and_said_so_once(broken, tmp_path, monkeypatch):
    broken(tmp_path / "broken", monkeypatch)
    cache._say_once.cache_clear()
    with pytest.warns(UserWarning, match="what is fitted is not kept, as the cache can't be written: ") as caught:
        rows = sampled(peer("kde", random_state=0), X, 5)
        model = fitted(peer("kde", random_state=0), X)
    assert len(caught) == 1
    np.testing.assert_array_equal(rows, peer("kde", random_state=0).fit(X).sample(5))
    np.testing.assert_array_equal(model.sample(5), rows)


def test_a_file_that_cannot_be_read_is_fitted_anew_and_written_over(folder, monkeypatch):
    first = sampled(peer("kde", random_state=0), X, 5)
    real = open

    def refuse(path, *mode):
        if mode in ((), ("rb",)):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *mode)

    with monkeypatch.context() as patch:
        patch.setattr(cache.array_file, "open", refuse, raising=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(sampled(peer("kde", random_state=0), X, 5), first)
            np.testing.assert_array_equal(fitted(peer("kde", random_state=0), X).sample(5), first)
    assert len(list(folder.iterdir())) == 2


def test_what_is_wrong_with_the_rows_is_said_and_not_that_nothing_was_kept():
    with pytest.raises(ValueError, match="bandwidth must be above 0") as raised:
        fitted(peer("kde", bandwidth=-1, random_state=0), X)
    assert raised.value.__context__ is None


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
    assert model.sample(2).shape == (2, 3) and not list(folder.glob("*"))
    interrupt.chunks = 0
    with pytest.warns(UserWarning, match="interrupted: the model is that of round 50 of 100"):
        assert sampled(small(rounds=100), X, 2).shape == (2, 3) and not list(folder.glob("*"))


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


OTHERS = {  # whole files, of this package, in the place of one of X
    "another peer": lambda path: peer("kde", random_state=0).fit(X).save(path),
    "another setting": lambda path: peer("gaussian", random_state=1).fit(X).save(path),
    "a memory": lambda path: mg.MemGEN().fit(X).save(path),
    "no rows": lambda path: array_file.write(path, {}, {}),
    "rows of a column more": lambda path: array_file.write(path, {}, {"rows": np.zeros((3, X.shape[1] + 1))}),
    "a row more": lambda path: array_file.write(path, {}, {"rows": np.zeros((4, X.shape[1]))}),
    "whole numbers": lambda path: array_file.write(path, {}, {"rows": np.zeros((3, X.shape[1]), dtype=int)}),
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("kept", [lambda one: fitted(one, X).sample(3), lambda one: sampled(one, X, 3)])
def test_a_whole_file_of_something_else_is_made_anew_and_written_over(folder, other, kept):
    first = kept(peer("gaussian", random_state=0))
    for path in folder.iterdir():
        OTHERS[other](path)
    for _ in range(2):
        assert np.array_equal(kept(peer("gaussian", random_state=0)), first)


def test_without_a_seed_there_is_nothing_to_keep():
    with pytest.raises(ValueError, match="random_state must be an int for a fit to be kept, got None"):
        fitted(peer("gaussian"), X)
    with pytest.raises(ValueError, match="random_state must be an int for a fit to be kept, got None"):
        sampled(peer("gaussian"), X, 2)


def test_a_library_that_is_not_there_has_no_version():
    assert cache._version("no-such-library") is None
