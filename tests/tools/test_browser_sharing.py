"""How the tests of pages are shared among processes: what one of them must take whole is not torn apart."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = """
import os
from pathlib import Path
import pytest

@pytest.fixture(scope="module", params=["one", "two", "three"])
def notebook(request):
    return request.param

@pytest.mark.parametrize("width", [1280, 800])
@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_it(notebook, theme, width):
    Path(os.environ["WHERE"], f"{notebook} {os.environ['PYTEST_XDIST_WORKER']} {theme} {width}").touch()
"""


NEEDED = {"tests/browser": ("conftest.py", "browsing.py", "chromium.py"), "tools": ("environment.py",)}


@pytest.mark.parametrize(("name", "processes"), [("test_notebooks.py", 2), ("test_dashboard.py", 1)])
def test_one_process_takes_all_tests_of_an_open_notebook_and_one_all_of_a_server(name, processes, tmp_path):
    for folder, files in NEEDED.items():
        (tmp_path / folder).mkdir(parents=True)
        for file in files:
            shutil.copy(ROOT / folder / file, tmp_path / folder)
    (tmp_path / "tests" / "browser" / name).write_text(PAGES, "utf-8")
    for program in ("chromium", "chromium.exe"):  # nothing here starts it, and without one no page is tested
        (tmp_path / program).touch(0o755)
    where = tmp_path / "where"
    where.mkdir()
    settings = {"WHERE": str(where), "PATH": str(tmp_path) + os.pathsep + os.environ["PATH"]}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist=loadfile", "tests/browser"]
    run = subprocess.run(command, cwd=tmp_path, env={**os.environ, **settings}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    took = [path.name.split()[:2] for path in where.iterdir()]
    assert len(took) == 12
    workers = {notebook: {worker for other, worker in took if other == notebook} for notebook, _ in took}
    assert [len(those) for those in workers.values()] == [1, 1, 1]
    assert len(set().union(*workers.values())) == processes
