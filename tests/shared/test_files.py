import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgen_lite.shared import files
from memgen_lite.shared.files import atomic_write, cache_folder, cached, regular, write

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


@posix
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, "socket", "device"])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_said_and_left_alone(make, linked, tmp_path):
    place = path = tmp_path / "f"
    if make == "device":
        place = path = Path(os.devnull)
    elif make == "socket":
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(place))
        server.close()
    else:
        make(place)
    if linked:
        path = tmp_path / "link"
        path.symlink_to(place)
    before = place.lstat()
    with pytest.raises(OSError, match=r"path must be a file, and this is a (folder|pipe|socket|device): '.*'"):
        write(path, b"x")
    with pytest.raises(OSError, match=r"path must be a file, and this is a (folder|pipe|socket|device): '.*'"):
        regular(path)
    after = place.lstat()
    assert (before.st_mode, before.st_ino) == (after.st_mode, after.st_ino)
    assert not list(tmp_path.glob(".*"))


@posix
def test_of_a_link_what_is_behind_it_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to(Path("there", "file"))
    for content in (b"made", b"written over"):
        write(tmp_path / "one", content)
        assert (tmp_path / "one").is_symlink()
        assert (tmp_path / "two").is_symlink()
        assert (tmp_path / "there" / "file").read_bytes() == content
    (tmp_path / "ring").symlink_to("ring")
    with pytest.raises(OSError, match=r"path must be a file: .*ring"):
        write(tmp_path / "ring", b"x")
    assert (tmp_path / "ring").is_symlink()


