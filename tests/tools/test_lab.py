"""`make lab`: for root and for others, at a port that was asked for, with the address printed."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent.parent / "tools"


@pytest.fixture
def lab(monkeypatch):
    """tools/lab.py, with JupyterLab played by a list of its commands."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import lab

    commands = []
    monkeypatch.setattr(lab.environment, "apply", lambda: None)
    monkeypatch.setenv("JUPYTER_TOKEN", "the-token")
    monkeypatch.setattr(
        lab.subprocess, "run", lambda command: commands.append(command) or subprocess.CompletedProcess(command, 0)
    )

    def run(*arguments, user=1000):
        monkeypatch.setattr(lab.os, "geteuid", lambda: user, raising=False)
        monkeypatch.setattr(sys, "argv", ["lab.py", *arguments])
        with pytest.raises(SystemExit) as stop:
            lab.main()
        return stop.value.code, (commands[-1] if commands else None)

    return run


@pytest.fixture
def taken():
    """A port at which something listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]


def test_root_is_let_in_with_a_word_and_others_without(lab, capsys):
    assert "--allow-root" not in lab()[1] and "root" not in capsys.readouterr().out
    assert "--allow-root" in lab(user=0)[1] and "You are root" in capsys.readouterr().out


def test_the_port_is_the_one_asked_for_and_the_address_names_it(lab, capsys):
    code, command = lab("--port=8123", "--ServerApp.quit_button=False")
    assert code == 0 and "--ServerApp.port=8123" in command and command[-1] == "--ServerApp.quit_button=False"
    assert "Open http://localhost:8123/lab/tree/00_start_here.ipynb?token=the-token" in capsys.readouterr().out


def test_a_port_that_is_taken_or_none_ends_in_a_sentence(lab, taken):
    code, command = lab(f"--port={taken}")
    assert f"Port {taken} of 127.0.0.1 can't be had; another one: make lab PORT={taken + 1}" in code and not command
    assert lab("--port=70000")[0] == 2


def test_make_hands_the_port_and_the_address_on():
    command = ["make", "--no-print-directory", "--dry-run", "lab", "PORT=8123", "IP=0.0.0.0"]
    said = subprocess.run(command, cwd=TOOLS.parent, capture_output=True, text=True, check=True).stdout
    assert re.search(r"tools/lab\.py --port=8123 --ip=0\.0\.0\.0$", said.strip())


def test_jupyterlab_answers_at_the_address_that_was_printed(tmp_path):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    folders = {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    command = [sys.executable, TOOLS / "lab.py", f"--port={port}", "--no-browser"]
    own = {"stdout": subprocess.PIPE, "text": True, "start_new_session": True}  # so that what it starts ends with it
    with subprocess.Popen(command, env=os.environ | folders, **own) as server:
        try:
            address = next(line for line in server.stdout if line.startswith("Open ")).split()[1]
            page, _, token = address.partition("?")
            for _ in range(600):  # a minute
                try:
                    with urllib.request.urlopen(address) as answer:
                        assert answer.status == 200 and b"JupyterLab" in answer.read()
                    break
                except urllib.error.URLError as error:
                    assert server.poll() is None and not isinstance(error, urllib.error.HTTPError), error
                    time.sleep(0.1)
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(page.replace("/lab/tree/", "/api/contents/"))
        finally:
            os.killpg(server.pid, signal.SIGTERM) if os.name == "posix" else server.terminate()
    assert token.startswith("token=")
