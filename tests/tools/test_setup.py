"""An environment is called ready only when it is whole, where it stands, and of the Python that was asked for."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"
COMMANDS = 4  # pip brings uv, uv says where its cache is and installs, and Matplotlib looks for fonts


@pytest.fixture
def setup(monkeypatch):
    """tools/setup.py as it is."""
    monkeypatch.syspath_prepend(str(TOOLS))
    sys.modules.pop("setup", None)
    import setup

    yield setup
    sys.modules.pop("setup", None)


@pytest.fixture
def tool(setup, monkeypatch, tmp_path):
    """The same in a folder of its own, that installs nothing: each command leaves a file."""
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "READY", tmp_path / ".venv" / "ready")
    monkeypatch.setattr(setup.venv, "create", lambda folder, **options: folder.mkdir(exist_ok=True))
    setup.commands = []

    setup.cache = tmp_path / "cache"

    def run(command, **options):
        setup.commands.append(command)
        (tmp_path / ".venv" / f"command {len(setup.commands)}").touch()
        return subprocess.CompletedProcess(command, 0, os.fsencode(setup.cache) + b"\n")

    monkeypatch.setattr(setup.subprocess, "run", run)
    return setup


def test_what_was_interrupted_at_any_command_is_made_anew(tool, monkeypatch):
    run = tool.subprocess.run
    for stop in range(1, COMMANDS + 1):
        tool.commands.clear()

        def interrupted(command, stop=stop, **options):
            if len(tool.commands) == stop - 1:
                (tool.VENV / "half a package").touch()
                raise KeyboardInterrupt
            return run(command, **options)

        monkeypatch.setattr(tool.subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tool.main()
        assert not tool.READY.exists() and (tool.VENV / "half a package").exists()
        monkeypatch.setattr(tool.subprocess, "run", run)
        tool.main()
        assert tool.READY.read_bytes() == tool.stamp() and not (tool.VENV / "half a package").exists()


def test_what_was_interrupted_while_it_is_removed_or_made_is_not_ready(tool, monkeypatch):
    def interrupted(*_, **options):
        raise KeyboardInterrupt

    for place in ((tool.shutil, "rmtree"), (tool.venv, "create")):
        tool.main()
        tool.READY.write_text(tool.READY.read_text("utf-8") + "of another Python\n", "utf-8")
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(*place, interrupted)
            tool.main()
        assert not tool.READY.exists()  # of which make reads no more than the folder


def test_a_whole_one_is_brought_up_to_date_in_place(tool):
    tool.main()
    (tool.VENV / "kept").touch()
    tool.main()
    assert (tool.VENV / "kept").exists() and len(tool.commands) == 2 * COMMANDS


def failing(tool, monkeypatch, fails):
    """Let the commands fail of which `fails` says so, and keep all of them."""
    run = tool.subprocess.run

    def perhaps(command, **options):
        done = run(command, **options)
        return subprocess.CompletedProcess(command, int(fails(command)), done.stdout)

    monkeypatch.setattr(tool.subprocess, "run", perhaps)


def test_without_the_network_what_the_cache_has_is_enough(tool, monkeypatch):
    failing(tool, monkeypatch, lambda command: "--requirement" in command and "--offline" not in command)
    tool.main()
    assert tool.READY.exists() and [command[-1] for command in tool.commands].count("--offline") == 1


def test_a_failure_says_what_is_missing_and_leaves_nothing_ready(tool, monkeypatch):
    for at, words in ((tool.UV, "installer, uv=="), ("--requirement", "requirements.txt"), (tool.FONTS, "not start")):
        with monkeypatch.context() as patch, pytest.raises(SystemExit, match=words):
            patch.setattr(tool.shutil, "which", lambda name: None)
            failing(tool, patch, lambda command, at=at: at in command)
            tool.main()
        assert not tool.READY.exists()


def test_an_installer_on_the_path_serves_where_pip_cannot_bring_one(tool, monkeypatch):
    monkeypatch.setattr(tool.shutil, "which", lambda name: "/usr/bin/uv")
    failing(tool, monkeypatch, lambda command: tool.UV in command)
    tool.main()
    assert tool.READY.exists() and [command[0] for command in tool.commands[1:3]] == ["/usr/bin/uv"] * 2


@pytest.mark.parametrize("place", ["cache", "a file/cache"])
def test_where_nothing_can_be_kept_the_installer_keeps_nothing(tool, tmp_path, place):
    (tmp_path / "a file").touch()
    tool.cache = tmp_path / place
    tool.main()
    assert tool.READY.exists() and any("--no-cache" in command for command in tool.commands) == ("file" in place)


def test_the_package_is_found_from_a_folder_of_any_letters_in_any_locale(setup, tmp_path, monkeypatch):
    root = tmp_path / "Zürich 猫"
    (root / "package_of_ours").mkdir(parents=True)
    (root / "package_of_ours" / "__init__.py").touch()
    venv.create(root / ".venv", symlinks=os.name != "nt")
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(root / ".venv")}))
    (packages / "as_uv_writes_it.pth").write_text(f"{root}\n", "utf-8")
    (packages / "another.pth").write_text("/elsewhere\n", "utf-8")
    monkeypatch.setattr(setup, "ROOT", root)
    setup.point_from_itself(root / ".venv")
    python = root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    start = [python, "-I", "-c", "import package_of_ours"]
    done = subprocess.run(start, env=os.environ | {"LC_ALL": "C"}, cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (packages / "another.pth").read_text("utf-8") == "/elsewhere\n"


@pytest.mark.parametrize("change", ["folder", "python", "an earlier checkout's"])
def test_one_that_was_copied_or_is_of_another_python_is_made_anew(tool, change):
    tool.main()
    (tool.VENV / "old").touch()
    folder, python = tool.READY.read_text("utf-8").splitlines()
    other = {"folder": f"/elsewhere\n{python}\n", "python": f"{folder}\n3.10.0\n"}.get(change, "")
    tool.READY.write_text(other, "utf-8")
    tool.main()
    assert not (tool.VENV / "old").exists() and tool.READY.read_bytes() == tool.stamp()


def make(folder, *arguments):
    return subprocess.run(["make", "--question", ".venv/ready", *arguments], cwd=folder, capture_output=True).returncode


def test_make_sees_a_copy_and_another_python(tmp_path):
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((TOOLS.parent / name).read_bytes())
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "setup.py").touch()
    (tmp_path / ".venv").mkdir()
    assert make(tmp_path) == 1
    version = sys.version.split()[0]
    (tmp_path / ".venv" / "ready").write_text(f"{tmp_path.resolve()}\n{version}\n")
    assert make(tmp_path) == 0 and make(tmp_path, f"PYTHON={sys.executable}") == 0
    (tmp_path / ".venv" / "ready").write_text(f"{tmp_path.resolve()}\n3.10.0\n")
    assert make(tmp_path) == 0 and make(tmp_path, f"PYTHON={sys.executable}") == 1
    (tmp_path / ".venv" / "ready").write_text(f"/elsewhere\n{version}\n")
    assert make(tmp_path) == 1
