"""What the benchmarks share: timing side by side, the machine's name, and where numbers are kept."""

import datetime
import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
RECORDS = FOLDER.parent / "memgen_lite" / "data" / "records"
sys.path.insert(0, str(FOLDER.parent / "tools"))
import environment  # noqa: E402 - before NumPy, whose threads it counts

environment.apply()


def compile_always():
    """JAX keeps no programs on disk and reads none: a script calls this if compiling is part of what it measures."""
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"


def among_other_programs():
    """Go on in `.venv-conformance`, where the other programs are; a script calls this before it needs one."""
    if Path(sys.prefix).resolve() != (FOLDER.parent / ".venv-conformance").resolve():
        sys.exit(subprocess.run([python_of("conformance"), *sys.argv]).returncode)


def python_of(name):
    """The Python of `.venv-conformance` or `.venv-rivals`, where other programs are; ends where that is not there."""
    home = FOLDER.parent / f".venv-{name}"
    python = next((path for path in (home / "bin/python", home / "Scripts/python.exe") if path.exists()), None)
    if python is None:
        sys.exit(f"The other programs have an environment of their own, which is not there: make {name}")
    return python


def declare_torchvision():
    """Make torchvision importable where its compiled part does not fit PyTorch, as PyPI's does not a build for CPUs.

    torch-fidelity and clean-fid import torchvision for their networks; what they compute from features does not call
    it. Its two operators are declared then, with nothing behind them. Returns how torchvision came to be there.
    """
    try:
        import torchvision
    except RuntimeError:
        import torch

        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        declare_torchvision.library = torch.library.Library("torchvision", "DEF")  # declared as long as this lives
        for operator in ("nms", "qnms"):
            declare_torchvision.library.define(f"{operator}(Tensor boxes, Tensor scores, float overlap) -> Tensor")
        import torchvision  # noqa: F401

        return "imported without its compiled operators"
    return "imported as installed"


def seconds(*functions, repeats=5):
    """The shortest time of each function over `repeats` rounds, in each of which all take their turn."""
    best = [float("inf")] * len(functions)
    for _ in range(repeats):
        for i, function in enumerate(functions):
            start = time.perf_counter()
            function()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def peak_memory():
    """The most memory that this process has held, in MiB: since its program began, and not by what started it.

    Linux counts what a process held before its program was replaced into the resource usage of the new one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def machine(*packages):
    """The date, the processor and the versions that a measurement belongs to."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
        cpu = f"{cpu}, {sum(line.startswith('processor') for line in lines)} cores seen, 1 BLAS thread"
    return {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu,
        "python": platform.python_version(),
        **{package: version(package) for package in ("numpy", *packages)},
    }


def store(name, title, rows, **more):
    """Write a record of the package: a title, rows of equal keys for the table, and whatever else is asked for."""
    record = {"title": title, "rows": rows, **more}
    (RECORDS / f"{name}.json").write_text(json.dumps(record, indent=1, sort_keys=True, default=float) + "\n")


def short(value):
    """A number as a table shows it."""
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


def table(rows):
    """Rows of equal keys as a Markdown table."""
    keys = list(rows[0])
    lines = ["| " + " | ".join(keys) + " |", "|" + " --- |" * len(keys)]
    return "\n".join(lines + ["| " + " | ".join(short(row[key]) for key in keys) + " |" for row in rows])
