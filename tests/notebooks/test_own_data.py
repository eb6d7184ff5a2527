"""The pages with the reader's own data, by papermill, as their parameter cell says: what they show is that data."""

import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kernels
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "notebooks"
PAPER = FOLDER / "06_this_paper.ipynb"
# What a page says of its own data. What 05 says of pi as such, the record holders' and Euler's, may stand.
OURS = r"handwritten|gray level|(real|training|held-out|generated|MemGEN-P's) digit|the digits\b|^digits:|\d digits:"
OURS += (
    r"|\b(897|1,797)\b|LICENSE|decimals of pi as|models of pi with|counted .* of pi\.|, and pi\b|: pi,? |\bpi +355/113"
)
PAGES = {  # page: the data, what else it is given, and words that its outputs must have
    "01": ("flowers.npy", {}, ["rows of flowers", "75"]),
    "02": ("flowers.npy", {}, ["rows of flowers"]),
    "03": ("letters.txt", {"quick": True}, ["20 lines of a poem", "96 paragraphs to train on and 24 held out"]),
    "04": ("album", {}, ["16 pictures, 8 of them cats"]),
    "05": ("tenths.txt", {}, ["The decimals of tenths", "n-gram models of tenths", "tenths: ."]),
    "06": ("letters.txt", {"this_paper": PAPER}, ["letters.txt: generated as it is: True", "letters.txt: "]),
    "11": ("flowers.npy", {"quick": True}, ["the copy of flowers"]),
    "12": ("flowers.npy", {"quick": True}, ["three suspects of flowers"]),
    "13": ("flowers.npy", {}, ["nats for a held-out row", "sixteenths of the range"]),
    "14": ("flowers.npy", {}, ["10 of 50 copied: p = ", "24 of 50"]),
    "15": ("flowers.npy", {}, ["copies with noise: ", "trained anew on half"]),
    "16": ("flowers.npy", {}, ["flowers: 75 to train on"]),
    "17": ("squares.npy", {}, ["mirrored: p = ", "named as their sources, in "]),
    "93": ("flowers.npy", {"quick": True}, ["flowers, against train", "of which one is flowers"]),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder with small data of every kind."""
    folder, rng = tmp_path_factory.mktemp("own"), np.random.default_rng(0)
    np.save(folder / "flowers.npy", rng.normal(size=(150, 4)) @ rng.normal(size=(4, 4)))
    np.save(folder / "few.npy", np.eye(5))
    np.save(folder / "squares.npy", rng.integers(0, 256, (320, 6, 10, 3), dtype=np.uint8))
    words = ["".join(rng.choice(list("abdeglmnorstu"), rng.integers(3, 8))) for _ in range(1120)]
    (folder / "letters.txt").write_text("".join(" ".join(words[i : i + 8]) + ".\n" for i in range(0, 1120, 8)))
    (folder / "tenths.txt").write_text("1.\n" + "".join(map(str, rng.integers(10, size=52_000))))
    for name in [f"{kind}/{i}.png" for kind in ("cats", "others") for i in range(8)]:
        (folder / "album" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).resize((64, 64)).save(folder / "album" / name)
    return folder


def run(stem, data, folder, **more):
    """A page with `data`, in an empty folder, as a process that has ended."""
    folder.mkdir()
    (path,) = FOLDER.glob(f"{stem}_*.ipynb")
    settings = {"TQDM_DISABLE": "1", "MEMGEN_CACHE": str(folder.parent / "cache")}
    settings["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # most of a quick run is compiling
    given = [word for name, value in {"data": data, **more}.items() for word in ("-p", name, str(value))]
    command = [sys.executable, "-m", "papermill", str(path), "out.ipynb", *given]
    return kernels.run(command, cwd=folder, env={**os.environ, **settings})


def outputs(folder):
    """All that a page has printed, returned and said in alt texts, and nothing of that is a warning."""
    for cell in json.loads((folder / "out.ipynb").read_text("utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", "".join(output["text"])
            yield "".join(output.get("text") or output["data"].get("text/plain", ""))


@pytest.fixture(scope="module")
def runs(own, tmp_path_factory):
    """By page: the process that has run it with small data, and its folder."""
    folder = tmp_path_factory.mktemp("runs")
    before = {path: path.stat().st_mtime_ns for path in (*ROOT.glob("figures/*"), *FOLDER.glob("*"))}
    with ThreadPoolExecutor(2) as pool:
        jobs = {
            stem: pool.submit(run, stem, own / data, folder / stem, **more)
            for stem, (data, more, _) in reversed(PAGES.items())  # the longest first
        }
        ended = {stem: (job.result(), folder / stem) for stem, job in jobs.items()}
    after = {path: path.stat().st_mtime_ns for path in (*ROOT.glob("figures/*"), *FOLDER.glob("*"))}
    return ended, before == after


def test_every_page_of_the_paper_and_the_trial_has_its_parameter_near_the_top_and_the_first_page_a_table_of_them():
    start = (FOLDER / "00_start_here.ipynb").read_text("utf-8")
    for stem in PAGES:
        (path,) = FOLDER.glob(f"{stem}_*.ipynb")
        code = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
        (place,) = (i for i, cell in enumerate(code) if "parameters" in cell["metadata"].get("tags", []))
        assert place <= 1
        assert code[place]["source"][0].startswith("data = None  # ")
        assert f"[{stem}]({path.name}) | " in start


@pytest.mark.parametrize("stem", PAGES)
def test_a_page_runs_with_own_data_and_shows_it_and_says_nothing_of_ours(runs, stem):
    ended, folder = runs[0][stem]
    assert ended.returncode == 0, ended.stderr[-3000:]
    said = list(outputs(folder))
    assert [words for words in PAGES[stem][2] if words not in "\n".join(said)] == []
    assert [text[:200] for text in said if re.search(OURS, text)] == []


def test_such_runs_write_nothing_into_the_repository(runs):
    assert runs[1]


@pytest.mark.parametrize(
    ("stem", "data", "told"),
    [
        ("01", "few.npy", "data must be one of .*, 40 rows at least; got .*few.npy' with 5"),
        (
            "03",
            "flowers.npy",
            "data must be one of .*, or the path of a text file, one text a line; got .*flowers.npy'",
        ),
        ("04", "lost", "data must be the path of a folder with pictures of cats and others, got .*lost'"),
        ("17", "flowers.npy", "data must be pictures of one size, got .*flowers.npy' with rows of 4 numbers"),
        ("06", "lost", "data must be the path of a file with something in it, got .*lost'"),
        ("05", "letters.txt", r"data must be the path of a text file \(.txt\) with 50,000 decimals or more; got "),
    ],
)
def test_what_a_page_cannot_take_is_said_in_an_error_that_names_data(own, tmp_path, stem, data, told):
    ended = run(stem, own / data, tmp_path / "run", **({"this_paper": PAPER} if stem == "06" else {}))
    assert ended.returncode != 0
    assert re.search(told, ended.stderr)
