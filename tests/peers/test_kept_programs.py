"""JAX's kept programs: a process that is killed while it writes one leaves nothing that the next one stumbles over."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from memgen_lite.peers import kept_programs

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
COMPILE = f"""
import builtins, io, os, sys
sys.path.insert(0, {str(TOOLS)!r})
import environment
environment.apply()
folder, whole, killed_at = sys.argv[1], sys.argv[2] == "whole", int(sys.argv[3])
os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
import jax, jax.numpy as jnp
if whole:
    from memgen_lite.peers import kept_programs
    kept_programs.keep_whole()
    kept_programs.keep_whole()

class Killed:
    def __init__(self, file):
        self.file = file
    def __enter__(self):
        return self
    def __exit__(self, *_):
        self.file.close()
    def write(self, data):
        self.file.write(bytes(data[: len(data) // 2]))
        self.file.flush()
        os._exit(9)

real, written = open, []
def opened(path, mode="r", *more, **named):
    file = real(path, mode, *more, **named)
    if str(path).startswith(folder) and "b" in mode and "r" not in mode:
        written.append(path)
        if len(written) == killed_at:
            return Killed(file)
    return file

builtins.open = io.open = opened
print(float(jax.jit(lambda x: jnp.tanh(x @ x).sum())(jnp.ones((5, 5)))).hex())
"""


def compiled(folder, how, killed_at=0):
    command = [sys.executable, "-W", "error", "-c", COMPILE, str(folder), how, str(killed_at)]
    return subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_process_that_is_killed_in_the_middle_of_a_write_leaves_no_half_program(write, tmp_path):
    killed = compiled(tmp_path, "whole", write)
    assert killed.returncode == 9 and not killed.stdout
    after, without = compiled(tmp_path, "whole"), compiled(tmp_path / "fresh", "whole")
    assert (after.returncode, after.stderr) == (0, "")
    assert after.stdout == without.stdout
    assert not list(tmp_path.glob(".*.part"))  # the next writer has swept away what was left
    programs = {path.name.removesuffix("-cache") for path in tmp_path.glob("*-cache")}
    assert programs and programs <= {path.name.removesuffix("-atime") for path in tmp_path.glob("*-atime")}


def test_without_this_the_next_process_stumbles(tmp_path):
    """Should this fail, JAX has mended it, and :mod:`memgen_lite.peers.kept_programs` can go."""
    assert compiled(tmp_path, "as JAX does", 1).returncode == 9
    assert compiled(tmp_path, "as JAX does").stderr


def test_the_training_loop_keeps_whole_programs_where_they_are_kept(tmp_path):
    code = "import memgen_lite.peers.training; from jax._src.lru_cache import LRUCache as c; print(c.put.__module__)"
    said = {}
    for folder in (str(tmp_path), ""):
        settings = os.environ | {"JAX_COMPILATION_CACHE_DIR": folder}
        done = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True)
        said[folder] = done.stdout.strip()
    assert said == {str(tmp_path): "memgen_lite.peers.kept_programs", "": "jax._src.lru_cache"}


class Store:
    """A store as JAX has it: `put` writes a program in its place."""

    def __init__(self, path):
        self.path = path

    def put(self, key, value):
        (self.path / f"{key}-cache").write_bytes(value)


def test_a_store_of_another_jax_is_left_alone_and_one_elsewhere_too(tmp_path, monkeypatch):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "jax._src.lru_cache", None)
    kept_programs.keep_whole()
    monkeypatch.setitem(sys.modules, "jax._src.lru_cache", SimpleNamespace(LRUCache=Store))
    monkeypatch.setattr(Store, "put", Store.put)
    kept_programs.keep_whole()
    kept_programs.keep_whole()
    (tmp_path / f".other-cache.{7:016x}.part").touch()  # of a writer that was killed
    Store(tmp_path).put("program", b"whole")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "program-cache": b"whole",
        "program-atime": bytes(8),
    }

    class Elsewhere(dict):
        def __truediv__(self, name):
            return SimpleNamespace(write_bytes=lambda value: self.update({name: value}))

    cloud = Elsewhere()
    Store(cloud).put("program", b"as it was")
    assert cloud == {"program-cache": b"as it was"}


def test_where_no_programs_are_kept_nothing_is_changed(monkeypatch):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setitem(sys.modules, "jax._src.lru_cache", SimpleNamespace(LRUCache=Store))
    before = Store.put
    kept_programs.keep_whole()
    assert Store.put is before
