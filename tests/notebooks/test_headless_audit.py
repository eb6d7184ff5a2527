"""The page of the audit as people run it in their pipelines: by papermill, with parameters, for its exit status."""

import json
import shlex
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kernels
import numpy as np
import pytest

PAGE = Path(__file__).resolve().parent.parent.parent / "notebooks" / "13_is_your_model_copying.ipynb"


def documented():
    """The words of the one line that the page tells its readers to type."""
    cells = json.loads(PAGE.read_text("utf-8"))["cells"]
    lines = "".join(line for cell in cells if cell["cell_type"] == "markdown" for line in [*cell["source"], "\n"])
    (line,) = [line for line in lines.splitlines() if line.startswith("papermill ")]
    return shlex.split(line)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """By limit: the finished process, and where it ran. Half of what the model generated are copies."""
    rng, started = np.random.default_rng(0), {}
    samples = dict(zip(("train", "held_out", "generated"), rng.normal(size=(3, 200, 4)), strict=True))
    samples["generated"][:100] = samples["train"][:100] + 0.01
    program, page, *arguments = documented()
    assert (program, page, arguments[-1]) == ("papermill", "notebooks/13_is_your_model_copying.ipynb", "0.2")
    for limit in ("0.2", "0.9"):
        folder = tmp_path_factory.mktemp("pipeline")
        for name, rows in samples.items():
            np.save(folder / f"{name}.npy", rows)
        command = [sys.executable, "-m", "papermill", str(PAGE), *arguments[:-1], limit]
        started[limit] = command, folder
    with ThreadPoolExecutor(2) as pool:
        jobs = {limit: pool.submit(kernels.run, command, cwd=at) for limit, (command, at) in started.items()}
        return {limit: (job.result(), started[limit][1]) for limit, job in jobs.items()}


def printed(folder):
    cells = json.loads((folder / "out.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    return "\n".join("".join(text) for text in texts)


def test_a_model_below_the_limit_passes_and_leaves_its_report(runs):
    ended, folder = runs["0.9"]
    assert ended.returncode == 0, ended.stderr
    text = printed(folder)
    assert "200 train, 200 held-out, 200 generated rows" in text
    assert "Copies: " in text
    assert "limit 0.9" in text


def test_a_model_above_the_limit_fails_and_the_last_line_says_why(runs):
    ended, folder = runs["0.2"]
    assert ended.returncode != 0
    assert "is above fail_above = 0.2. Copies: " in ended.stderr.strip().splitlines()[-1], ended.stderr[-3000:]
    assert "Copies: " in printed(folder)


def test_nothing_else_is_left_behind(runs):
    for _, folder in runs.values():
        assert {path.name for path in folder.iterdir()} == {"train.npy", "held_out.npy", "generated.npy", "out.ipynb"}
