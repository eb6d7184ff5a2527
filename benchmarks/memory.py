"""What memorising costs: MemGEN's three memories beside the bare operations that bound them."""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from common import machine, seconds, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

SIZES = [round(10 ** (i / 4)) for i in range(12, 27)]  # a thousand to three million


def row(what, ours, other, its_time, bound):
    return {
        "what": what,
        "ours, s": ours,
        "beside": other,
        "its time, s": its_time,
        "ratio": ours / its_time,
        "bound": bound,
    }


def fit_and_sample():
    X = np.random.default_rng(0).random((1_000_000, 64), dtype=np.float32)
    model, index = mg.MemGEN(random_state=0).fit(X), np.random.default_rng(0)
    n = 200_000
    ours, gather = seconds(lambda: model.sample(n), lambda: X[index.integers(len(X), size=n)], repeats=9)
    yield row(f"sample {n:,} of 10⁶ × 64 float32", ours, "numpy gather", gather, "speed ≥ 0.8 (ratio ≤ 1.25)")
    fit, copy = seconds(lambda: mg.MemGEN().fit(X), lambda: X.copy(), repeats=9)
    yield row("fit 10⁶ × 64 float32", fit, "numpy copy", copy, "≤ 1.2")


def batches():
    X = np.random.default_rng(0).random((1_000_000, 64), dtype=np.float32)

    def learn(count):
        model = mg.MemGEN()
        for start in range(0, count, 1000):
            model.partial_fit(X[start : start + 1000])

    half, whole = seconds(lambda: learn(500_000), lambda: learn(1_000_000))
    yield row("partial_fit 10⁶ rows in 1,000 batches", whole, "half of them", half, "≈ 2 (linear)")


def strings():
    words = [f"word {i}" for i in np.random.default_rng(0).zipf(1.3, size=1_000_000)]
    ours, counter = seconds(lambda: mg.MemGEN(memory="hash").fit(words), lambda: Counter(words))
    yield row("hash memory, 10⁶ strings", ours, "collections.Counter", counter, "")


FROM_FILE = """
import sys, numpy as np, memgen_lite as mg
rows = np.memmap(sys.argv[1], dtype="float32", mode="r", shape=(2**24, 64))
model = mg.MemGEN(random_state=0).fit(rows)
for _ in range(10):
    model.sample(10_000)
status = open("/proc/self/status").read()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")))
"""


def from_file():
    """Anonymous memory after 100,000 draws from a file of 4 GiB (sparse, so that it takes no disk)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        with open(path, "wb") as file:
            file.truncate(2**32)
        out = subprocess.run([sys.executable, "-c", FROM_FILE, path], capture_output=True, text=True, check=True)
    return int(out.stdout) / 1024


def importing():
    def run(what):
        return lambda: subprocess.run([sys.executable, "-c", f"import {what}"], check=True)

    ours, numpy = seconds(run("memgen_lite, numpy"), run("numpy"), repeats=7)
    yield row("import memgen_lite and numpy", ours, "import numpy", numpy, "0.5 s more at most")


def growth():
    """Seconds of `fit` against the number of examples, for each memory: what notebook 01 draws."""
    for memory in ("list", "hash", "array"):
        for size in SIZES:
            X = np.random.default_rng(0).random((size, 8))
            repeats = 5 if size > 100_000 else 15
            (fit,) = seconds(lambda memory=memory, X=X: mg.MemGEN(memory=memory).fit(X), repeats=repeats)
            model = mg.MemGEN(memory=memory, random_state=0).fit(X)
            (draw,) = seconds(lambda model=model: model.sample(1000), repeats=repeats)
            yield {"memory": memory, "N": size, "fit, s": fit, "sample of 1,000, s": draw}


def main():
    parts = [fit_and_sample, batches, strings, importing]
    rows = [line for part in tqdm(parts, desc="memory") for line in part()]
    anonymous = from_file() if Path("/proc/self/status").exists() else float("nan")
    rows.append(
        {
            "what": "sampling from a 4 GiB file: anonymous MiB",
            "ours, s": anonymous,
            "beside": "",
            "its time, s": "",
            "ratio": "",
            "bound": "< 300",
        }
    )
    grown = list(tqdm(growth(), total=3 * len(SIZES), desc="growth"))
    store("memory", "What memorising costs", rows, growth=grown, machine=machine("scikit-learn"))
    print(table(rows))


if __name__ == "__main__":
    main()
