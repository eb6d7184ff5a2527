"""What an audit of N + K rows in shards will cost with an engine: seconds, bytes read and memory; and if that is so.

The model has two kinds of seconds. Those of the workers are for what is done to each part of the rows, and as many
workers as there are share them. Those of the caller are for what is done where `mg.audit` is called, whatever the
number of workers. Each is a sum of terms, a number of rows or products or such, times what one of them takes; what one
takes is found by least squares from small audits of this run, `SMALL`. Memory is what the caller holds of each row, and
the larger of what a worker takes for its part and what the caller takes when it looks at samples, as Python counts it;
caller and one worker are one process there. What is predicted of the audits of `LARGE`, which no term was fitted to, is
held against what they take. `--try` takes few audits and stores nothing. `MEMGEN_COST_RUNS=FILE` keeps the small audits
in a file, and takes them from there the next time.

A row of the record: N + K, M, d, dtype, workers, and predicted and measured seconds, GB read and MiB. `projected` has
such predictions for more rows than this machine holds; `assumed` is what they take for granted; `model` is by kind and
term what one of them takes.
"""

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
import time
import tracemalloc
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from itertools import product
from pathlib import Path

from common import machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from scipy.optimize import least_squares, nnls
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite.shared.shards import Shards

TRY = "--try" in sys.argv
PART = 2**26  # bytes of the part that a worker is given
SMALL = [  # N + K, M, d, bytes of a part
    (10_000, 500, 32, PART),
    (10_000, 2000, 256, 2**20),
    (30_000, 1000, 64, PART),
    (30_000, 1000, 512, PART),
    (60_000, 500, 128, PART),
    (60_000, 3000, 64, 2**20),
    (20_000, 5000, 128, PART),
    (40_000, 2000, 1024, PART),
    (120_000, 1000, 32, PART),
    (60_000, 2000, 512, 2**22),
    (12_000, 500, 1024, PART),
    (12_000, 6000, 512, PART),
    (300_000, 500, 64, PART),
    (2_000_000, 300, 4, 2**20),
]
LARGE = [  # N + K, M, d, dtype, workers
    (240_000, 2500, 384, "float32", 1),
    (480_000, 3000, 96, "float16", 1),
    (800_000, 1500, 80, "float32", 2),
    (160_000, 5000, 640, "float16", 2),
]
if TRY:
    SMALL, LARGE = SMALL[:3], [(40_000, 1000, 64, "float32", 1)]
DTYPES = ("float32", "float16")
PROJECTED = [(10**power, 10_000, 768, "float16", workers) for power in (7, 8, 9) for workers in (2, 64, 1024)]
ASSUMED = {"dollars for a core and an hour": 0.05, "GB a second that each core reads": 0.1}

