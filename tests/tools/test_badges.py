"""badges.py on copies: what it writes, that it does so once, and what the set-up cell does on Colab and elsewhere.

Neither service can be reached from a test. What is tested is what is sent there: addresses, and the cell, with Colab
and its shell played by this test.
"""

import base64
import importlib
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ("00_start_here.ipynb", "06_this_paper.ipynb")


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        shutil.copy(ROOT / "notebooks" / name, tmp_path)
    return tmp_path


def badges(folder, *arguments):
    command = [sys.executable, ROOT / "tools" / "badges.py", *arguments, f"--folder={folder}"]
    return subprocess.run(command, capture_output=True, text=True)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.ipynb")}


def read(folder, name=NAMES[1]):
    return nbformat.read(folder / name, as_version=4)


def test_each_notebook_gets_both_badges_below_its_title_and_stays_valid(folder):
    assert badges(folder, "ada/memgen").returncode == 0
    for name in NAMES:
        notebook = read(folder, name)
        nbformat.validate(notebook)
        title, empty, line, *_ = notebook.cells[0].source.split("\n")
        assert title.startswith("# ")
        assert empty == ""
        links = re.findall(r"\[!\[Open in \w+\]\(attachment:\w+\.svg\)\]\((\S+)\)", line)
        assert [unquote(link) for link in links] == [
            f"https://colab.research.google.com/github/ada/memgen/blob/main/notebooks/{name}",
            f"https://mybinder.org/v2/gh/ada/memgen/main?labpath=notebooks/{name}",
        ]


def test_the_rest_of_the_notebook_is_as_it_was(folder):
    before = read(folder)
    badges(folder, "ada/memgen")
    after = read(folder)
    assert [cell for cell in after.cells[1:] if "memgen-badges" not in cell.metadata.get("tags", [])] == before.cells[
        1:
    ]
    assert after.cells[0].source.split("\n")[4:] == before.cells[0].source.split("\n")[2:]


def test_the_pictures_are_drawings_inside_the_notebook(folder):
    badges(folder, "ada/memgen")
    for where, attached in read(folder).cells[0].attachments.items():
        drawing = ElementTree.fromstring(base64.b64decode(attached["image/svg+xml"]))
        assert "".join(drawing.itertext()).lower() == f"open in{where.removesuffix('.svg')}"
        assert (drawing.get("width"), drawing.get("height")) == ("114", "20")


def test_a_second_run_changes_nothing_and_another_address_replaces_the_first(folder):
    badges(folder, "ada/memgen")
    once = contents(folder)
    assert badges(folder, "ada/memgen").stdout == "0 notebooks changed: none\n"
    assert contents(folder) == once
    badges(folder, "bob/fork", "next/try")
    text = (folder / NAMES[1]).read_text()
    assert "ada/memgen" not in text
    assert text.count("memgen-badges -->") == 1
    assert "blob/next/try/notebooks" in text
    assert "bob/fork/next%2Ftry?" in text
    assert len(read(folder).cells) == len(nbformat.reads(once[NAMES[1]].decode(), as_version=4).cells)


def test_badges_stay_when_the_notebook_has_run(folder):
    badges(folder, "ada/memgen")
    notebook = read(folder)
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.execution_count, cell.id = count, f"ran-{count}"
    (folder / NAMES[1]).write_text(nbformat.writes(notebook) + "\n", "utf-8")
    assert badges(folder, "ada/memgen", "--check").returncode == 0


def test_check_writes_nothing_and_fails_where_something_is_missing(folder):
    before = contents(folder)
    done = badges(folder, "ada/memgen", "--check")
    assert (done.returncode, done.stdout) == (1, f"2 notebooks would change: {', '.join(NAMES)}\n")
    assert contents(folder) == before
    assert badges(folder, "not an address").returncode == 2


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("badges")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://github.com/ada/memgen.git", "ada/memgen"),
        ("https://github.com/ada/memgen", "ada/memgen"),
        ("git@github.com:ada/mem.gen.git", "ada/mem.gen"),
        ("https://example.org/ada/memgen.git", None),
        ("https://github.com.example.org/ada/memgen", None),
        ("../elsewhere", None),
        (None, None),
    ],
)
def test_the_address_is_that_of_origin_where_it_is_on_github(tool, tmp_path, monkeypatch, address, found):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if address:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", address], check=True)
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    assert tool.origin() == found


def test_without_an_address_the_notebooks_stay_as_they_are(tool, folder, monkeypatch, capsys):
    monkeypatch.setattr(tool, "origin", lambda: None)
    monkeypatch.setattr(sys, "argv", ["badges.py", f"--folder={folder}"])
    before = contents(folder)
    tool.main()
    assert "stay as they are" in capsys.readouterr().out
    assert contents(folder) == before


@pytest.fixture
def machine(tool, tmp_path, monkeypatch):
    """The set-up cell's machine: what it runs is written down, and a clone makes the folder that a clone would make."""
    ran = []

    def run(command, check):
        assert check
        ran.append(command)
        (tmp_path / "memgen" / "notebooks").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.chdir(tmp_path)
    return ran


def test_on_colab_the_cell_gets_the_project_and_goes_to_its_notebooks(tool, machine, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    exec(tool.SETUP.format(repository="ada/memgen", branch="main"), {})
    clone, install = machine
    assert clone[:2] == ["git", "clone"]
    assert clone[-2:] == ["https://github.com/ada/memgen", "memgen"]
    assert install[:4] == [sys.executable, "-m", "pip", "install"]
    assert Path.cwd() == tmp_path / "memgen" / "notebooks"


@pytest.mark.parametrize("colab", [True, False])
def test_elsewhere_and_where_the_package_is_there_the_cell_does_nothing(tool, machine, tmp_path, monkeypatch, colab):
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    exec(tool.SETUP.format(repository="ada/memgen", branch="main"), {})
    assert machine == []
    assert Path.cwd() == tmp_path


def test_the_cell_names_extras_that_exist_and_binder_installs_the_pinned_packages_and_this_one(tool):
    project = (ROOT / "pyproject.toml").read_text()
    extras = re.search(r"\./memgen\[([\w,]+)\]", tool.SETUP)[1].split(",")
    assert all(f"\n{extra} = [" in project for extra in extras)
    binder = ROOT / ".binder"
    inside = binder / (binder / "requirements.txt").read_text().split()[1]
    assert inside.resolve() == ROOT / "requirements.txt"
    assert (binder / "runtime.txt").read_text() == "python-3.12\n"
    assert "--editable ." in inside.read_text().splitlines(), "the package comes from the repository, in place"
