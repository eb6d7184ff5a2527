"""What each memory remembers in time: five models and the exact lookup, on the tasks of Gemici et al. 2017.

`python benchmarks/memory_in_time.py [seeds]` trains what the record does not hold yet, seed by seed, and stores each
number when it has it: it may be stopped, and goes on where it was. `--try` trains briefly and stores nothing.
"""

import json
import sys

from common import RECORDS, machine, store, table  # sets the threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

TASKS = ("recall", "parity", "one-shot", "index", "cue", "navigation", "alternation", "varied", "located")
EXTRA = TASKS[7:]  # not among the paper's seven
MEMORIES = ("none", "introspection", "lru", "ntm", "dnc", "lookup")
TRY = "--try" in sys.argv
ROUNDS, TRAINED, TESTED = (20, 1024, 100) if TRY else (3000, 8192, 400)
MEASURED = ("identified", "before", "again", "bound", "cpu s")


def pictures(task):
    """Pictures and labels to train with, and those of which the sequences to test are made; no picture is in both."""
    if task == "one-shot":  # emoji in gray: each is a symbol of its own
        emoji = mg.data.emoji(16)
        return [(part.mean(axis=3) / 255, None) for part in (emoji.train, emoji.held_out)]
    digits = mg.data.digits()
    return [(digits.train / 16, digits.y), (digits.held_out / 16, digits.y_held_out)]


def made(task, part, n, seed):
    images, labels = part
    return mg.data.sequences("recall" if task == "one-shot" else task, images, labels, n, random_state=seed)


def trial(task, memory, seed):
    """One model trained anew: what it identified of the frames that came back, and what these told it, in nats."""
    train, held_out = pictures(task)
    train, test = made(task, train, TRAINED, seed + 1), made(task, held_out, TESTED, 99)
    slots = int(max(16, train.places.max() + 1))
    model = mg.peers.peer("temporal_model", memory=memory, slots=slots, rounds=ROUNDS, random_state=seed)
    model.fit(train.frames, given=train.given, places=train.places)
    if model.history_["round"][-1] != ROUNDS:
        sys.exit(f"{task}, {memory}, seed {seed}: stopped at round {model.history_['round'][-1]}, which is no result")
    out = model.follow(test.frames, given=test.given, places=test.places, random_state=0)
    divergence = out["divergence"]
    return {
        "identified": test.identified(out["drawn"]),
        "before": float(divergence[~test.again].mean()),
        "again": float(divergence[test.again].mean()),
        "bound": float(out["bound"].mean()),
        "cpu s": model.fit_seconds_,
        "chance": test.chance,
    }


def row(task, memory, trials):
    """A line of the table: means over the seeds, and the least and the most identified."""
    values = {name: [trial[name] for trial in trials] for name in (*MEASURED, "chance")}
    told = {"task": task, "memory": memory, "seeds": len(trials), "chance": values.pop("chance")[0]}
    told |= {name: float(np.mean(found)) for name, found in values.items()}
    return told | {"least": min(values["identified"]), "most": max(values["identified"]), "trials": trials}


def save(trials):
    rows = [
        row(task, memory, trials[task, memory]) for task in TASKS for memory in MEMORIES if (task, memory) in trials
    ]
    store(
        "memory_in_time",
        "Frames that come back, of pictures never trained on: share identified before they are seen, and nats that "
        f"they tell, after {ROUNDS} rounds",
        rows,
        summary=[{name: value for name, value in line.items() if name != "trials"} for line in rows],
        machine=machine("jax", "equinox", "optax"),
    )


def main():
    seeds = next((int(given) for given in sys.argv[1:] if given.isdigit()), 3)
    if TRY:
        print(table([row(task, "introspection", [trial(task, "introspection", 0)]) for task in ("recall", "one-shot")]))
        return
    path, trials = RECORDS / "memory_in_time.json", {}
    if path.exists():
        trials = {(line["task"], line["memory"]): line["trials"] for line in json.loads(path.read_text())["rows"]}
    cells = [
        (task, memory, seed)
        for seed in range(seeds)
        for task in TASKS
        for memory in MEMORIES
        if seed == 0 or task not in EXTRA
    ]
    for task, memory, seed in tqdm(cells, desc="models"):
        if len(trials.setdefault((task, memory), [])) == seed:
            trials[task, memory].append(trial(task, memory, seed))
            save({cell: found for cell, found in trials.items() if found})


if __name__ == "__main__":
    main()
