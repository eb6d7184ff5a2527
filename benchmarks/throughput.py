"""Rows a second that MemGEN and every peer of Figure 1 learn and generate, on digits, in one run.

Models take turns, so that a busy moment of the machine falls on all alike. The least time of a model is its own cost,
the median what a user meets; ratios are of least times, to those of MemGEN in an array.
"""

import time

from common import machine, store, table
from tqdm import tqdm

import memgen_lite as mg

SAMPLED = 10_000
REPEATS = 7

CLASSICAL = ("gaussian", "gmm", "kde", "pca_gaussian", "rbm")  # those that are fitted in seconds


def turn(model, X):
    """Seconds of one fit and of one sample."""
    start = time.perf_counter()
    model.fit(X)
    fitted = time.perf_counter()
    model.sample(SAMPLED)
    return fitted - start, time.perf_counter() - fitted


def main():
    X = mg.data.digits().train
    models = {f"MemGEN, {memory}": mg.MemGEN(memory=memory, random_state=0) for memory in ("array", "list", "hash")}
    models.update({name: mg.peers.peer(name, random_state=0) for name in CLASSICAL})
    for model in models.values():
        model.fit(X[:100]).sample(10)  # imports are paid here
    times = {name: [] for name in models}
    for _ in tqdm(range(REPEATS), desc="throughput"):
        for name, model in models.items():
            times[name].append(turn(model, X))
    rows = []
    for name, pairs in times.items():
        fit, sample = (sorted(column) for column in zip(*pairs, strict=True))
        rows.append(
            {
                "model": name,
                "fit, rows/s": len(X) / fit[0],
                "fit, s": fit[0],
                "fit, median s": fit[REPEATS // 2],
                "sample, rows/s": SAMPLED / sample[0],
                "sample, s": sample[0],
                "sample, median s": sample[REPEATS // 2],
            }
        )
    for row in rows:
        for act in ("fit", "sample"):
            row[f"{act} time over MemGEN's"] = row[f"{act}, s"] / rows[0][f"{act}, s"]
    title = f"Training on {len(X)} digits of {X.shape[1]} pixels and sampling {SAMPLED:,} rows, MemGEN beside its peers"
    store("throughput", title, rows, machine=machine("scikit-learn"), repeats=REPEATS)
    print(table(rows))


if __name__ == "__main__":
    main()
