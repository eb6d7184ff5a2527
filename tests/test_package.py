import json
import subprocess
import sys
from importlib.metadata import version

import pytest

import memgen_lite as mg

HEAVY = ("sklearn", "pandas", "matplotlib", "jax", "ipywidgets", "scipy", "PIL", "skimage", "tqdm")


def modules_after(code):
    """The names of all modules that a new Python has loaded after some code."""
    code += "\nimport sys, json; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_importing_the_package_is_free():
    loaded = modules_after("import memgen_lite; dir(memgen_lite); memgen_lite.__version__")
    assert "memgen_lite" in loaded
    assert not loaded & {*HEAVY, "numpy"}
    assert not {name for name in loaded if name.startswith("memgen_lite.")}


def test_a_memory_needs_no_extra_and_no_page_and_finds_pillow_by_itself(tmp_path):
    paths = [str(tmp_path / memory) for memory in ("list", "hash", "array")]
    loaded = modules_after(f"""
from PIL import Image
import memgen_lite as mg
for path, memory in zip({paths}, ("list", "hash", "array")):
    model = mg.MemGEN(memory=memory, random_state=0).fit([Image.new("L", (2, 2), 7)], ["seven"])
    model.sample(2, y="seven"), model.score_samples(model.recite()), model.save(path)
""")
    assert not loaded & {"matplotlib.pyplot", "jax", "ipywidgets", "tqdm"}  # scikit-learn itself asks for pandas
    modules_after(f"""
import memgen_lite as mg
for path in {paths}:
    image, = mg.MemGEN.load(path).recite()
    assert image.tobytes() == bytes([7]) * 4
""")


def test_drawing_does_not_load_pyplot():
    assert "matplotlib.pyplot" not in modules_after("import memgen_lite as mg; mg.figures.use_style(); mg.plots.images")


def test_the_coin_pi_and_the_data_start_without_what_is_slow_to_load():
    loaded = modules_after("import memgen_lite as mg; mg.coin, mg.pi, mg.data, mg.cats, mg.web, mg.read_rows")
    assert not loaded & {"sklearn", "scipy.stats", "matplotlib", "pandas", "jax", "ipywidgets"}


@pytest.mark.parametrize("name", mg.__all__)
def test_every_public_name_is_there(name):
    assert getattr(mg, name) is not None
    assert name in dir(mg)


def test_no_other_name_is():
    with pytest.raises(AttributeError, match="module 'memgen_lite' has no attribute 'MemGAN'"):
        mg.MemGAN  # noqa: B018


def test_the_version_is_that_of_the_distribution():
    assert mg.__version__ == version("memgen_lite")
