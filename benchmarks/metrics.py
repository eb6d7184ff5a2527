"""What the metrics cost: beside other programs' on the same arrays, and against rows, features and memory.

Runs in the environment of `make conformance`, which has the programs. First both must give the same number, to 1e-6;
then they take turns, each measurement in a process of its own, so that its peak memory is its own: the most that the
process held beyond what it held when its arrays were there. One BLAS thread; prdc, and our search of neighbors, start
threads of their own beside it. `--try` takes small arrays and stores nothing.

`metrics.json` holds, beside the rows of that table, `growth`: dicts of metric, axis ("N" or "d"), rows, features,
seconds, MiB; and `tables`, the slopes of the logarithms over the upper half of each axis.
"""

import functools
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import among_other_programs, declare_torchvision, machine, peak_memory, store, table

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite.metrics.transport import unit_vectors

M = mg.metrics
PRDC = ("precision", "recall", "density", "coverage")
TRY = "--try" in sys.argv


def normal(rows, features):
    """Two normal samples, the one of correlated features."""
    rng = np.random.default_rng(0)
    mix = np.eye(features) + 0.3 * rng.normal(size=(features, features)) / np.sqrt(features)
    return rng.normal(size=(rows, features)) @ mix, rng.normal(size=(rows, features))


@functools.lru_cache(maxsize=1)
def saved(rows, features):
    """A folder with these arrays: a process that loads them holds no more than them."""
    folder = tempfile.TemporaryDirectory()
    for name, X in zip("XY", normal(rows, features), strict=True):
        np.save(Path(folder.name) / f"{name}.npy", X)
    return folder


# Ours ----------------------------------------------------------------------------------------------


def all_four(X, Y):
    shared = mg.neighbors.Neighborhoods()
    return [M.compute(name, train=X, generated=Y, neighborhoods=shared) for name in PRDC]


def one(name, **options):
    return lambda X, Y: M.compute(name, train=X, generated=Y, **options)


def authenticity(X, Y):
    return M.authenticity(X, None, Y)


# Theirs --------------------------------------------------------------------------------------------


def clean_fid(X, Y):
    declare_torchvision()
    from cleanfid.fid import fid_from_feats

    return lambda: fid_from_feats(X, Y)


def torch_fidelity(X, Y):
    declare_torchvision()
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    return lambda: fid_statistics_to_metric(
        *(fid_features_to_statistics(torch.from_numpy(Z)) for Z in (X, Y)), verbose=False
    )["frechet_inception_distance"]


def clean_kid(subsets, size):
    def prepare(X, Y):
        declare_torchvision()
        from cleanfid.fid import kernel_distance

        return lambda: kernel_distance(X, Y, num_subsets=subsets, max_subset_size=size)

    return prepare


def prdc(X, Y):
    from prdc import compute_prdc

    return lambda: list(compute_prdc(X, Y, nearest_k=5).values())


def pot(X, Y):
    from ot import sliced_wasserstein_distance

    directions = unit_vectors(500, X.shape[1], np.random.default_rng(0))
    return lambda: sliced_wasserstein_distance(X, Y, projections=directions.T)


OURS = {
    "frechet": one("frechet"),
    "four": all_four,
    "mmd_poly": one("mmd_poly"),
    "sliced_wasserstein": one("sliced_wasserstein"),
    "authenticity": authenticity,
    "energy": one("energy"),
}
THEIRS = {
    "clean-fid": clean_fid,
    "torch-fidelity": torch_fidelity,
    "clean-fid, all pairs": clean_kid(1, 10**9),
    "clean-fid, 100 subsets of 1,000": clean_kid(100, 1000),
    "prdc": prdc,
    "pot": pot,
}
# what is compared, ours, the other, rows, features, what must hold of the ratio of times; of the ratio of memory
ROWS, D = (300, 64) if TRY else (4096, 2048)
N = 1500 if TRY else 10_000
SINGULAR = 40 if TRY else 1000
COMPARED = [
    ("Fréchet distance, with covariances", "frechet", "clean-fid", ROWS, D, "≥ 6", ""),
    ("Fréchet distance, with covariances", "frechet", "torch-fidelity", ROWS, D, "", ""),
    ("Fréchet distance, singular covariances", "frechet", "clean-fid", SINGULAR, D, "", ""),
    ("Fréchet distance, with covariances", "frechet", "clean-fid", N, D, "", ""),
    ("precision, recall, density, coverage", "four", "prdc", N, 64, "≥ 5", "≥ 10"),
    ("kernel distance, all pairs", "mmd_poly", "clean-fid, all pairs", N, 64, "", ""),
    ("kernel distance, all pairs beside subsets", "mmd_poly", "clean-fid, 100 subsets of 1,000", N, 64, "> 1", ""),
    ("kernel distance, all pairs beside subsets", "mmd_poly", "clean-fid, 100 subsets of 1,000", N, D, "> 1", ""),
    ("sliced Wasserstein, 500 directions", "sliced_wasserstein", "pot", N, 64, "≥ 1", ""),
]
ANOTHER_ESTIMATE = "100 subsets"  # its number is not meant to be ours


