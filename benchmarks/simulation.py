"""Does the audit keep what it promises? Size, false discoveries, the dose and its interval, in every scenario.

python benchmarks/simulation.py           all scenarios, 300 repeats each (500 of what copies nothing, and fewer of the
                                          largest), and all promises
python benchmarks/simulation.py 50 fresh  some repeats of one scenario, not stored
python benchmarks/simulation.py 1.13      one promise, not stored
python benchmarks/simulation.py store 3.3 compare
                                          some promises, stored in the place of these lines of the record; the others
                                          stay, and each line has the date on which it was drawn

Lines are drawn side by side, one on each processor. What is done is kept in build/simulation, a file for each scenario,
so that an interrupted run goes on where it stopped, and more repeats are added to those that are there. A file counts
if the room of auditing is that of then, to the byte, and its first three repeats come out as they did: what else has
changed shows in these, but a verdict that changes in one audit of a hundred would not.
"""

import datetime
import json
import multiprocessing
import os
import sys
import zlib
from concurrent.futures import ProcessPoolExecutor

from common import FOLDER, machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from promises import POOLED, PROMISES, lines
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite.auditing.measure import measure

Q, LEVEL, RELABELINGS = 0.1, 0.05, 199


def normal(rng, n, d):
    return rng.normal(size=(n, d))


def real(law=normal, n=200, k=200, d=8):
    """A maker of train and held-out rows."""
    return lambda rng: np.split(law(rng, n + k, d), [n])


def ternary(rng, n, d):
    return rng.integers(0, 3, size=(n, d)).astype(float)


def binary(rng, n, d):
    return rng.integers(0, 2, size=(n, d)).astype(float)


def constant(rng, n, d):
    return np.ones((n, d))


