"""Figure 1 of the paper, measured for all: every peer and MemGEN at every distance, and what each of them costs.

    python benchmarks/figure1.py              5 seeds, half an hour of one core
    python benchmarks/figure1.py gan vae      these peers anew; what is stored of the others stays
    python benchmarks/figure1.py --more       goes on where an earlier run was interrupted
    python benchmarks/figure1.py --try        one seed, trained for 50 rounds; nothing is stored

The digits are 3 x 599. A seed shuffles them, as in notebook 02, into training rows, held-out rows and fresh rows. Every
peer of `mg.peers.all_peers()`, at its default parameters, learns the training rows and generates 599 of its own (but
the patch denoiser takes 8 noise levels and not 18, or it would take as long as all others); MemGEN-U draws from the
training rows with replacement and MemGEN-P without; "honest" are the fresh rows. Then each distance of the registry, to
the training rows and to the held-out ones. After each seed, what is there is stored.

`figure1.json` holds

rows : dicts of peer, seed, reference ("train" or "held-out"), metric, value (six digits).
cost : dicts of peer, seed, and
    fit_seconds : processor time of `fit`, compilation included. Nothing comes from a cache, of fits or of programs.
    sample_seconds : processor time of 1,000 rows, the least of three times, compiled before. Of MemGEN-P, which has no
        1,000, and of what takes more than `SLOW` seconds, the time of 599 rows and in proportion.
    bytes : all arrays that the fitted model holds. parameters : the numbers that were fitted; of a model that keeps
        rows, those of the rows; of an adversarial one, the critic's too.
summary, tables : what `benchmarks/README.md` shows of these.
"""

import json
import sys
import time
from itertools import product

from common import RECORDS, compile_always, machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

SEEDS, SAMPLED, SLOW = 5, 1000, 5.0
CHANGED = {"patch_denoiser": {"steps": 8}}
RIVALS = ("MemGEN-U", "MemGEN-P", "honest")
REFERENCES = {"train": "train", "held-out": "held_out"}


def three(seed):
    """Training, held-out and fresh rows, 599 of each."""
    digits = mg.data.digits()
    return np.split(np.random.default_rng(seed).permutation(np.concatenate([digits.train, digits.held_out])), 3)


def contenders(seed, brief=False):
    """Name -> an unfitted model and the options of its `sample`; `brief`, to see that all works."""
    for name, peer in mg.peers.all_peers().items():
        less = {"rounds": 50, "n_iter": 2, "steps": 4} if brief else CHANGED.get(name, {})
        known = peer.get_params()
        yield name, (peer.set_params(random_state=seed, **{key: less[key] for key in less if key in known}), {})
    yield "MemGEN-U", (mg.MemGEN(random_state=seed), {})
    yield "MemGEN-P", (mg.MemGEN(random_state=seed), {"replace": False})


def timed(function, *args, **options):
    """What a function returns, and its seconds of processor time."""
    start = time.process_time()
    value = function(*args, **options)
    return value, time.process_time() - start


