"""How far a translation memory, small students of it, and dual translators get on held-out messages of Django.

Students of eight languages, one network for each or one for all, with three first weights; and translators in both
directions that know 150 pairs and the rest of the messages without their translations, for three languages and three
first weights each. All settings are those of notebook 50, which shows the first. chrF is of the held-out messages of
each language, and bits are per run of characters; both are means over languages, and the spread is from the lowest of
these to the highest. `--dual` measures the translators alone anew, `--try` stores nothing.
"""

import sys

from common import machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg

TRY = "--try" in sys.argv
LANGUAGES = ["de", "fr", "es", "it", "ru", "tr", "ja", "zh_Hans"]
SEEDS = range(1 if TRY else 3)
ALL = {
    "one for all": {},
    "one for all, distilled": {"distill": 0.5},
    "one for all, distilled while the teacher is better": {"distill": 0.5, "selective": True},
    "one for all, distilled, top 20": {"distill": 0.5, "top_k": 20},
}
LONGER = {
    "one for all, distilled by a fifth": {"distill": 0.2},
    "one for all, twice as long": {"rounds": 2400},
    "one for all, four times as wide": {"width": 512},
}
PAIRS, ROUNDS = 150, 1200


def scored(said, bits, data):
    return mg.metrics.chrf(said, data.y_held_out), bits


def student(data, languages, **settings):
    """chrF and bits of each language by one network."""
    X, y = ([text for part in data for text in getattr(part, name)] for name in ("train", "y"))
    told = np.repeat(languages, [len(part.train) for part in data])
    model = mg.peers.peer("translation_student", **settings).fit(X, y, told)
    found = []
    for number, part in zip(languages, data, strict=True):
        asked = np.full(len(part.held_out), number)
        bits = model.bits(part.held_out, part.y_held_out, asked).mean()
        found.append(scored(model.predict(part.held_out, asked), bits, part))
    return np.array(found), model.n_parameters_


def memory(data):
    from memgen_lite.peers.translation_student import WRITTEN, memory_shares, profiles

    found = []
    for part in data:
        model = mg.peers.peer("translation_memory", threshold=0).fit(part.train, part.y)
        shares = memory_shares(model, part.held_out, profiles(part.y, WRITTEN, 1024), 0.05)
        bits = -(profiles(part.y_held_out, WRITTEN, 1024) * np.log2(shares)).sum(axis=1).mean()
        found.append(scored(model.predict(part.held_out), bits, part))
    return np.array(found)


def one_sided(data):
    """Messages of which 150 have their translation, and the others stand in both languages without it."""
    order = np.random.default_rng(0).permutation(len(data.train))
    paired, rest = order[:PAIRS], order[PAIRS:]
    X = [data.train[i] for i in [*paired, *rest]] + [""] * len(rest)
    y = [data.y[i] for i in paired] + [""] * len(rest) + [data.y[i] for i in rest]
    return X, y, [data.train[i] for i in rest], [data.y[i] for i in rest]


def dual(data, **settings):
    """What the first translator, and all together, find of the withheld translations, and of held-out messages."""
    X, y, withheld, meant = one_sided(data)
    model = mg.peers.peer("dual_translators", **settings).fit(X, y)
    row = []
    for together in (False, True):
        said = model.predict(withheld, all_agents=together)
        row += [np.mean([a == b for a, b in zip(said, meant, strict=True)]), mg.metrics.chrf(said, meant)]
        row += scored(
            model.predict(data.held_out, all_agents=together),
            model.bits(data.held_out, data.y_held_out, all_agents=together).mean(),
            data,
        )
    return row


def students(data):
    """A row for the memory, and one for each way of training students."""
    chrf, bits = memory(data).mean(axis=0)
    rows = [{"model": "memory", "chrF": chrf, "chrF, spread": 0.0, "bits": bits, "bits, spread": 0.0, "weights": 0}]
    for name, more in tqdm(({"one each": None} | ALL | ({} if TRY else LONGER)).items(), desc="students"):
        runs = []
        for seed in SEEDS:
            if more is None:
                parts = [student([part], [0], random_state=seed) for part in data]
                found, weights = np.concatenate([one for one, _ in parts]), sum(size for _, size in parts)
            else:
                found, weights = student(data, range(len(data)), **{"rounds": ROUNDS, "random_state": seed} | more)
            runs.append(found.mean(axis=0))
        mean, spread = np.mean(runs, axis=0), np.ptp(runs, axis=0)
        rows.append({"model": name, "chrF": mean[0], "chrF, spread": spread[0], "bits": mean[1]})
        rows[-1] |= {"bits, spread": spread[1], "weights": weights}
    return rows


def translators(data):
    """A row for each number of agents, with the way back and without; who is asked is the first pair, or all."""
    names, rows, alone = ("withheld found", "withheld chrF", "held-out chrF", "held-out bits"), [], None
    for agents, weight in tqdm([(agents, weight) for agents in (1, 2, 4) for weight in (0.0, 1.0)], desc="translators"):
        found = [dual(data[i], agents=agents, dual=weight, random_state=seed) for i in (0, 4, 6) for seed in SEEDS]
        found = np.reshape(found, (len(found), 2, len(names)))
        alone = found[:, 0] if alone is None else alone  # one pair without the way back
        for i, who in enumerate(("first", "all")):
            columns = dict(zip(names, found[:, i].mean(axis=0).tolist(), strict=True))
            better = {
                "runs that find more": int((found[:, i, 0] > alone[:, 0]).sum()),
                "runs with fewer bits": int((found[:, i, 3] < alone[:, 3]).sum()),
                "runs": len(found),
            }
            rows.append({"agents a side": agents, "way back": weight, "who is asked": who} | columns | better)
    return rows


def main():
    data = [mg.data.translations(language) for language in LANGUAGES]
    rows = mg.data.record("translation")["rows"] if "--dual" in sys.argv else students(data)
    both = translators(data)
    print(table(rows), table(both), sep="\n\n")
    if not TRY:
        store(
            "translation",
            f"Held-out messages of Django in {len(LANGUAGES)} languages, mean of {len(SEEDS)} first weights",
            rows,
            machine=machine("scikit-learn", "jax", "django"),
            tables={f"Dual translators, {PAIRS} pairs, three languages and {len(SEEDS)} first weights": both},
        )


if __name__ == "__main__":
    main()