def repeated(rng, n, d):
    """Each value three times, and these scattered over train and held-out."""
    return rng.permutation(np.repeat(rng.normal(size=(-(-n // 3), d)), 3, axis=0)[:n])


def heavy(rng, n, d):
    return rng.standard_cauchy(size=(n, d))


def scattered_pairs(rng, n, d):
    """Near-duplicate pairs, scattered over train and held-out."""
    return rng.permutation(twins(rng, n, d))


def twins(rng, n, d):
    """Near-duplicate pairs: row i and row i + n/2."""
    X = rng.normal(size=(n // 2, d))
    return np.concatenate([X, X + 0.05 / np.sqrt(d) * rng.normal(size=X.shape)])


def pairs(held_out=twins, n=200, k=200, d=8):
    """Train rows in near-duplicate pairs; the pairs of held-out, if it has any, are its own."""
    return lambda rng: (twins(rng, n, d), held_out(rng, k, d))


def grouped(of_train, of_held_out, spread=0.5, groups=60, d=8):
    """Rows in groups of a size on each side, around centers of their own."""

    def make(rng):
        sides = (np.repeat(rng.normal(size=(groups, d)), size, axis=0) for size in (of_train, of_held_out))
        return [rows + spread * rng.normal(size=rows.shape) for rows in sides]

    return make


def of_groups(of_train, of_held_out, groups=60):
    """Groups for `grouped`."""
    return np.concatenate([np.repeat(np.arange(groups), of_train), groups + np.repeat(np.arange(groups), of_held_out)])


def of_pairs(held_out=True, n=200, k=200):
    """Groups for `pairs`: row i with its twin."""
    number = np.arange(n) % (n // 2)
    other = np.arange(k) % (k // 2) if held_out else np.arange(k)
    return np.concatenate([number, number.max() + 1 + other])


def blind(law=normal, m=200, d=8, spread=1.0, shift=0.0, points=None):
    """A maker of generated rows without a look at train."""

    def make(rng, T):
        if points is None:
            return shift + spread * law(rng, m, d), None
        return law(rng, points, d)[rng.integers(points, size=m)], None

    return make


def copying(share, jitter=0.0, rest=None, sources=None, m=200, fixed=True):
    """A maker that copies a share of the time, from all training rows or from a few, and is blind otherwise."""
    rest = rest or blind(m=m)

    def make(rng, T):
        G, _ = rest(rng, T)
        count = round(share * len(G)) if fixed else rng.binomial(len(G), share)
        source = np.full(len(G), -1)
        source[:count] = rng.integers(len(T) if sources is None else sources, size=count)
        copied = source >= 0
        G[copied] = T[source[copied]] + jitter * rng.normal(size=(count, T.shape[1]))
        return G, source

    return make


NOISY = blind(spread=1.5)
BLIND = {
    "fresh": (real(), blind()),
    "noise 1.5 x": (real(), NOISY),
    "shrunk to .5 x": (real(), blind(spread=0.5)),
    "collapsed onto 10 points": (real(), blind(points=10)),
    "collapsed onto 10 points, 10:1": (real(n=400, k=40), blind(points=10)),
    "collapsed onto 1 point": (real(), blind(points=1)),
    "shifted by 1": (real(), blind(shift=1.0)),
    "heavy tails": (real(heavy), blind(heavy)),
    "constant": (real(constant), blind(constant)),
    "ternary, d = 10": (real(ternary, d=10), blind(ternary, d=10)),
    "binary, d = 16": (real(binary, d=16), blind(binary, d=16)),
    "binary, d = 4": (real(binary, d=4), blind(binary, d=4)),
    "every value three times, 5:1": (real(repeated, n=500, k=100), blind()),
    "near-duplicate pairs scattered": (real(scattered_pairs), blind()),
    "near-duplicate pairs on each side, as groups": (pairs(), blind(), of_pairs()),
    "near-duplicate pairs in train alone, as groups": (pairs(normal), blind(), of_pairs(False)),
    "groups of 10 in train and of 1 held out": (grouped(10, 1), blind(), of_groups(10, 1)),
    "groups of 20 in train and of 1 held out, far apart": (grouped(20, 1, 0.1), blind(), of_groups(20, 1)),
    "groups of 1 in train and of 10 held out": (grouped(1, 10), blind(), of_groups(1, 10)),
    "near-duplicate pairs in train alone, unsaid": (pairs(normal), blind()),
    "10:1": (real(n=400, k=40), blind()),
    "1:10": (real(n=40, k=400), blind()),
    "10:1, ternary": (real(ternary, n=400, k=40), blind(ternary)),
    "d = 1": (real(d=1), blind(d=1)),
    "d = 2": (real(d=2), blind(d=2)),
    "d = 64": (real(d=64), blind(d=64)),
    "d = 512": (real(d=512), blind(d=512)),
    "M = 20": (real(), blind(m=20)),
    "M = 5,000": (real(), blind(m=5000)),
    "M = 50,000, d = 2": (real(n=50, k=50, d=2), blind(m=50_000, d=2)),
    "N = K = 20, M = 20": (real(n=20, k=20), blind(m=20)),
}
COPYING = {
    "noise + 1 % copies": (real(), copying(0.01, rest=NOISY)),
    "noise + 5 % copies": (real(), copying(0.05, rest=NOISY)),
    "noise + 20 % copies": (real(), copying(0.2, rest=NOISY)),
    "noise + 20 %, jitter .05": (real(), copying(0.2, 0.05, NOISY)),
    "noise + 20 %, jitter .2": (real(), copying(0.2, 0.2, NOISY)),
    "noise + 20 %, jitter .3": (real(), copying(0.2, 0.3, NOISY)),
    "fresh + 20 %, jitter .05": (real(), copying(0.2, 0.05)),
    "fresh + 50 % copies": (real(), copying(0.5)),
    "all copies": (real(), copying(1.0)),
    "fresh + half of all from 5 rows": (real(), copying(0.5, sources=5)),
    "collapsed + 20 % copies": (real(), copying(0.2, rest=blind(points=10))),
    "collapsed + half of all from 5 rows": (real(), copying(0.5, sources=5, rest=blind(points=10))),
    "10:1, fresh + 20 % copies": (real(n=400, k=40), copying(0.2)),
    "10:1, M = 1,000, fresh + 50 % copies": (real(n=400, k=40), copying(0.5, m=1000)),
    "1:10, fresh + 20 % copies": (real(n=40, k=400), copying(0.2)),
    "ternary + 20 % copies": (real(ternary, d=10), copying(0.2, rest=blind(ternary, d=10))),
    "pairs scattered, noise + 20 %, jitter .05": (real(scattered_pairs), copying(0.2, 0.05, NOISY)),
    "pairs as groups, noise + 20 %, jitter .05": (pairs(), copying(0.2, 0.05, NOISY), of_pairs()),
    "pairs in train alone as groups, noise + 20 %, jitter .05": (
        pairs(normal),
        copying(0.2, 0.05, NOISY),
        of_pairs(False),
    ),
    "M = 5,000, fresh + 5 % copies": (real(), copying(0.05, m=5000)),
    "M = 50,000, d = 2, 5 % copies": (real(n=50, k=50, d=2), copying(0.05, rest=blind(m=50_000, d=2))),
    "copies by chance, 20 %": (real(), copying(0.2, fixed=False)),
}

SCENARIOS = BLIND | COPYING

# What no such test can see, and where nothing is promised of the dose: copies that train and held-out share (a jittered
# copy may be nearer to its twin on the other side), and held-out rows that are not like the training rows.
LIMITS = ("pairs scattered, noise + 20 %", "unsaid")


LARGE = {"M = 50,000": 50, "M = 5,000": 200}  # repeats at most
SIZES = 500  # repeats at least where nothing is copied, so that a size of 5 % has a standard error of .01

TOGETHER = "all laws together"
KEPT = FOLDER.parent / "build" / "simulation"
CODE = zlib.crc32(b"".join(path.read_bytes() for path in sorted((FOLDER.parent / "memgen_lite/auditing").glob("*.py"))))


def trial(rng, world, generator, groups=None):
    """p-value, dose, realized share, whether the interval has it, rows named, false ones, and copied rows found."""
    T, H = world(rng)
    G, source = generator(rng, T)
    G = G[rng.permutation(len(G))] if source is None else G
    found = measure(T, H, G, groups=groups, q=Q, n_relabelings=RELABELINGS, rng=rng)
    unit = np.arange(len(T)) if groups is None else groups
    named, listed = (
        {int(unit[copy["train_row"]]) for copy in rows} for rows in (found.copies, found.copies or found.suspects)
    )
    copied = set() if source is None else set(unit[source[source >= 0]].tolist())
    share = 0.0 if source is None else float(np.mean(source >= 0))
    low, high = found.walk.dose_interval
    return {
        "rejects": found.walk.p_value <= LEVEL,
        "fdr": len(named - copied) / max(len(named), 1),
        "over": len(listed - copied) / len(listed) / found.walk.level if listed else 0.0,
        "found": len(named & copied) / len(copied) if copied else np.nan,
        "dose": found.walk.dose,
        "share": share,
        "covers": low - 1e-12 <= share <= high + 1e-12,
        "width": high - low,
    }


def kept(name, draw, repeats, seed=0):
    """What `draw` gave of a random generator, for each of the repeats; of a file of an earlier run where that holds."""
    path = KEPT / f"{zlib.crc32(name.encode()):08x}.json"

    def drawn(i):
        found = draw(np.random.default_rng([seed, i]))
        return {key: None if np.isnan(value) else float(value) for key, value in found.items()}

    trials = [drawn(i) for i in range(min(3, repeats))]
    if path.exists():
        before = json.loads(path.read_text())
        if (before["name"], before.get("code")) == (name, CODE) and before["trials"][: len(trials)] == trials:
            trials = before["trials"]
    trials += [drawn(i) for i in range(len(trials), repeats)]
    KEPT.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"name": name, "code": CODE, "trials": trials}))
    part.replace(path)
    return trials[:repeats]


def scenario_kept(name, count):
    return kept(name, lambda rng: trial(rng, *SCENARIOS[name]), count)


def promise_kept(which):
    number, what, draw, count, _ = PROMISES[which]
    return kept(f"{number} {what}", draw, count)


def side_by_side(pool, function, jobs, desc):
    """What the function gives of each job's arguments, in their order; the jobs are shared among processes."""
    futures = [pool.submit(function, *job) for job in jobs]
    try:
        return [future.result() for future in tqdm(futures, desc=desc)]
    except BaseException:
        pool.shutdown(cancel_futures=True)  # else the lines that have not begun would be drawn before it ends
        raise


def simulate(name, repeats, trials=None, seed=0):
    """One scenario, as a line of the table; of trials that were drawn, or of new ones."""
    trials = trials or [trial(np.random.default_rng([seed, i]), *SCENARIOS[name]) for i in range(repeats)]
    values = {key: np.array([line[key] for line in trials], dtype=float) for key in trials[0]}
    mean = {key: float(column.mean()) for key, column in values.items()}
    error = {key: float(column.std() / np.sqrt(repeats)) for key, column in values.items()}
    return {
        "generator": name,
        "repeats": repeats,
        "rejects at 5 %": mean["rejects"],
        "± s.e. of rejects": error["rejects"],
        "false discoveries": mean["fdr"],
        "± s.e. of these": error["fdr"],
        "false share / level": mean["over"],
        "± s.e. of this": error["over"],
        "copied rows found": "" if np.isnan(mean["found"]) else mean["found"],
        "copied": mean["share"],
        "dose": mean["dose"],
        "± sd": float(np.std(values["dose"])),
        "interval covers": mean["covers"],
        "its width": mean["width"],
    }


def record(rows, told, repeats, whole):
    """Store these lines, and those of the record that they do not replace; its machine is of the last whole run."""
    title = f"The audit's promises, simulated: q = {Q}, {RELABELINGS} relabelings, nominal 95 %"
    before = mg.data.record("simulation")
    old = before["rows"], [line for table in before["tables"].values() for line in table]
    names = list(SCENARIOS), [(number, what) for number, what, *_ in PROMISES]
    found = []
    for name, new, was, known in zip((by_generator, by_promise), (rows, told), old, names, strict=True):
        drawn = {name(line) for line in new}
        lines = new + [{"date": before["machine"]["date"]} | line for line in was if name(line) not in drawn]
        places = {one: place for place, one in enumerate(known)}
        last = [line for line in lines if TOGETHER in line.get("given", "")]
        lines = [line for line in lines if name(line) in places]  # else nothing draws it any more
        found.append(sorted(lines, key=lambda line: places[name(line)]) + last)
    promises = {"What it may never do, and what it must say, by the number of the promise": found[1]}
    of = machine("scipy", "scikit-learn") if whole else before["machine"]
    store("simulation", title, found[0], tables=promises, repeats=repeats, machine=of)


def by_generator(line):
    return line["generator"]


def by_promise(line):
    return line["promise"], line["given"]


def main():
    given = sys.argv[1:]
    storing = not given or given[0] == "store"
    given = given[given[:1] == ["store"] :]
    chosen = [name for name in given if name in SCENARIOS]
    numbers = [name for name in given if any(name in promise[0].split(", ") for promise in PROMISES)]
    repeats = next((int(name) for name in given if name.isdigit()), 300)
    names = chosen or ([] if numbers else list(SCENARIOS))
    counts = [SIZES if name in BLIND and not given else repeats for name in names]
    counts = [
        min(count, next((few for size, few in LARGE.items() if size in name), count))
        for name, count in zip(names, counts, strict=True)
    ]
    wanted = [
        which
        for which, (number, *_) in enumerate(PROMISES)
        if not chosen and (not numbers or set(numbers) & set(number.split(", ")))
    ]
    forked = multiprocessing.get_context("fork")  # the promises are functions made of others, which can't be sent
    with ProcessPoolExecutor(os.cpu_count(), mp_context=forked) as pool:
        drawn = side_by_side(pool, scenario_kept, list(zip(names, counts, strict=True)), "scenarios")
        promised_drawn = side_by_side(pool, promise_kept, [(which,) for which in wanted], "promises")
    rows = [simulate(*line) for line in zip(names, counts, drawn, strict=True)]
    told = []
    pooled = {}
    for which, trials in zip(wanted, promised_drawn, strict=True):
        number, what, _, _, promised = PROMISES[which]
        told += lines(number, what, trials, promised)
        kind = what.partition(":")[0]
        if kind in POOLED and pooled.setdefault((number, kind), (promised, []))[0] == promised:
            pooled[number, kind][1].extend(trials)
    for (number, kind), (promised, trials) in pooled.items():
        told += lines(number, f"{kind}: {TOGETHER}{' but the families' * (kind == 'honest')}", trials, promised)
    for line in rows + told:
        line["date"] = str(datetime.date.today())
    if storing:
        record(rows, told, repeats, whole=not given)
    for part in (rows, told):
        print(table(part) if part else "")


if __name__ == "__main__":
    main()
