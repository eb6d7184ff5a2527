"""What the README promises holds: each of its sentences that can be tried is tried here, or named beside its test."""

import contextlib
import io
import json
import platform
import re
import shlex
import sys
import tomllib
from importlib.metadata import files, metadata, requires
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

import memgen_lite as mg
from memgen_lite.__main__ import CANNOT_TELL, FAILED, HELD, main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
rng = np.random.default_rng(0)


def blocks(language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [block for kind, block in fenced if kind == language]


def test_it_is_read_in_two_minutes():
    assert 5_000 <= len(README.encode()) <= 6_000


def test_the_example_prints_what_stands_below_it():
    (code,), (printed,) = blocks("python"), blocks("text")
    assert len([line for line in code.splitlines() if line]) <= 6
    said = io.StringIO()
    names = {}
    with contextlib.redirect_stdout(said):
        exec(code, names)
    assert said.getvalue().split() == printed.split()
    digits = names["digits"]
    assert f"# {len(digits.train)} to train on, {len(digits.held_out)} held out" in code


def test_the_width_in_the_example_is_the_one_that_suits_held_out_digits_best():
    """By the formula: the tree in scikit-learn's `score` loses digits where a kernel is narrow."""
    digits = mg.data.digits()
    squares = cdist(digits.held_out, digits.train, "sqeuclidean")
    widths = np.arange(1.5, 3.25, 0.25)
    fit = [np.mean(logsumexp(-squares / (2 * h**2), axis=1)) - 64 * np.log(h) for h in widths]
    assert f"bandwidth={widths[np.argmax(fit)]:g})" in blocks("python")[0]


def many(items):
    """A list of Pillow's from an array."""
    return [Image.fromarray(item) for item in items]


def kinds():
    """For each line of the table of what is accepted, samples of what it names."""
    n = 60
    pixels = rng.integers(0, 255, (n, 5, 5, 3)).astype(np.uint8)
    table = pd.DataFrame({"x": rng.normal(size=n), "y": rng.integers(0, 9, n)})
    moments = pd.Timestamp("2018-03-29") + pd.to_timedelta(rng.integers(0, 10**6, n), "s")
    cities = table.assign(city=rng.choice(["Oslo", "Rome", None], n), time=moments)
    cities.loc[3, "x"] = np.nan
    return {
        "array of numbers": [rng.normal(size=(n, 3)), rng.integers(0, 9, (n, 3))],
        "images of one size": [pixels, pixels[..., 0], many(pixels), many(pixels[..., 0])],
        "list of texts": [[" ".join(rng.choice(["a", "rose", "is"], 6)) for _ in range(n)]],
        "frame of numbers, times": [table, cities[["x", "y"]], cities[["y", "time"]], table.assign(z=table.x > 0)],
        "frame with categories or texts, list of dicts": [cities, cities[["x", "city"]], cities.to_dict("records")],
        "list of any other Python objects": [[object() for _ in range(n)], [{i, "row"} for i in range(n)]],
    }


def rows_of_the_table():
    heads, _, *lines = re.search(r"(?m)^\| what you have \| `mg.MemGEN.*\n(?:\|.*\n)+", README)[0].splitlines()
    for line in lines:
        name, *answers = (cell.strip() for cell in line.strip("|").split("|"))
        yield name, dict(zip(re.findall(r"`([^`]+)`", heads), answers, strict=True))


CALLS = {
    "mg.MemGEN().fit": lambda X: mg.MemGEN(random_state=0).fit(X),
    "mg.audit": lambda X: mg.audit(X[: len(X) // 2], X[len(X) // 2 :], X[:20], n_relabelings=19),
    "mg.evaluate": lambda X: mg.evaluate(X[:30], X[30:], X[:30], ["nn_accuracy"], n_null=19),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "answers"), [*rows_of_the_table()], ids=lambda part: str(part)[:20])
def test_what_is_accepted_is_accepted_and_no_more(name, answers):
    (samples,) = [found for kind, found in kinds().items() if name.startswith(kind)]
    for X in samples:
        for call, answer in answers.items():
            if answer == "yes":
                CALLS[call](X)
            else:
                with pytest.raises(TypeError):
                    CALLS[call](X)
        model = mg.MemGEN(memory="list" if "memory" in answers["mg.MemGEN().fit"] else "array", random_state=0).fit(X)
        assert type(model.sample(4)) is type(X)


def test_evaluate_has_as_many_metrics_as_it_says():
    assert f"{len(mg.metrics.names())} metrics" in README


def test_the_command_ends_as_it_says(tmp_path, monkeypatch, capsys):
    (command,) = [block for block in blocks("") if block.startswith("memgen-lite")]
    assert "exits with 0 if the model held, 1 if it copies more than that, and 2 if nothing can be told" in README
    monkeypatch.chdir(tmp_path)
    frames = {name: pd.DataFrame(rng.normal(size=(200, 3)), columns=[*"abc"]) for name in ("train", "held_out")}
    fresh = pd.DataFrame(rng.normal(size=(200, 3)), columns=[*"abc"])
    for generated, status in ((fresh, HELD), (frames["train"], FAILED), (fresh.assign(d=0), CANNOT_TELL)):
        for name, frame in (frames | {"generated": generated}).items():
            frame.to_csv(f"{name}.csv", index=False)
        assert main(shlex.split(command)[1:]) == status
    assert (HELD, FAILED, CANNOT_TELL) == (0, 1, 2)


def installed(names, *, compiled):
    """GB on disk, in blocks of 4 kB, of these packages and all that they need, as they are in this environment.

    pip compiles what it installs, to files half as large again as the sources (149 MB of 99 MB in the package alone).
    """
    seen, size, names = set(), 0, list(names)
    while names:
        name = canonicalize_name(names.pop())
        if name in seen:
            continue
        seen.add(name)
        needed = map(Requirement, requires(name) or [])
        names += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
        for path in (Path(file.locate()) for file in files(name) or []):
            if path.suffix != ".pyc" and path.is_file():
                blocks = -(-path.stat().st_size // 4096) * 4096
                size += blocks * (2.5 if compiled and path.suffix == ".py" else 1)
    return size / 1e9


@pytest.mark.skipif((sys.platform, platform.machine()) != ("linux", "x86_64"), reason="wheels differ in size")
def test_an_environment_is_as_large_as_it_says():
    """To a tenth, as each release of a package changes it a little."""
    pinned = [Requirement(line) for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if "==" in line]
    here = [pin.name for pin in pinned if pin.marker is None or pin.marker.evaluate()]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    alone = [Requirement(line).name for line in project["dependencies"]]
    sizes = [installed(here, compiled=False), installed(here, compiled=True), installed(alone, compiled=True)]
    for page in ("README.md", "docs/platforms.md"):
        said = list(map(float, re.findall(r"\b(\d\.\d) GB", (ROOT / page).read_text("utf-8"))))
        assert said == pytest.approx(sizes, rel=0.1), page


def test_the_python_that_it_asks_for_is_the_one_that_installers_ask_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert f"with Python {project['requires-python'].removeprefix('>=')} or later" in README


def test_its_make_commands_exist_and_the_two_stand_alone():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b(?! and)", "\n".join(re.findall(r"`[^`]+`", README)))) <= targets
    assert "make lab\n" in blocks("")
    assert [["make", "figures"], ["make", "test"]] in [
        [line.split("#")[0].split() for line in block.splitlines()] for block in blocks("")
    ]


def test_the_notebooks_that_it_says_take_your_data_do():
    (said,) = re.findall(r"((?:\d\d(?:, | to | and )?)+) take your data", README)
    promised = set(re.findall(r"\d\d", re.sub(r"(\d\d) to (\d\d)", lambda m: _through(*map(int, m.groups())), said)))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        tagged = ["".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", [])]
        takes = any(re.search(r"^data = None", source, re.MULTILINE) for source in tagged)
        assert takes == (path.name[:2] in promised), path.name


def _through(first, last):
    return ", ".join(f"{i:02}" for i in range(first, last + 1))


def test_its_links_lead_to_files():
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert len(links) > 20
    assert not [link for link in links if not (ROOT / link).exists()]


def test_the_page_of_the_package_index_has_no_link_or_picture_that_leads_nowhere():
    """There only what has a whole address works; the build of the package leaves the rest out."""
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["metadata"]["hooks"]
    page = README
    for change in hooks["fancy-pypi-readme"]["substitutions"]:
        page = re.sub(change["pattern"], change["replacement"], page)
    assert not re.findall(r"\]\((?!https?://)|!\[|whose cats", page, re.MULTILINE)
    own_words = re.sub(r"\]\((?!https?://)[^)]*\)", "]", README)  # without the addresses, which are most of some lines
    assert len(page) > 0.85 * len(own_words)
    assert page.count("](https://") == README.count("](https://")
    assert (
        README.startswith("# memgen_lite\n") and metadata("memgen_lite")["Description-Content-Type"] == "text/markdown"
    )