def arrays(thing, seen):
    """All NumPy arrays that an object holds, each once."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, dict | list | tuple):
        for part in thing.values() if isinstance(thing, dict) else thing:
            yield from arrays(part, seen)
    elif hasattr(thing, "__dict__") and not isinstance(thing, type):
        yield from arrays({key: part for key, part in vars(thing).items() if key != "networks_"}, seen)


def held(model):
    """Bytes of all arrays of a fitted model; networks are in single precision.

    >>> held(mg.peers.peer("kde", bandwidth=1.0).fit(np.zeros((5, 3))))
    120
    """
    weights = model.leaves() if hasattr(model, "leaves") else []
    return sum(array.nbytes for array in [*arrays(model, {}), *weights])


def parameters(name, model, n, d):
    """How many numbers were fitted to n rows of d features; of a model that keeps its rows, n d and its own."""
    normal = d + d * (d + 1) // 2
    match name:
        case "gaussian":
            return normal
        case "gmm":
            return model.model_.n_components * (normal + 1) - 1
        case "pca_gaussian":  # Bishop 1999: a rotation of the components changes nothing
            k = int(model.model_.n_components_)
            return d + d * k - k * (k - 1) // 2 + 1
        case "rbm":
            return (d + 1) * (model.n_components + 1) - 1
        case "kde":
            return n * d + 1
    return getattr(model, "n_parameters_", n * d)


def bill(name, model, options, train):
    """Fit `model` and sample as many rows as `train` has: these rows, and what it cost."""
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()  # else the first seed alone would pay for compiling
    _, fitting = timed(model.fit, train)
    cost = {"fit_seconds": fitting, "bytes": held(model), "parameters": parameters(name, model, *train.shape)}
    generated, sampling = timed(model.sample, len(train), **options)
    n = len(train) if options or sampling > SLOW else SAMPLED
    again = [] if sampling > SLOW else [timed(model.sample, n, **options)[1] for _ in range(3)]
    return generated, cost | {"sample_seconds": min(again, default=sampling) * SAMPLED / n}


def distances(generated, train, held_out, seed):
    """Dicts of reference, metric and value: every distance, to training rows and to held-out rows."""
    samples = {"train": train, "held_out": held_out, "generated": generated, "random_state": seed}
    for metric in mg.metrics.names("distances"):
        for reference, argument in REFERENCES.items():
            value = mg.metrics.compute(metric, reference=argument, **samples)
            yield {"reference": reference, "metric": metric, "value": float(f"{value:.6g}")}


def measure(seed, parts, models):
    """Yields (rows, costs) of one model after the other, the fresh rows first."""
    train, held_out, fresh = parts
    yield [{"peer": "honest", "seed": seed} | row for row in distances(fresh, train, held_out, seed)], []
    for name, (model, options) in models:
        who = {"peer": name, "seed": seed}
        generated, cost = bill(name, model, options, train)
        yield [who | row for row in distances(generated, train, held_out, seed)], [who | cost]


def mean(rows, key):
    """Peer -> the mean over seeds of `key`."""
    found = {}
    for row in rows:
        found.setdefault(row["peer"], []).append(row[key])
    return {peer: float(np.mean(values)) for peer, values in found.items()}


def means(rows, reference):
    """The mean over seeds of each distance to `reference`: a row for each peer."""
    rows = [row for row in rows if row["reference"] == reference]
    columns = {row["metric"]: None for row in rows}
    for metric in columns:
        columns[metric] = mean([row for row in rows if row["metric"] == metric], "value")
    return [
        {"peer": peer} | {metric: values[peer] for metric, values in columns.items()}
        for peer in dict.fromkeys(row["peer"] for row in rows)
    ]


def ahead(rows):
    """Who is nearer than MemGEN or than the fresh rows: in how many of the distances, and by which in all seeds.

    >>> row = {"seed": 0, "reference": "train", "metric": "energy"}
    >>> ahead([{"peer": peer, "value": v, **row} for peer, v in [("MemGEN-U", 2), ("gmm", 1), ("kde", 3)]])
    [{'nearer': 'gmm', 'to': 'train', 'than': 'MemGEN-U', 'of all': 1.0, 'in all seeds by': 'energy'}]
    """
    at = {}
    for row in rows:
        at.setdefault(row["reference"], {}).setdefault(row["peer"], {})[row["metric"], row["seed"]] = row["value"]
    found = []
    for reference, values in at.items():
        for rival, peer in product(RIVALS, values):
            if rival not in values or peer == rival:
                continue
            won = {}
            for (metric, seed), value in values[peer].items():
                won.setdefault(metric, []).append(value < values[rival][metric, seed])
            line = {"nearer": peer, "to": reference, "than": rival, "of all": float(np.mean([*won.values()]))}
            if line["of all"]:
                found.append(line | {"in all seeds by": ", ".join(metric for metric in won if all(won[metric]))})
    return found


def costs(cost):
    """The mean costs of each peer."""
    keys = ("fit_seconds", "sample_seconds", "bytes", "parameters")
    columns = {key: mean(cost, key) for key in keys}
    return [
        {
            "peer": peer,
            "fit, s": columns["fit_seconds"][peer],
            "sample of 1,000, s": columns["sample_seconds"][peer],
            "KiB": columns["bytes"][peer] / 1024,
            "parameters": round(columns["parameters"][peer]),
        }
        for peer in columns["bytes"]
    ]


def save(rows, cost):
    places = ["honest", *RIVALS[:2], *mg.peers.all_peers()]
    rows, cost = (sorted(lines, key=lambda line: (line["seed"], places.index(line["peer"]))) for lines in (rows, cost))
    seeds = len({row["seed"] for row in rows})
    store(
        "figure1",
        f"Figure 1, measured: distances to 599 training digits, means of {seeds} seeds",
        rows,
        machine=machine("scipy", "scikit-learn", "jax", "equinox", "optax"),
        cost=cost,
        summary=means(rows, "train"),
        tables={
            "To 599 held-out digits": means(rows, "held-out"),
            "Who is nearer: share of all distances and seeds": ahead(rows),
            "What they cost: processor time, arrays held, numbers fitted": costs(cost),
        },
    )


def kept(names, more=False):
    """Rows and costs that are stored; none where all are measured anew: without `names` and without `more`."""
    stored = RECORDS / "figure1.json"
    if not (names or more) or not stored.exists():
        return [], []
    record = json.loads(stored.read_text("utf-8"))
    return record["rows"], record["cost"]


def main():
    brief = "--try" in sys.argv
    names = [word for word in sys.argv[1:] if not word.startswith("--") and not word.isdecimal()]
    seeds = range(1 if brief else next((int(word) for word in sys.argv[1:] if word.isdecimal()), SEEDS))
    if unknown := sorted(set(names) - set(dict(contenders(0)))):
        sys.exit(f"no peer is called {', '.join(unknown)}; there are {', '.join(dict(contenders(0)))}")
    rows, cost = kept(names, "--more" in sys.argv)
    for _, (model, _) in contenders(0, brief=True):
        if not hasattr(model, "rounds"):
            model.fit(three(0)[0][:50]).sample(2)  # imports are paid here
    for seed in seeds:
        left = set(names) or set(dict(contenders(seed))) - {line["peer"] for line in cost if line["seed"] == seed}
        rows, cost = (
            [line for line in lines if line["seed"] != seed or line["peer"] not in {*left, "honest"}]
            for lines in (rows, cost)
        )
        models = [found for found in contenders(100 + seed, brief) if found[0] in left]
        steps = measure(seed, three(seed), models)
        for some, price in tqdm(steps, total=len(models) + 1, desc=f"figure 1, seed {seed + 1} of {len(seeds)}"):
            rows += some
            cost += price
        if not brief:
            save(rows, cost)
    for lines in (means(rows, "train"), means(rows, "held-out"), ahead(rows), costs(cost)):
        print(table(lines), end="\n\n")


if __name__ == "__main__":
    compile_always()
    main()
