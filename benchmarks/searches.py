"""The nearest row, by this package and by others that are exact in name: what it costs, and how often it is right.

Each program searches 512 queries among 30,000 rows, of 64 and of 512 features, alone in a process and with one thread;
what it needs to be ready for the rows counts. Programs take turns. Then it is asked two questions whose answers are
known: is a copy of a row at distance 0, and is the nearest row the nearest one where all rows stand 100 standard
deviations from 0? `--try` takes small arrays and stores nothing.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from importlib.metadata import version

from common import among_other_programs, machine, store, table

TRY = "--try" in sys.argv
N, M, WIDTHS, ROUNDS = (2000, 64, (8,), 1) if TRY else (30_000, 512, (64, 512), 3)
OFFSET = 100.0  # standard deviations


def ours(points, queries):
    from memgen_lite.shared.neighbors import neighbors

    distances, rows = neighbors(queries, points)
    return distances[:, 0], rows[:, 0]


def faiss_flat(points, queries):
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    squares, rows = index.search(queries, 1)
    return squares[:, 0], rows[:, 0]


def scikit_learn(points, queries):
    from sklearn.neighbors import NearestNeighbors

    distances, rows = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(points).kneighbors(queries)
    return distances[:, 0], rows[:, 0]


def jax_top_k(points, queries):
    import jax

    with suppress(AttributeError):  # the function is compiled once a process, in the first round
        return jax_top_k.compiled(points, queries)

    @jax.jit
    def search(points, queries):
        squares = (points**2).sum(axis=1) - 2 * queries @ points.T + (queries**2).sum(axis=1)[:, None]
        least, rows = jax.lax.top_k(-squares, 1)
        return -least[:, 0], rows[:, 0]

    jax_top_k.compiled = lambda *arrays: tuple(map(jax.device_get, search(*arrays)))
    return jax_top_k.compiled(points, queries)


def usearch_exact(points, queries):
    from usearch.index import MetricKind, search

    found = search(points, queries, 1, MetricKind.L2sq, exact=True, threads=1)
    return found.distances[:, 0], found.keys[:, 0]


PROGRAMS = {
    "memgen_lite": (ours, None),
    "faiss Flat": (faiss_flat, "faiss-cpu"),
    "scikit-learn brute": (scikit_learn, "scikit-learn"),
    "JAX top_k": (jax_top_k, "jax"),
    "usearch exact": (usearch_exact, "usearch"),
}


def serve(name, width):
    """Answer a line with the seconds of a search, and in the end what it gets right."""
    import numpy as np

    search, _ = PROGRAMS[name]
    rng = np.random.default_rng(0)
    points, queries = (rng.standard_normal((n, width), dtype=np.float32) for n in (N, M))
    search(points, queries)  # imports and compilers are paid here
    for line in sys.stdin:
        if line.strip() == "right":
            break
        start, cpu = time.perf_counter(), time.process_time()
        search(points, queries)
        print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]), flush=True)
    zero, rows = search(points, points[:M].copy())
    far, asked = points + np.float32(OFFSET), queries + np.float32(OFFSET)
    exact = [np.einsum("ij,ij->i", gap, gap).argmin() for gap in (far.astype(float) - q for q in asked.astype(float))]
    found = {
        "copies at distance 0": float(np.mean((zero == 0) & (rows == np.arange(M)))),
        "nearest rows wrong, far from 0": float(np.mean(search(far, asked)[1] != exact)),
    }
    print(json.dumps(found), flush=True)


def main():
    if "--one" in sys.argv:
        serve(sys.argv[-2], int(sys.argv[-1]))
        return
    among_other_programs()
    rows = []
    for width in WIDTHS:
        settings = os.environ | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "LOKY_MAX_CPU_COUNT": "1"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "env": settings}
        command = [sys.executable, __file__, *(["--try"] if TRY else []), "--one"]
        running = {name: subprocess.Popen([*command, name, str(width)], **pipes) for name in PROGRAMS}

        def ask(name, what, running=running):
            print(what, file=running[name].stdin, flush=True)
            return json.loads(running[name].stdout.readline())

        times = {name: [] for name in running}
        for _ in range(ROUNDS):
            for name in running:
                times[name].append(ask(name, "time"))
        for name, process in running.items():
            seconds, cpu = map(min, zip(*times[name], strict=True))
            found = {"features": width, "program": name, "seconds": seconds, "CPU seconds": cpu}
            rows.append(found | ask(name, "right"))
            process.communicate()
    for row in rows:
        own = next(one for one in rows if (one["program"], one["features"]) == ("memgen_lite", row["features"]))
        row["CPU time over ours"] = row["CPU seconds"] / own["CPU seconds"]
    print(table(rows))
    if not TRY:
        title = f"The nearest of {N:,} normal rows to {M} queries, in single precision and with one thread"
        programs = [package for _, package in PROGRAMS.values() if package]
        store("searches", title, rows, machine=machine(*programs), versions={one: version(one) for one in programs})


if __name__ == "__main__":
    main()
