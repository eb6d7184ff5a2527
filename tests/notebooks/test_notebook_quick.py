"""Notebooks that train have a parameter `quick`: smaller sizes, the same code, so that every cell runs in seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent.parent / "notebooks"


def parameters(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "".join("".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", []))


QUICK = [path for path in sorted(FOLDER.glob("*.ipynb")) if parameters(path).startswith("quick = False")]


def test_the_notebooks_of_diffusion_are_among_them():
    assert {"31_diffusion_is_memory", "32_mosaics", "33_when_networks_stop_copying"} <= {path.stem for path in QUICK}


@pytest.mark.parametrize("path", QUICK, ids=lambda path: path.stem)
def test_a_quick_run_goes_through_every_cell_and_leaves_the_projects_figures_alone(path, tmp_path):
    settings = {
        "MEMGEN_FIGURES": str(tmp_path / "figures"),
        "MEMGEN_CACHE": str(tmp_path / "cache"),
        "TQDM_DISABLE": "1",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # most of a quick run is compiling
    }
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "out.ipynb"), "-p", "quick", "True"]
    options = {
        "cwd": FOLDER,
        "env": {**os.environ, **settings},
        "capture_output": True,
        "text": True,
        "encoding": "utf-8",
    }
    run = subprocess.run(command, timeout=600, check=False, **options)
    assert run.returncode == 0, run.stderr[-3000:]
    cells = [
        cell for cell in json.loads((tmp_path / "out.ipynb").read_text("utf-8"))["cells"] if cell["cell_type"] == "code"
    ]
    assert all(cell["execution_count"] for cell in cells)
    assert not [output for cell in cells for output in cell["outputs"] if output.get("name") == "stderr"]
    saved = "".join(line for cell in cells for line in cell["source"]).count("mg.figures.save(")
    assert len(list((tmp_path / "figures").glob("*.png"))) == saved