WORKERS = {
    "number of a row": lambda rows, M, d, parts: rows * d,
    "row": lambda rows, M, d, parts: rows,
    "pair of a row and a generated row": lambda rows, M, d, parts: rows * M,
    "product of two numbers": lambda rows, M, d, parts: rows * M * d,
    "part": lambda rows, M, d, parts: parts,
    "generated row, for a part": lambda rows, M, d, parts: parts * M,
}
CALLER = {
    "audit": lambda rows, M, d, parts: 1,
    "row": lambda rows, M, d, parts: rows,
    "generated row": lambda rows, M, d, parts: M,
    "number of a generated row": lambda rows, M, d, parts: M * d,
    "pair of features": lambda rows, M, d, parts: d * d,
    "generated row, for a part": lambda rows, M, d, parts: parts * M,
    "number of a generated row, for a part": lambda rows, M, d, parts: parts * M * d,
}
HELD = {  # by the caller all along
    "row": lambda rows, M, d, parts: rows,
}
WORKING = {  # by a worker, in MiB
    "audit": lambda rows, M, d, parts: 1,
    "number of a part": lambda rows, M, d, parts: rows * d / parts,
    "generated row": lambda rows, M, d, parts: M,
}
LOOKING = {  # by the caller when it looks at samples, in MiB
    "audit": lambda rows, M, d, parts: 1,
    "generated row": lambda rows, M, d, parts: M,
    "number of a sample of 10,000": lambda rows, M, d, parts: min(rows, 10_000) * d,
    "number of 10,000 generated rows": lambda rows, M, d, parts: min(M, 10_000) * d,
}
READ = {  # in numbers of rows; a worker reads its part once for each 4,096 generated rows
    "row": lambda rows, M, d, parts: rows,
    "row, for 4,096 generated rows": lambda rows, M, d, parts: rows * -(-M // 4096),
    "row of a sample of 10,000": lambda rows, M, d, parts: min(rows, 10_000),
}


class Here(Executor):
    """An engine whose one worker is this process: what is sent is pickled, and what the worker does is timed."""

    seconds = 0.0

    def submit(self, function, /, *args):
        sent = pickle.dumps((function, args))
        start, done = time.perf_counter(), Future()
        function, args = pickle.loads(sent)
        done.set_result(function(*args))
        self.seconds += time.perf_counter() - start
        return done


def save(folder, rows, M, d, dtype):
    """Normal rows in eight files; one generated row in twenty is a training row, moved a little."""
    rng = np.random.default_rng(0)
    generated = rng.standard_normal((M, d), dtype=np.float32)
    for role in ("train", "held_out"):
        for i in range(4):
            part = rng.standard_normal((rows // 8, d), dtype=np.float32)
            if (role, i) == ("train", 0):
                generated[: M // 20] = part[: M // 20] + np.float32(0.1) * generated[: M // 20]
            np.save(folder / f"{role}-{i}.npy", part.astype(dtype))
    np.save(folder / "generated.npy", generated.astype(dtype))


def measure(folder, workers, nbytes, traced):
    """What `--one` prints of one audit; 0 workers are the one of this process, whose seconds are told apart."""
    train, held_out = (mg.shards(folder / f"{role}-*.npy") for role in ("train", "held_out"))
    generated = np.load(folder / "generated.npy")
    read, reads = 0, Shards._read

    def counted(self, i, rows):
        nonlocal read
        found = reads(self, i, rows)
        read += found.nbytes
        return found

    Shards._read = counted
    Shards.groups.__defaults__ = (nbytes,)
    few = [mg.shards(X) for X in np.random.default_rng(0).normal(size=(2, 60, 40))]
    mg.audit(*few, np.zeros((60, 40)), engine=Here())  # imports are paid here
    engine = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) if workers else Here()
    if workers:
        for _ in engine.map(_import, range(8 * workers)):
            pass
    if traced:
        tracemalloc.start()
    read, start = 0, time.perf_counter()
    mg.audit(train, held_out, generated, engine=engine)
    seconds = time.perf_counter() - start
    if traced:
        return {"MiB": tracemalloc.get_traced_memory()[1] / 2**20}
    if workers:
        engine.shutdown()
        return {"seconds": seconds}
    return {"seconds": seconds, "bytes": read, "workers": engine.seconds, "caller": seconds - engine.seconds}


def _import(_):
    import memgen_lite.shared.search  # noqa: F401 - what a worker imports it imports once

    time.sleep(0.1)  # so that each of them is given some


def process(rows, M, d, dtype, workers=0, nbytes=PART, traced=False):
    """One measurement, in a process of its own; every process has one thread."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder), rows, M, d, dtype)
        command = [sys.executable, __file__, "--one", folder, *map(str, (workers, nbytes, int(traced)))]
        settings = os.environ | {"LOKY_MAX_CPU_COUNT": "1"}
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=settings)
    return json.loads(out.stdout.splitlines()[-1])


def fitted(terms, sizes, measured):
    """What one of each term takes, at least 0: relative errors are least, and those of what takes long count more."""
    X = np.array([[term(*size) for term in terms.values()] for size in sizes], dtype=float)
    weights = np.array(measured) ** -0.7
    found, _ = nnls(X * weights[:, None], measured * weights)
    return dict(zip(terms, found, strict=True))


def fitted_memory(sizes, measured):
    """By stage what one of each term takes: what is held, and the larger of what a worker and the caller take."""
    stages = (HELD, WORKING, LOOKING)
    X = [np.array([[term(*size) for term in terms.values()] for size in sizes], dtype=float) for terms in stages]
    scales, ends = [of.max(axis=0) for of in X], np.cumsum([len(terms) for terms in stages])[:-1]

    def errors(values):
        values = np.split(values, ends)
        held, working, looking = (of / scale @ value for of, scale, value in zip(X, scales, values, strict=True))
        return (held + np.maximum(working, looking)) / measured - 1

    # Which of the two is larger where is not known before, so there are several places to start from.
    level = np.median(measured)
    starts = [[level / 10, *others] for others in product([level / 5, level], repeat=ends[-1] + len(LOOKING) - 1)]
    found = min((least_squares(errors, start, bounds=(0, np.inf)) for start in starts), key=lambda one: one.cost)
    found = np.split(found.x, ends)
    return {
        kind: dict(zip(terms, value / scale, strict=True))
        for kind, terms, value, scale in zip(("held", "working", "looking"), stages, found, scales, strict=True)
    }


def total(terms, model, size):
    return sum(model[name] * term(*size) for name, term in terms.items())


def parts_of(rows, d, dtype, nbytes=PART):
    """How many parts there are, of two sides."""
    return 2 * -(-(rows // 2) * d * np.dtype(dtype).itemsize // nbytes)


def model_of(runs):
    """By kind, and for what depends on it by dtype, what one of each term takes."""
    model = {}
    sizes = [run["size"] for run in runs]
    for kind, terms in (("caller", CALLER), ("rows read", READ)):
        model[kind] = fitted(terms, sizes, [run[kind] for run in runs])
    traced = fitted_memory(sizes, [run["MiB"] for run in runs])
    model |= {f"MiB, {kind}": terms for kind, terms in traced.items()}
    for dtype in DTYPES:
        own = [run for run in runs if run["dtype"] == dtype]
        model[f"workers, {dtype}"] = fitted(WORKERS, [run["size"] for run in own], [run["workers"] for run in own])
    return model


def predicted(model, rows, M, d, dtype, workers):
    size = rows, M, d, parts_of(rows, d, dtype)
    return {
        "seconds of the caller": total(CALLER, model["caller"], size),
        "seconds of all workers": total(WORKERS, model[f"workers, {dtype}"], size),
        "GB read": total(READ, model["rows read"], size) * d * np.dtype(dtype).itemsize / 1e9,
        "MiB": total(HELD, model["MiB, held"], size)
        + max(total(WORKING, model["MiB, working"], size), total(LOOKING, model["MiB, looking"], size)),
    }


def compared(model):
    """Rows for the table: what was predicted and what was measured of the larger audits."""
    for rows, M, d, dtype, workers in tqdm(LARGE, desc="cost_model, larger"):
        said = predicted(model, rows, M, d, dtype, workers)
        run = process(rows, M, d, dtype) | process(rows, M, d, dtype, traced=True)
        wall = min(process(rows, M, d, dtype, workers)["seconds"] for _ in range(2))
        yield {"N + K": f"{rows:,}", "M": f"{M:,}", "d": d, "dtype": dtype, "workers": workers} | {
            "seconds, predicted": said["seconds of the caller"] + said["seconds of all workers"] / workers,
            "seconds": wall,
            "GB read, predicted": said["GB read"],
            "GB read": run["bytes"] / 1e9,
            "MiB, predicted": said["MiB"],
            "MiB": run["MiB"],
        }


def projected(model):
    """Rows for the table of what is too large for this machine."""
    price, speed = ASSUMED.values()
    for rows, M, d, dtype, workers in PROJECTED:
        said = predicted(model, rows, M, d, dtype, workers)
        work, reading = said["seconds of all workers"] / workers, said["GB read"] / (speed * workers)
        hours = (said["seconds of the caller"] + max(work, reading)) / 3600
        yield {"N + K": f"{rows:,}", "workers": f"{workers:,}", "hours": hours} | {
            "hours of the caller": said["seconds of the caller"] / 3600,
            "hours of a worker": work / 3600,
            "hours of reading": reading / 3600,
            "GB read": round(said["GB read"]),
            "GB of the caller": said["MiB"] / 1024,
            "dollars": hours * (workers + 1) * price,
        }


def main():
    if "--one" in sys.argv:
        folder, *settings = sys.argv[sys.argv.index("--one") + 1 :]
        print(json.dumps(measure(Path(folder), *map(int, settings))))
        return
    kept = Path(os.environ.get("MEMGEN_COST_RUNS", ""))  # the small audits of another time
    runs = json.loads(kept.read_text()) if kept.is_file() else []
    for dtype in DTYPES if not runs else ():
        for rows, M, d, nbytes in tqdm(SMALL, desc=f"cost_model, {dtype}"):
            turns = [process(rows, M, d, dtype, nbytes=nbytes) for _ in range(1 if TRY else 2)]
            best = min(turns, key=lambda turn: turn["seconds"])
            best |= process(rows, M, d, dtype, nbytes=nbytes, traced=True)
            best["rows read"] = best["bytes"] / (d * np.dtype(dtype).itemsize)
            runs.append(best | {"dtype": dtype, "size": (rows, M, d, parts_of(rows, d, dtype, nbytes))})
    if kept.name:
        kept.write_text(json.dumps(runs))
    model = model_of(runs)
    print(json.dumps(model, indent=1))
    rows = list(compared(model))
    print(table(rows))
    more = list(projected(model))
    print(table(more))
    if not TRY:
        title = "What an audit with an engine costs, predicted from smaller ones and measured"
        assumed = ", ".join(f"{value:g} {name}" for name, value in ASSUMED.items())
        tables = {f"Projected: 10,000 generated rows, 768 features of 16 bits; {assumed} are assumed": more}
        store("cost_model", title, rows, machine=machine("scipy"), model=model, assumed=ASSUMED, tables=tables)


if __name__ == "__main__":
    main()