def measure(name, folder):
    """What `--one` prints: the value of one function, its seconds, and the memory it took beyond its arrays."""
    X, Y = (np.load(Path(folder) / f"{array}.npy") for array in "XY")
    run = THEIRS[name](X, Y) if name in THEIRS else lambda: OURS[name](X, Y)
    small = normal(50, 4)
    (THEIRS[name](*small) if name in THEIRS else lambda: OURS[name](*small))()  # imports are paid here
    before, start = peak_memory(), time.perf_counter()
    value = run()
    took = time.perf_counter() - start
    held = peak_memory()
    return {"value": np.atleast_1d(value).tolist(), "seconds": took, "MiB": held - before, "process, MiB": held}


def process(name, rows, features):
    command = [sys.executable, __file__, "--one", name, saved(rows, features).name]
    out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])


def rounds(names, rows, features, enough):
    """Up to three rounds in which all take their turn; no further one after `enough` seconds."""
    start, found = time.perf_counter(), []
    while not found or (not TRY and len(found) < 3 and time.perf_counter() - start < enough):
        found.append([process(name, rows, features) for name in names])
    return found


def best(runs):
    return {key: min(run[key] for run in runs) for key in ("seconds", "MiB", "process, MiB")}


def compared(what, mine, other, rows, features, faster, smaller):
    runs = rounds((mine, other), rows, features, enough=40)
    a, b = np.array(runs[0][0]["value"]), np.array(runs[0][1]["value"])
    difference = float(np.max(np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))))
    if difference > 1e-6 and ANOTHER_ESTIMATE not in other:
        sys.exit(f"{what}: ours is {a}, that of {other} {b}")
    our, their = (best(column) for column in zip(*runs, strict=True))
    return {
        "what": what,
        "rows × features": f"{rows:,} × {features:,}",
        "beside": other,
        "difference": "another estimate" if ANOTHER_ESTIMATE in other else difference,
        "ours, s": our["seconds"],
        "its, s": their["seconds"],
        "times as fast": their["seconds"] / our["seconds"],
        "must be": faster,
        "ours, MiB": our["MiB"],
        "its, MiB": their["MiB"],
        "of its memory": f"1/{their['MiB'] / max(our['MiB'], 1):.1f}",
        "must be at most": "1/10" if smaller else "",
    }


GROWTH = ("frechet", "sliced_wasserstein", "energy", "mmd_poly", "authenticity", "four")
AXES = {
    "N": [(n, 32) for n in ([300, 1000] if TRY else [1000, 3000, 10_000, 30_000, 100_000])],
    "d": [(3000, d) for d in ([4, 64] if TRY else [2, 8, 32, 128, 512, 2048])],
}


def growth():
    points = [(name, axis, *size) for axis, sizes in AXES.items() for size in sizes for name in GROWTH]
    for name, axis, rows, features in tqdm(points, desc="growth"):
        run = best([found for (found,) in rounds((name,), rows, features, enough=5)])
        shown = "precision, recall, density, coverage" if name == "four" else name
        yield {"metric": shown, "axis": axis, "rows": rows, "features": features} | {
            key: run[key] for key in ("seconds", "MiB")
        }


def slopes(points):
    """The slope of log seconds, and of log MiB, against log size over the upper half of each axis; and its ends."""
    for axis in AXES:
        for name in dict.fromkeys(point["metric"] for point in points):
            line = [point for point in points if (point["axis"], point["metric"]) == (axis, name)]
            upper = line[len(line) // 2 :]
            size = np.log([point["rows"] if axis == "N" else point["features"] for point in upper])
            slope, memory = (  # of memory, what is below 1 MiB is taken for 1
                np.polyfit(size, np.log([max(point[key], least) for point in upper]), 1)[0] if len(upper) > 1 else 0.0
                for key, least in (("seconds", 1e-6), ("MiB", 1.0))
            )
            last = upper[-1]
            yield {
                "metric": name,
                "against": f"{axis} from {np.exp(size[0]):,.0f} to {np.exp(size[-1]):,.0f}",
                "slope of log s": slope,
                "slope of log MiB": memory,
                "at the end, s": last["seconds"],
                "at the end, MiB": last["MiB"],
            }


def main():
    if "--one" in sys.argv:
        print(json.dumps(measure(*sys.argv[sys.argv.index("--one") + 1 :])))
        return
    among_other_programs()
    rows = [compared(*line) for line in tqdm(COMPARED, desc="metrics")]
    print(table(rows))
    points = list(growth())
    steep = list(slopes(points))
    print(table(steep))
    if not TRY:
        programs = ("scipy", "scikit-learn", "pot", "prdc", "clean-fid", "torch-fidelity")
        title = "What the metrics cost, beside other programs on the same arrays"
        grown = "Growth: N rows of each sample at 32 features, d features at 3,000 rows"
        store("metrics", title, rows, machine=machine(*programs), growth=points, tables={grown: steep})


if __name__ == "__main__":
    main()
