"""What it costs to find the longest runs of words that texts share, and how many pasted passages it takes to be seen.

The cost is that of 2 kB texts, which are walks through the prose of SciPy's docstrings, two words deciding on the next,
with a word by chance in seven: they share longer runs than written texts do. One generated text in twenty is a training
text. Each size is a process of its own, with one thread; its memory is all that the process ever holds.

The power is that of the audit's walk over these distances alone, at p <= .05, for texts of 60 to 110 words of the same
prose: 250 of them are trained on, 250 held out, and into some of 150 others a run of words is pasted, of a training
text, or of a text that is neither. The prose is cleared of paragraphs that share 8 words with an earlier one, or as it
is: docstrings repeat each other, so that one honest text in eight shares more than 15 words with a text of the pool,
and pasted passages are no longer what stands out. `--try` stores nothing.
"""

import json
import subprocess
import sys
import time
from collections import defaultdict
from itertools import pairwise

from common import machine, peak_memory, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite.auditing.measure import View, evidence_of
from memgen_lite.auditing.spans import span_nearness
from memgen_lite.auditing.walk import walk

TRY = "--try" in sys.argv
SIZES = [0.5, 1.0] if TRY else [2.5, 5.0, 10.0, 20.0]  # MB of training texts; the table has the one of 10
REPEATS = 4 if TRY else 200
PASTED = [  # from where, into how many texts, how many words, and whether the prose is cleared
    ("train", 10, 15, True),
    ("train", 5, 15, True),
    ("train", 10, 10, True),
    ("train", 10, 8, True),
    ("neither", 10, 15, True),
    ("none", 0, 0, True),
    ("train", 10, 15, False),
    ("train", 10, 30, False),
    ("none", 0, 0, False),
]
TRAIN, HELD_OUT, GENERATED = 250, 250, 150


def walks(n, rng):
    """Texts of 2 kB."""
    data = mg.data.prose()
    words = " ".join([*data.train, *data.held_out]).split()
    behind = defaultdict(list)
    for *before, word in zip(words, words[1:], words[2:], strict=False):
        behind[tuple(before)].append(word)
    for _ in range(n):
        text = list(words[(start := rng.integers(len(words) - 2)) : start + 2])
        length = sum(map(len, text))
        while length < 2000:
            choices = words if rng.random() < 1 / 7 else behind.get(tuple(text[-2:]), words)
            text.append(choices[rng.integers(len(choices))])
            length += len(text[-1]) + 1
        yield " ".join(text)


def measure(size):
    """What `--one` prints of one size."""
    n, rng = int(size * 500), np.random.default_rng(0)
    texts = list(walks(n + n // 10 + 475, rng))
    train, held_out, generated = texts[:n], texts[n : n + n // 10], [*texts[n + n // 10 :], *texts[:25]]
    start, cpu = time.perf_counter(), time.process_time()
    near = span_nearness(train, held_out, generated, rng=rng)
    return {
        "MB": size,
        "words": sum(len(text.split()) for text in train),
        "seconds": time.perf_counter() - start,
        "CPU seconds": time.process_time() - cpu,
        "process, MiB": peak_memory(),
        "copies found": int((near.row[-25:] == np.arange(25)).sum()),
    }


def pieces(cleared):
    """Texts of 60 to 110 words, lists of words."""
    data, rng, seen, words = mg.data.prose(), np.random.default_rng(0), set(), []
    for text in [*data.train, *data.held_out]:
        found = text.split()
        runs = {" ".join(found[i : i + 8]).lower() for i in range(len(found) - 7)}
        words += [] if cleared and runs & seen else found
        seen |= runs
    ends = np.cumsum(rng.integers(60, 111, size=len(words) // 60))
    return [words[low:high] for low, high in pairwise(ends) if high <= len(words)]


def p_values(near, rng):
    """P-values of the audit's three looks together, and of the walk and closeness alone."""
    units, place = np.unique(near.rows, return_inverse=True)
    view = View(near, place.reshape(near.rows.shape), len(units), None)
    scores, _, evidence, _ = evidence_of([view], [1.0], ["spans"])
    weights = np.bincount(view.place[:, 0], minlength=len(units))
    found = walk(scores, units < TRAIN, weights, (TRAIN, HELD_OUT), evidence=evidence, rng=rng)
    alone = (np.mean(np.round(found.parts[name], 9) >= np.round(found.parts[name][0], 9)) for name in found.parts)
    return found.p_value, *alone, np.sum(found.named | found.suspects)


def power(source, copies, length, cleared):
    texts, found, nearest = pieces(cleared), [], []
    for seed in range(REPEATS):
        rng = np.random.default_rng(seed)
        mixed = [texts[i] for i in rng.permutation(len(texts))]
        train, held_out, generated, rest = (
            mixed[:TRAIN],
            mixed[TRAIN : TRAIN + HELD_OUT],
            mixed[TRAIN + HELD_OUT :][:GENERATED],
            mixed[TRAIN + HELD_OUT + GENERATED :],
        )
        for i in range(copies):
            one = (train if source == "train" else rest)[i]
            start, place = (rng.integers(len(text) - length + 1) for text in (one, generated[i]))
            generated[i] = [*generated[i][:place], *one[start : start + length], *generated[i][place + length :]]
        near = span_nearness(*([" ".join(text) for text in side] for side in (train, held_out, generated)), rng=rng)
        found.append(p_values(near, rng))
        nearest.append(np.mean(near.row[:copies] == np.arange(copies)) if source == "train" else np.nan)
    p, on_walk, close, lean, named = np.transpose(found)
    return {
        "prose": "cleared" if cleared else "as it is",
        "pasted from": source,
        "texts": copies,
        "words": length if copies else None,
        **{
            name: float(np.mean(values <= 0.05))
            for name, values in (("p <= .05", p), ("walk", on_walk), ("closeness", close), ("lean", lean))
        },
        "rows named": float(named.mean()),
        "source is nearest": float(np.mean(nearest)) if source == "train" else None,
    }


def main():
    if "--one" in sys.argv:
        print(json.dumps(measure(float(sys.argv[-1]))))
        return
    grown = []
    for size in tqdm(SIZES, desc="sizes"):
        command = [sys.executable, __file__, "--one", str(size)]
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        grown.append(json.loads(out.stdout.splitlines()[-1]))
    full = next((line for line in grown if line["MB"] == 10), grown[-1])
    rows = [
        {"what": name, "measured": full[name], "bound": bound}
        for name, bound in (("seconds", "< 60"), ("CPU seconds", ""), ("process, MiB", "< 2,048"))
    ]
    seen = [power(*pasted) for pasted in tqdm(PASTED, desc="power")]
    print(*map(table, (rows, grown, seen)), sep="\n\n")
    if not TRY:
        store(
            "spans",
            f"Longest common runs of words: {full['MB']:g} MB of training texts, a tenth held out, 500 generated",
            rows,
            machine=machine("scipy"),
            tables={
                "Growth: MB of training texts": grown,
                f"Power at p <= .05, {REPEATS} audits each, of {GENERATED} generated texts of 60 to 110 words": seen,
            },
        )


if __name__ == "__main__":
    main()
