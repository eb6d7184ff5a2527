"""The gate of docs/ci.md: the commands that stand there, on small tables of a copier and of an honest sample."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
(WORKFLOW,) = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml"]
STEPS = {step["name"]: step["run"] for step in WORKFLOW["jobs"]["audit"]["steps"] if "run" in step}
(LINE,) = [text for kind, text in BLOCKS if text.startswith("memgen-lite audit train.csv")]
PAGES = [text for kind, text in BLOCKS if text.startswith("papermill")]
SAID = [text for kind, text in BLOCKS if kind == "text"]


def people(n, rng):
    columns = {"age": rng.normal(45, 12, n).round(1), "income": np.exp(rng.normal(10, 0.5, n)).round(0)}
    height = rng.normal(170, 9, n).round(1)
    return pd.DataFrame(columns | {"height": height, "weight": (height - 100 + rng.normal(0, 9, n)).round(1)})


@pytest.fixture(params=["copier", "honest"])
def model(request, tmp_path):
    """A folder with the tables of docs/ci.md, and the name of the model that generated."""
    rng = np.random.default_rng(0)
    train, held_out, fresh = (people(400, rng) for _ in range(3))
    generated = {"copier": train.sample(400, replace=True, random_state=0), "honest": fresh}[request.param]
    (tmp_path / "data").mkdir()
    for name, table in {"train": train, "held_out": held_out, "generated": generated}.items():
        for place in (tmp_path, tmp_path / "data"):
            table.to_csv(place / f"{name}.csv", index=False)
    return request.param, tmp_path


def shell(command, folder):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = ["bash", "-e", "-o", "pipefail", "-c", command]  # as a runner of GitHub starts it
    return subprocess.run(command, cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True)


def test_the_line_fails_a_copier_and_holds_an_honest_sample_and_prints_what_the_page_says(model):
    name, folder = model
    run = shell(LINE, folder)
    assert run.returncode == {"copier": 1, "honest": 0}[name], run.stdout + run.stderr
    (written,) = [text for text in SAID if text.startswith({"copier": "Copies", "honest": "No sign"}[name])]
    assert all(part.strip() in run.stdout for part in written.split("...\n"))


def test_the_workflow_s_step_fails_a_pull_request_when_the_model_copies_and_leaves_a_report(model):
    name, folder = model
    run = shell(STEPS["Audit"], folder)
    assert run.returncode == {"copier": 1, "honest": 0}[name], run.stdout + run.stderr
    assert "<html" in (folder / "copying.html").read_text("utf-8") and (folder / "copying.json").stat().st_size


def test_where_nothing_can_be_told_the_step_fails_unless_that_is_let_pass(model):
    _, folder = model
    (folder / "data" / "held_out.csv").unlink()
    run = shell(STEPS["Audit"], folder)
    assert run.returncode == 2, run.stdout + run.stderr
    assert shell(f"{STEPS['Audit']} || [ $? -eq 2 ]", folder).returncode == 0
    assert "`memgen-lite audit ... || [ $? -eq 2 ]`" in PAGE


def test_the_workflow_may_only_read_and_installs_this_package():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert list(STEPS) == ["Install", "Generate", "Audit"] and "memgen_lite @ git+" in STEPS["Install"]


def test_the_page_takes_the_parameters_that_the_command_names():
    """What it does with them is seen in tests/notebooks/test_headless_audit.py."""
    (command,) = PAGES
    page = json.loads((ROOT / command.split()[1]).read_text("utf-8"))
    cells = [cell["source"] for cell in page["cells"] if "parameters" in cell["metadata"].get("tags", [])]
    for name, _ in re.findall(r"-p (\w+) (\S+)", command):
        assert re.search(rf"^{name} = ", "".join(line for cell in cells for line in cell), re.MULTILINE), name
