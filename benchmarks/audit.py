"""What `mg.audit` costs: at its full size, stopped by Ctrl-C on the way there, and against each of its sizes.

Every measurement is a process of its own. At full size it reads its rows from memory maps and has two threads, and its
memory is all that the process ever holds, pages of the maps included. Against each size there is one thread, the rows
lie in memory, and what counts is what the audit takes beyond them. `--try` takes small arrays and stores nothing.

`audit.json` holds, beside the rows of the table, `growth`: dicts of axis ("N", "K", "M" or "d"), size, seconds, CPU
seconds, MiB, and of the seconds those of each of PARTS; `parts`: these of the full size; `base`: the other sizes; and
`tables`, the slopes of the logarithms over the upper half of each axis.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import machine, peak_memory, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite import auditing
from memgen_lite.auditing.inputs import ROLES

TRY = "--try" in sys.argv
FULL = {"N": 20_000, "K": 20_000, "M": 4000, "d": 64} if TRY else {"N": 100_000, "K": 100_000, "M": 10_000, "d": 512}
STOPPED = 0.5 if TRY else 10.0  # seconds
BASE = {"N": 10_000, "K": 10_000, "M": 2000, "d": 64}
AXES = {
    "N": [1000, 3000, 10_000, 30_000, 100_000],
    "K": [1000, 3000, 10_000, 30_000, 100_000],
    "M": [300, 1000, 3000, 10_000, 30_000],
    "d": [4, 16, 64, 256, 1024],
}
PARTS = ("reading", "search", "relabeling", "checks")


def save(folder, N, K, M, d):
    """Files of normal rows; one generated row in twenty is a training row, moved by a tenth of its deviation."""
    rng, rows = np.random.default_rng(0), {}
    for role, n in (("train", N), ("held_out", K), ("generated", M)):
        rows[role] = rng.standard_normal((n, d), dtype=np.float32)
    copied = np.arange(M // 20)
    rows["generated"][copied] = rows["train"][copied] + np.float32(0.1) * rows["generated"][copied]
    for role, X in rows.items():
        np.save(Path(folder) / f"{role}.npy", X)


def timed(module, name, took, part):
    """Have the seconds of a function of a module counted as those of a part."""
    function = getattr(module, name)

    def run(*args, **kwargs):
        start = time.perf_counter()
        found = function(*args, **kwargs)
        took[part] = time.perf_counter() - start
        return found

    setattr(module, name, run)


def measure(folder, mapped, stop):
    """What `--one` prints of one audit."""
    rows = [np.load(Path(folder) / f"{role}.npy", mmap_mode="r" if mapped else None) for role in ROLES]
    mg.audit(*np.random.default_rng(0).normal(size=(3, 60, 40)))  # imports are paid here
    took = {}
    timed(auditing.auditing, "read", took, "reading")
    timed(auditing.auditing, "measure", took, "relabeling")
    timed(auditing.measure, "nearness", took, "search")
    timed(auditing.auditing, "check", took, "checks")
    if stop:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, stop)
    before, start, cpu = peak_memory(), time.perf_counter(), time.process_time()
    found = mg.audit(*rows)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    took["relabeling"] -= took["search"]
    return {
        "seconds": seconds,
        "CPU seconds": cpu,
        "MiB": peak_memory() - before,
        "process, MiB": peak_memory(),
        "audited": found.stamp["rows"]["generated"],
        "p": found.p_value,
        "named": len(found.copies),
    } | took


def process(folder, *, mapped=False, stop=0.0, threads=1):
    """One measurement, by as many threads over blocks of generated rows; each product has one."""
    settings = os.environ | {"LOKY_MAX_CPU_COUNT": str(threads)}
    command = [sys.executable, __file__, "--one", str(folder), str(int(mapped)), str(stop)]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=settings)
    return json.loads(out.stdout.splitlines()[-1])


def full():
    """The rows of the table, and the run itself."""
    with tempfile.TemporaryDirectory() as folder:
        save(folder, **FULL)
        alone, run = (process(folder, mapped=True, threads=threads) for threads in (1, 2))
        cut = process(folder, mapped=True, threads=2, stop=STOPPED)
    test = run["search"] + run["relabeling"]
    rows = [
        ("seconds", run["seconds"], "< 40"),
        ("seconds of one thread", alone["seconds"], f"> {1.8 * run['seconds']:.3g}"),
        ("CPU seconds", run["CPU seconds"], ""),
        ("CPU seconds of one thread", alone["CPU seconds"], ""),
        ("MiB held at most", run["process, MiB"], "< 2,048"),
        *((f"seconds of {part}", run[part], "") for part in PARTS[:3]),
        (f"seconds of {PARTS[3]}", run[PARTS[3]], f"< {test:.3g}"),
        (f"Ctrl-C after {STOPPED:g} s: seconds to the report", cut["seconds"] - STOPPED, ""),
        ("... and rows audited by then", cut["audited"], ""),
    ]
    return [dict(zip(("what", "measured", "bound"), row, strict=True)) for row in rows], run


def growth():
    points = [(axis, size) for axis, sizes in AXES.items() for size in (sizes[:2] if TRY else sizes)]
    for axis, size in tqdm(points, desc="growth"):
        with tempfile.TemporaryDirectory() as folder:
            save(folder, **BASE | {axis: size})
            runs = [process(folder) for _ in range(1 if TRY else 2)]
        run = min(runs, key=lambda run: run["CPU seconds"])
        yield {"axis": axis, "size": size} | {key: run[key] for key in ("seconds", "CPU seconds", "MiB", *PARTS)}


def slopes(points):
    """The slopes of log seconds and of log MiB against log size over the upper half of each axis, and its ends."""
    for axis in AXES:
        line = [point for point in points if point["axis"] == axis]
        upper = line[len(line) // 2 :]
        size = np.log([point["size"] for point in upper])
        found = {"against": f"{axis} from {upper[0]['size']:,} to {upper[-1]['size']:,}"}
        for key in ("seconds", "CPU seconds", "MiB"):
            steep = (
                np.polyfit(size, np.log([max(point[key], 1e-3) for point in upper]), 1)[0] if len(upper) > 1 else 0.0
            )
            found[f"slope of log {key}"] = float(steep)
        yield found | {f"at the end, {key}": upper[-1][key] for key in ("seconds", "MiB")}


def main():
    if "--one" in sys.argv:
        folder, mapped, stop = sys.argv[sys.argv.index("--one") + 1 :]
        print(json.dumps(measure(folder, bool(int(mapped)), float(stop))))
        return
    rows, run = full()
    print(table(rows))
    points = list(growth())
    steep = list(slopes(points))
    print(table(steep))
    if not TRY:
        sizes = "{N:,} training and {K:,} held-out rows, {M:,} generated, {d} features"
        store(
            "audit",
            f"mg.audit on {sizes.format(**FULL)} of 32 bits, memory-mapped, two threads",
            rows,
            machine=machine("scipy", "scikit-learn"),
            growth=points,
            parts={part: run[part] for part in PARTS},
            base=BASE,
            tables={f"Growth: one size at a time, beside {sizes.format(**BASE)}; one thread": steep},
        )


if __name__ == "__main__":
    main()