@pytest.mark.parametrize("letter", ["n", "é", "猫"])
def test_a_name_may_be_as_long_as_the_disk_takes(letter, tmp_path):
    for size in (230, 233, 240, 254, 255):
        bytes_each = len(os.fsencode(letter))
        path = tmp_path / (letter * (size // bytes_each) + "x" * (size % bytes_each))
        write(path, b"old")
        write(path, b"new")
        assert path.read_bytes() == b"new"
        assert os.listdir(tmp_path) == [path.name]
        path.unlink()
    with pytest.raises(OSError, match=r"path (can't be written|must be a file): .*xxxxx"):
        write(tmp_path / ("x" * 256), b"x")


@pytest.mark.parametrize("path", ["", "a\0b", "\ud800", 5, None, b"f", ["f"], 1.5])
def test_what_names_no_file_is_refused_as_a_path(path):
    for call in (lambda: write(path, b"x"), lambda: regular(path)):
        with pytest.raises((ValueError, TypeError), match="path must be the name of a file"):
            call()


def test_a_file_that_is_not_there_and_a_folder_that_is_not_there_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train must be a file that is there: '.*/no'"):
        regular(tmp_path / "no", "train")
    with pytest.raises(FileNotFoundError, match=r"path can't be written: .*: '.*/no/f'"):
        write(tmp_path / "no" / "f", b"x")


@pytest.mark.parametrize(
    "variable, value, expected",
    [
        ("MEMGEN_CACHE", "{}/mine", "{}/mine"),
        ("XDG_CACHE_HOME", "{}/caches", "{}/caches/memgen_lite"),
        ("XDG_CACHE_HOME", "", "{}/.cache/memgen_lite"),
        ("MEMGEN_CACHE", "", "{}/.cache/memgen_lite"),
    ],
)
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="platformdirs knows where it is there")
def test_the_cache_is_where_the_reader_or_the_platform_has_it(variable, value, expected, tmp_path, monkeypatch):
    for name in ("MEMGEN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(variable, value.format(tmp_path))
    assert cache_folder() == Path(expected.format(tmp_path))
    assert cache_folder().is_dir()


@settings(max_examples=60, deadline=None)
@given(st.data(), st.binary(max_size=40))
def test_whatever_is_done_to_a_kept_file_what_comes_back_is_what_was_computed(data, content):
    calls = []

    def compute():
        calls.append(1)
        return content

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("MEMGEN_CACHE", folder)
        assert cached("f", compute) == cached("f", compute) == content
        assert len(calls) == 1
        path = Path(folder, "f")
        whole = path.read_bytes()
        bit = data.draw(st.integers(0, 8 * len(whole) - 1))
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
        for turn, broken in enumerate((bytes(flipped), cut, whole + b"0", data.draw(st.binary(max_size=80))), 2):
            path.write_bytes(broken)
            assert cached("f", compute) == content
            assert len(calls) == turn
            assert path.read_bytes() == whole


def test_what_cannot_be_kept_is_given_all_the_same_with_one_warning(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path / "file"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        assert [cached("f", lambda: b"content") for _ in range(3)] == [b"content"] * 3
    assert ["f could not be kept, and is computed again" in str(one.message) for one in told] == [True]
    for name in ("MEMGEN_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where nobody is at home
    with pytest.warns(UserWarning, match=r"could not be kept.*home directory"):
        assert cached("f", lambda: b"content") == b"content"


@posix
@pytest.mark.parametrize("kind", ["folder", "full folder", "pipe", "device", "endless device", "link to itself"])
def test_what_is_no_file_in_the_place_of_a_kept_one_is_neither_waited_for_nor_replaced(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    place = tmp_path / "f"
    if "folder" in kind:
        place.mkdir()
        (place / "inside").mkdir() if "full" in kind else None
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to({"device": os.devnull, "endless device": "/dev/zero", "link to itself": place}[kind])
    before = place.lstat()
    with pytest.warns(UserWarning, match="could not be kept"):
        assert cached("f", lambda: b"content") == b"content"
    assert (place.lstat().st_mode, place.lstat().st_ino) == (before.st_mode, before.st_ino)


KILLED = """
import os, signal, sys
from memgen_lite.shared import files
from memgen_lite.shared.files import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(bytes(10_000))
    file.flush()
    if sys.argv[2] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    print("writing", flush=True)
    sys.stdin.read()
"""


def writer(path, what):
    command = [sys.executable, "-c", KILLED, str(path), what]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def parts(folder):
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".part"))


@posix
def test_what_killed_writers_left_is_swept_by_the_next_one_and_what_is_being_written_is_not(tmp_path):
    for name in ("a", "a", "b", "n" * 250):
        assert writer(tmp_path / name, "killed").wait(timeout=60) == -signal.SIGKILL
        assert len(parts(tmp_path)) == 1, "each one swept away what the one before it had left"
    living = writer(tmp_path / "c", "lives")
    assert living.stdout.readline() == "writing\n"
    others = [".mine.part", ".x.0123456789abcdeg.part", "x.0123456789abcdef.part"]
    for name in others:
        (tmp_path / name).touch()
    write(tmp_path / "d", b"next")
    left = parts(tmp_path)
    assert [name for name in left if name not in others] == [name for name in left if name.startswith(".c.")]
    assert len(left) == 4
    living.communicate("", timeout=60)
    assert living.returncode == 0 and (tmp_path / "c").stat().st_size == 10_000
    assert parts(tmp_path) == sorted(others)


@posix
def test_of_a_hundred_killed_saves_and_caches_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    for i in range(100):  # as they would look had their writers been killed now
        (tmp_path / f".saved.{i:016x}.part").write_bytes(bytes(1000))
        (tmp_path / f".jit_rounds-{i}-cache.{i:016x}.part").write_bytes(bytes(1000))
    assert cached("f", lambda: b"content") == b"content"
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("locks", ["none in the system", "none on the disk"])
def test_without_locks_only_what_nobody_wrote_to_for_a_day_is_swept(tmp_path, monkeypatch, locks):
    if locks == "none in the system":
        monkeypatch.setattr(files, "fcntl", None)
    else:
        fcntl = pytest.importorskip("fcntl", reason="this system has no such locks, which is the other case")

        def flock(*_):
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(fcntl, "flock", flock)
    new, old = (tmp_path / f".f.{digit * 16}.part" for digit in "01")
    for part in (new, old):
        part.touch()
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    write(tmp_path / "g", b"content")
    assert sorted(os.listdir(tmp_path)) == [new.name, "g"]


@posix
def test_one_that_is_swept_before_it_is_locked_is_begun_anew(tmp_path, monkeypatch):
    import fcntl

    flock, swept = fcntl.flock, []

    def late(handle, how):
        if how == fcntl.LOCK_EX and not swept:
            swept.extend(tmp_path.glob(".f.*.part"))
            swept[0].unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    write(tmp_path / "f", b"content")
    assert len(swept) == 1 and os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == b"content"
