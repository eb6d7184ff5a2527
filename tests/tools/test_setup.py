"""An environment is called ready only when it is whole, where it stands, and of the Python that was asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """tools/setup.py in a folder of its own, that installs nothing: each command leaves a file."""
    monkeypatch.syspath_prepend(str(TOOLS))
    sys.modules.pop("setup", None)
    import setup

    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "READY", tmp_path / ".venv" / "ready")
    monkeypatch.setattr(setup.venv, "create", lambda folder, **options: folder.mkdir(exist_ok=True))
    setup.commands = []

    def run(command, **options):
        setup.commands.append(command)
        (tmp_path / ".venv" / f"command {len(setup.commands)}").touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(setup.subprocess, "run", run)
    yield setup
    sys.modules.pop("setup", None)


def test_what_was_interrupted_at_any_command_is_made_anew(tool, monkeypatch):
    run = tool.subprocess.run
    for stop in (1, 2):
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
        assert tool.READY.read_text("utf-8") == tool.stamp() and not (tool.VENV / "half a package").exists()


def test_a_whole_one_is_brought_up_to_date_in_place(tool):
    tool.main()
    (tool.VENV / "kept").touch()
    tool.main()
    assert (tool.VENV / "kept").exists() and len(tool.commands) == 4


@pytest.mark.parametrize("change", ["folder", "python", "an earlier checkout's"])
def test_one_that_was_copied_or_is_of_another_python_is_made_anew(tool, change):
    tool.main()
    (tool.VENV / "old").touch()
    folder, python = tool.READY.read_text("utf-8").splitlines()
    other = {"folder": f"/elsewhere\n{python}\n", "python": f"{folder}\n3.10.0\n"}.get(change, "")
    tool.READY.write_text(other, "utf-8")
    tool.main()
    assert not (tool.VENV / "old").exists() and tool.READY.read_text("utf-8") == tool.stamp()


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
