"""What `mg.audit` costs where its rows lie in files, beside the same rows in memory, in one run.

Every measurement is a process of its own. Rows that lie in files are read several times over, and of Parquet and Zarr
unpacked each time: that is what less memory costs. `--try` takes small arrays and stores nothing.
"""

import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from common import machine, peak_memory, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

TRY = "--try" in sys.argv
N, M, WIDTH, FILES = (8000, 500, 64, 4) if TRY else (100_000, 2000, 512, 8)
KINDS = {
    "arrays": lambda folder, role: np.load(folder / f"{role}.npy"),
    "memory maps": lambda folder, role: np.load(folder / f"{role}.npy", mmap_mode="r"),
    "shards, .npy": lambda folder, role: mg.shards(folder / f"{role}-*.npy"),
    "shards, Parquet": lambda folder, role: mg.shards(folder / f"{role}-*.parquet"),
    "shards, Zarr": lambda folder, role: mg.shards(folder / f"{role}.zarr"),
    "shards, .npy, by two processes": lambda folder, role: mg.shards(folder / f"{role}-*.npy"),
}


def save(folder):
    """The same normal rows in each kind of file; one generated row in twenty is a training row, moved a little."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    import zarr

    rng = np.random.default_rng(0)
    train, held_out = (rng.standard_normal((N, WIDTH), dtype=np.float32) for _ in range(2))
    generated = rng.standard_normal((M, WIDTH), dtype=np.float32)
    copied = np.arange(M // 20)
    generated[copied] = train[copied] + np.float32(0.1) * generated[copied]
    np.save(folder / "generated.npy", generated)
    for role, X in (("train", train), ("held_out", held_out)):
        np.save(folder / f"{role}.npy", X)
        for i, part in enumerate(np.array_split(X, FILES)):
            np.save(folder / f"{role}-{i}.npy", part)
            lists = pa.FixedSizeListArray.from_arrays(part.ravel(), WIDTH)
            pq.write_table(pa.table({"x": lists}), folder / f"{role}-{i}.parquet", row_group_size=4096)
        array = zarr.create_array(folder / f"{role}.zarr", shape=X.shape, dtype=X.dtype, chunks=(4096, WIDTH))
        array[:] = X


def measure(folder, kind):
    rows = [KINDS[kind](folder, role) for role in ("train", "held_out")]
    generated = np.load(folder / "generated.npy")
    mg.audit(*np.random.default_rng(0).normal(size=(3, 60, 40)))  # imports are paid here
    engine = None
    if kind.endswith("processes"):
        engine = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
        list(engine.map(abs, range(2)))
    before, start, cpu = peak_memory(), time.perf_counter(), time.process_time()
    found = mg.audit(*rows, generated, engine=engine)
    measured = {"seconds": time.perf_counter() - start, "CPU seconds": time.process_time() - cpu}
    if engine is not None:
        engine.shutdown()
        measured["CPU seconds"] = None  # most of them are of other processes
    digest = hashlib.sha256(found.to_json().encode()).hexdigest()
    return measured | {"MiB beside the rows in memory": peak_memory() - before, "result": digest[:8]}


def main():
    if "--one" in sys.argv:
        print(json.dumps(measure(Path(sys.argv[-2]), sys.argv[-1])))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder))
        for kind in tqdm(KINDS, desc="shards"):
            command = [sys.executable, __file__, *(["--try"] if TRY else []), "--one", folder, kind]
            settings = os.environ | {"LOKY_MAX_CPU_COUNT": "1"}
            runs = []
            for _ in range(1 if TRY else 2):
                out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=settings)
                runs.append(json.loads(out.stdout.splitlines()[-1]))
            rows.append({"rows lie in": kind} | min(runs, key=lambda run: run["seconds"]))
    if len({row["result"] for row in rows}) > 1:
        sys.exit(f"results differ: {rows}")
    for row in rows:
        del row["result"]
    print(table(rows))
    if not TRY:
        each = f"{N:,} training and {N:,} held-out rows, {M:,} generated, {WIDTH} features of 32 bits"
        title = f"mg.audit of rows in files: {each}; one thread a process, and the same result each time"
        store("shards", title, rows, machine=machine("dask", "pyarrow", "zarr", "scipy"))


if __name__ == "__main__":
    main()
