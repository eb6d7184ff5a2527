"""The figures that the notebooks have just drawn, beside the ones that are committed: numbers, words, then pixels."""

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COMMITTED = Path(__file__).resolve().parents[3] / "figures"
DRAWN = Path(os.environ["MEMGEN_FIGURES"])
NAMES = sorted(path.stem for path in COMMITTED.glob("*.json"))
RELATIVE, ABSOLUTE = 1e-6, 1e-9  # what another processor may round differently


def differences(a, b, where="numbers"):
    """Where two trees of numbers differ by more than the tolerance, in words."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [line for key in a for line in differences(a[key], b[key], f"{where}.{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [line for i, (x, y) in enumerate(zip(a, b, strict=True)) for line in differences(x, y, f"{where}[{i}]")]
    if type(a) in (int, float) and type(b) in (int, float):
        return [] if math.isclose(a, b, rel_tol=RELATIVE, abs_tol=ABSOLUTE) else [f"{where}: {a} and {b}"]
    return [] if a == b else [f"{where}: {a!r:.60} and {b!r:.60}"]


def seen(path, size=(160, 100)):
    """A picture as an eye sees it from afar: gray levels in 0-1, averaged over small patches."""
    return np.asarray(Image.open(path).convert("L").resize(size, Image.Resampling.BOX), dtype=float) / 255


def test_the_notebooks_draw_exactly_the_committed_figures():
    assert sorted(path.stem for path in DRAWN.glob("*.json")) == NAMES
    for folder in (COMMITTED, DRAWN):
        assert {path.name for path in folder.glob("*.*")} == {f"{name}.{kind}" for name in NAMES for kind in KINDS}


KINDS = ("json", "pdf", "png", "svg")


@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_words_are_as_committed(name):
    committed, drawn = (json.loads((folder / f"{name}.json").read_text("utf-8")) for folder in (COMMITTED, DRAWN))
    assert drawn["alt"] == committed["alt"]
    assert drawn["sources"] == committed["sources"]
    assert differences(committed["numbers"], drawn["numbers"]) == []


@pytest.mark.parametrize("name", NAMES)
def test_pictures_look_as_committed(name):
    committed, drawn = COMMITTED / f"{name}.png", DRAWN / f"{name}.png"
    assert Image.open(committed).size == Image.open(drawn).size
    assert np.abs(seen(committed) - seen(drawn)).max() < 0.08
    assert np.abs(seen(committed) - seen(drawn)).mean() < 0.004
    assert seen(drawn).std() > 0.01, "the picture is blank"
