"""A search and an audit of rows that lie on a graphics card, beside the same of NumPy's arrays: time, and equality.

The search has four threads of the processor at the most, the audit one for each of its cores.

Where there is no card, or no library that finds one, it says so and stores nothing.
"""

import importlib
import os
import sys
import time

os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # several libraries share the card
from common import machine, store, table  # sets the number of threads, so before NumPy

# isort: split
os.environ.pop("JAX_PLATFORMS", None)
import warnings

import numpy as np

import memgen_lite as mg
from memgen_lite.shared.devices import card_of, excess, on
from memgen_lite.shared.neighbors import neighbors

SIZES = {"train": 100_000, "held_out": 100_000, "generated": 20_000}
WIDTH, K, ROUNDS = 512, 6, 1


def with_torch():
    import torch

    if not torch.cuda.is_available():
        return
    for precision in ("highest", "high", "medium"):
        torch.set_float32_matmul_precision(precision)
        yield f"PyTorch {torch.__version__}, precision {precision}", lambda X: torch.from_numpy(X).cuda()
    torch.set_float32_matmul_precision("highest")


def with_cupy():
    import cupy

    if cupy.cuda.runtime.getDeviceCount():
        yield f"CuPy {cupy.__version__}", cupy.asarray


def with_jax():
    import jax

    if jax.default_backend() != "cpu":
        yield f"JAX {jax.__version__}", jax.numpy.asarray


def name_of_card():
    try:
        return importlib.import_module("torch").cuda.get_device_name()
    except (ImportError, RuntimeError, AssertionError):
        return "unknown"


def shortest(function):
    """What it gives, and the shortest time of a few rounds; the first one compiles."""
    best = np.inf
    for _ in range(1 + ROUNDS):
        start = time.perf_counter()
        found = function()
        best = min(best, time.perf_counter() - start)
    return found, best


def measured(name, samples, expected=None):
    pool, queries = np.concatenate([PLAIN["train"], PLAIN["held_out"]]), PLAIN["generated"]
    device = card_of(samples["train"])

    def search():
        with on(device) if device else warnings.catch_warnings():
            return neighbors(queries, pool, K, return_ties=True)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        near, seconds = shortest(search)
        audit, whole = shortest(lambda: mg.audit(*samples.values(), random_state=0).to_json())
    line = {
        "arrays of": name,
        "error / allowed": round(excess(device, WIDTH), 3) if device else "",
        "search, s": round(seconds, 2),
        "audit, s": round(whole, 2),
        "products": "here" if device is None or any("computed here" in str(one.message) for one in told) else "there",
    }
    line["the same bytes"] = ""
    if expected is not None:
        same = [np.array_equal(a, b) for a, b in zip(near, expected[0], strict=True)] + [audit == expected[1]]
        line["the same bytes"] = "yes" if all(same) else f"no: {same}"
    print(line, flush=True)
    return line, (near, audit)


def main():
    cards = []
    for module, ways in (("torch", with_torch), ("cupy", with_cupy), ("jax", with_jax)):
        try:
            importlib.import_module(module)
        except ImportError:
            continue
        cards.append(ways)
    found = [(ways, next(iter(ways()), None)) for ways in cards]
    if not any(first for _, first in found):
        print("not run: no GPU")
        return
    rng = np.random.default_rng(0)
    for role, n in SIZES.items():
        PLAIN[role] = rng.standard_normal((n, WIDTH), dtype=np.float32)
    PLAIN["generated"][:1000] = PLAIN["train"][:1000]
    line, expected = measured("NumPy", PLAIN)
    rows = [line]
    for ways, first in found:
        for name, put in ways() if first else ():
            rows.append(measured(name, {role: put(X) for role, X in PLAIN.items()}, expected)[0])
    sizes = " + ".join(f"{SIZES[role]:,}" for role in ("train", "held_out"))
    title = f"Rows on a graphics card: {sizes} x {SIZES['generated']:,} x {WIDTH}, float32"
    store("gpu", title, rows, machine=machine("scipy") | {"gpu": name_of_card()})
    print(table(rows))


PLAIN = {}

if __name__ == "__main__":
    sys.exit(main())
