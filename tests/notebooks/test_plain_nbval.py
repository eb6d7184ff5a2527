"""`pytest --nbval notebooks` with nothing else compares strictly, as `make test` does, and writes nothing."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def written():
    return {path: path.stat().st_mtime_ns for folder in ("figures", "notebooks") for path in (ROOT / folder).iterdir()}


def plain_nbval(*arguments):
    settings = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "PYTHONPATH", "MEMGEN_CACHE")
    }
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)


def test_a_page_passes_and_nothing_is_written_into_the_repository():
    before = written()
    run = plain_nbval("notebooks/06_this_paper.ipynb")
    assert run.returncode == 0, run.stdout
    assert written() == before


def test_a_page_whose_output_is_another_fails(tmp_path):
    page = (ROOT / "notebooks" / "06_this_paper.ipynb").read_text("utf-8")
    (tmp_path / "06_this_paper.ipynb").write_text(page.replace("byte for byte: True", "byte for byte: False"), "utf-8")
    run = plain_nbval(
        f"--rootdir={ROOT}", "--confcutdir=/", str(tmp_path / "06_this_paper.ipynb"), "-c", str(ROOT / "pyproject.toml")
    )
    assert run.returncode == 1 and "byte for byte" in run.stdout
