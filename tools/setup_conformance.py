"""Make `.venv-conformance`, with the programs that `make conformance` and `make bench` compare with.

python tools/setup_conformance.py           the programs of benchmarks/conformance.txt, and this package
python tools/setup_conformance.py rivals    .venv-rivals, those of benchmarks/rivals.txt alone: Anonymeter wants a NumPy
                                            that this package is too new for
python tools/setup_conformance.py field     .venv-field, the programs of benchmarks/field.txt, and this package

By pip, whose own settings say where packages come from. All at once, and where that fails one by one, so that a program
that cannot be had on this machine leaves the others.
"""

import os
import subprocess
import sys
from pathlib import Path

import setup

ROOT = Path(__file__).resolve().parent.parent
WITH_PACKAGE = ("conformance", "field")
LOOSE = {"field": ("anonymeter",)}  # works with the NumPy of the pins, though it asks for an older one


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "conformance"
    folder, pins = ROOT / f".venv-{name}", ROOT / "benchmarks" / f"{name}.txt"
    print(f"Setting up {folder.name} (once, a minute or more; about 2 GB)", flush=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    setup.make_anew_unless_whole(folder)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def install(*what):
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
        return subprocess.run(command, env=environment, cwd=ROOT).returncode == 0

    loose = [pin for pin in pins.read_text().split() if pin.partition("==")[0] in LOOSE.get(name, ())]
    wanted = [pin for pin in pins.read_text().split() if pin not in loose]
    if not install(*wanted) or (loose and not install("--no-deps", *loose)):
        missing = [pin for pin in wanted if not install("--constraint", pins, pin)]
        missing += [pin for pin in loose if not install("--no-deps", pin)]
        print(f"not installed: {', '.join(missing) or 'nothing'}")
    if name in WITH_PACKAGE:
        if not install("--no-deps", "--editable", ROOT):
            sys.exit("set-up failed: the package itself could not be installed")
        setup.point_from_itself(folder)
    (folder / "ready").write_bytes(setup.stamp())


if __name__ == "__main__":
    main()
