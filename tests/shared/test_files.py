import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from memgen_lite.shared.files import atomic_write, cache_folder

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_appears_when_it_is_whole(tmp_path, durable, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(handle))
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with atomic_write(str(path), durable=durable) as file:
        file.write(b"new")
        file.seek(0)
        assert file.read() == b"new"
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["f"]
    assert len(synced) == durable


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "f"
    for before in (None, b"old"):
        if before:
            path.write_bytes(before)
        with pytest.raises(error), atomic_write(path) as file:
            file.write(b"half")
            raise error
        assert os.listdir(tmp_path) == (["f"] if before else [])
        assert not before or path.read_bytes() == before


def test_a_rename_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"), atomic_write(tmp_path / "folder") as file:
        file.write(b"x")
    assert os.listdir(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "no" / "f"):
        pass  # pragma: no cover - never reached


def test_an_interrupt_after_the_rename_is_still_an_interrupt(tmp_path, monkeypatch):
    replace = os.replace

    def late(*paths):
        replace(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", late)
    with pytest.raises(KeyboardInterrupt), atomic_write(tmp_path / "f") as file:
        file.write(b"whole")
    assert (tmp_path / "f").read_bytes() == b"whole"


@posix
def test_a_new_file_has_the_mode_that_open_gives_and_a_replaced_one_keeps_its_own(tmp_path):
    before = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "f") as file:
            file.write(b"x")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640
        (tmp_path / "f").chmod(0o600)
        with atomic_write(tmp_path / "f") as file:
            assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
            file.write(b"private")
        assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_of_many_writers_one_wins_whole(tmp_path):
    path = tmp_path / "f"

    def write(byte):
        for _ in range(20):
            with atomic_write(path) as file:
                for _ in range(50):
                    file.write(bytes([byte]) * 100)

    threads = [threading.Thread(target=write, args=[byte]) for byte in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if path.exists():
            data = path.read_bytes()
            assert len(data) == 5000
            assert len(set(data)) == 1
    for thread in threads:
        thread.join()
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize(
    "platform, variable, expected",
    [
        ("linux", "XDG_CACHE_HOME", "{}/memgen_lite"),
        ("linux", None, "{}/.cache/memgen_lite"),
        ("darwin", None, "{}/Library/Caches/memgen_lite"),
        ("win32", "LOCALAPPDATA", "{}/memgen_lite/cache"),
        ("win32", None, "{}/AppData/Local/memgen_lite/cache"),
        ("linux", "MEMGEN_CACHE", "{}"),
        ("win32", "MEMGEN_CACHE", "{}"),
    ],
)
def test_the_cache_is_where_the_platform_has_it(platform, variable, expected, tmp_path, monkeypatch):
    for name in ("MEMGEN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder() == Path(expected.format(tmp_path))
    assert cache_folder().is_dir()
