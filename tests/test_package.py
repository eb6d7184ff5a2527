import ast
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

import memgen_lite as mg

ROOT = Path(mg.__file__).resolve().parent
ROOMS = sorted(".".join(door.relative_to(ROOT.parent).parent.parts) for door in ROOT.glob("*/**/__init__.py"))
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


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_of_a_room_bears_one_of_the_room_s_public_names(room):
    """Else `import memgen_lite.metrics.coverage as m` would give a function."""
    package = import_module(room)
    for file in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{room}.{file.name}")
        assert getattr(package, file.name) is module
        assert file.name not in getattr(package, "__all__", ())


def test_the_version_is_that_of_the_distribution():
    assert mg.__version__ == version("memgen_lite")


def imported(path):
    """The top-level names of what a module imports from elsewhere, or looks for before it does."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("find_spec", "import_module")):
            yield from (word.value.partition(".")[0] for word in node.args[:1] if isinstance(word, ast.Constant))


OTHERS = {name for path in ROOT.rglob("*.py") for name in imported(path)} - {"", ROOT.name, *sys.stdlib_module_names}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_direct_dependency_is_declared(name):
    """In pyproject.toml, as needed by all or as an extra, under the name of the distribution that has the module."""
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    declared = {re.split(r"[^\w.-]", line)[0].lower() for line in lines}
    assert declared & {found.lower().replace("_", "-") for found in packages_distributions().get(name, [name])}


def test_what_is_imported_is_found():
    assert {"numpy", "joblib", "threadpoolctl", "skimage", "jax"} <= OTHERS
