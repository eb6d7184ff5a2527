"""What the audit sees in many spaces at once, what it says of models that learn and do not copy, and when it is wrong.

python benchmarks/sight.py          40 repeats of each alteration (of texts 20), 200 of what copies nothing (60)
python benchmarks/sight.py 4 10     fewer of both, not stored

Of 300 training, 300 held-out and 200 generated items a fifth of the generated ones are copies that were altered; the
others are fresh. The audit rejects where p <= .05: in the first space alone, and in all of `spaces="auto"`, which share
the same 5 %. Leakage is that of models that were fitted to the training rows. A sequence of six checkpoints copies from
the fourth on; a false start is one before it.
"""

import sys
import time

from common import machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
import pandas as pd
from promises import PROMISES, lines
from simulation import kept
from spans import pieces
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite.auditing.leakage import leakage
from memgen_lite.auditing.measure import measure
from memgen_lite.auditing.spaces import chosen
from memgen_lite.peers.classical import GaussianMixture
from memgen_lite.shared.kinds import together

ROLES = ("train", "held_out", "generated")
N, M, COPIES, LEVEL = 300, 200, 40, 0.05
DIGITS = mg.data.digits()
PICTURES = np.concatenate([DIGITS.train, DIGITS.held_out]).reshape(-1, 8, 8) / 16
TEXTS = pieces(cleared=True)


def pictures(rng):
    return [PICTURES[rows] for rows in np.split(rng.permutation(len(PICTURES))[: 2 * N + M], [N, 2 * N])]


def tables(rng):
    n = 2 * N + M
    age = rng.integers(18, 90, size=n)
    frame = pd.DataFrame(
        {
            "age": age,
            "income": np.exp(9 + age / 60 + 0.7 * rng.normal(size=n)).round(2),
            "weight": 60 + age / 8 + 9 * rng.normal(size=n),
            "city": rng.choice(["Rome", "Oslo", "Lima", "Bonn", "Graz"], size=n, p=[0.4, 0.3, 0.15, 0.1, 0.05]),
            "member": rng.random(n) < 0.2 + age / 200,
        }
    )
    return [part.reset_index(drop=True) for part in (frame[:N], frame[N : 2 * N], frame[2 * N :])]


def texts(rng):
    mixed = [" ".join(TEXTS[i]) for i in rng.permutation(len(TEXTS))[: 2 * N + M]]
    return mixed[:N], mixed[N : 2 * N], mixed[2 * N :]


def _columns(*names, how=lambda rng, copy, fresh: fresh):
    """A copy whose columns of these names are others."""
    return lambda rng, copy, fresh: copy.assign(**{name: how(rng, copy[name], fresh[name]) for name in names})


def _each(change):
    """What a change of a copy's words, beside those of the fresh text, makes of each of many."""
    return lambda rng, copy, fresh: [
        " ".join(change(rng, *(text.split() for text in pair))) for pair in zip(copy, fresh, strict=True)
    ]


def _pasted(count):
    def change(rng, copy, fresh):
        start, at = rng.integers(len(copy) - count + 1), rng.integers(len(fresh))
        return [*fresh[:at], *copy[start : start + count], *fresh[at:]]

    return change


def _replaced(rng, copy, fresh):
    return [fresh[i % len(fresh)] if rng.random() < 0.2 else word for i, word in enumerate(copy)]


def _sentences(rng, copy, fresh):
    return [part for i in rng.permutation(6) for part in np.array_split(np.array(copy), 6)[i]]


def _patched(rng, copy, fresh):
    found = copy.copy()
    found[:, 2:5, 2:5] = fresh[:, 2:5, 2:5]
    return found


KINDS = {
    "pictures": (
        pictures,
        {
            "exact": lambda rng, copy, fresh: copy,
            "mirrored": lambda rng, copy, fresh: copy[:, :, ::-1],
            "shifted by a pixel": lambda rng, copy, fresh: np.roll(copy, 1, axis=2),
            "brightness halved": lambda rng, copy, fresh: copy / 2,
            "right half replaced": lambda rng, copy, fresh: np.concatenate([copy[:, :, :4], fresh[:, :, 4:]], axis=2),
            "3 x 3 pixels replaced": _patched,
            "noise of .15": lambda rng, copy, fresh: copy + 0.15 * rng.normal(size=copy.shape),
            "half of another": lambda rng, copy, fresh: (copy + fresh) / 2,
        },
    ),
    "tables": (
        tables,
        {
            "exact": lambda rng, copy, fresh: copy,
            "a number made anew": _columns("income"),
            "a category made anew": _columns("city"),
            "two columns made anew": _columns("weight", "city"),
            "a number in other units": _columns("income", how=lambda rng, copy, fresh: copy * 10),
            "a number doubled": _columns("weight", how=lambda rng, copy, fresh: copy * 2),
            "a number noisy": _columns("weight", how=lambda rng, copy, fresh: copy + 3 * rng.normal(size=len(copy))),
            "all numbers noisy": lambda rng, copy, fresh: copy.assign(
                age=copy["age"] + rng.integers(-3, 4, size=len(copy)),
                income=copy["income"] * np.exp(0.1 * rng.normal(size=len(copy))),
                weight=copy["weight"] + 2 * rng.normal(size=len(copy)),
            ),
        },
    ),
    "texts": (
        texts,
        {
            "exact": lambda rng, copy, fresh: copy,
            "in capitals": lambda rng, copy, fresh: [text.upper() for text in copy],
            "parts in another order": _each(_sentences),
            "a word in five replaced": _each(_replaced),
            "half replaced": _each(lambda rng, copy, fresh: copy[: len(copy) // 2] + fresh[len(fresh) // 2 :]),
            "15 words in a new text": _each(_pasted(15)),
            "10 words in a new text": _each(_pasted(10)),
            "words in another order": _each(lambda rng, copy, fresh: rng.permutation(copy)),
        },
    ),
}


def _audited(given, rng):
    """(measurement, seconds) in the first space alone, and in all."""
    found = []
    for spaces in (None, "auto"):
        start = time.perf_counter()
        inputs = together(dict(zip(ROLES, given, strict=True)))
        first, further, _, _ = chosen(spaces, inputs, None)
        seed = np.random.default_rng(rng.integers(2**32))
        one = measure(*inputs.rows.values(), space=first, spaces=further, rng=seed)
        found.append((one, time.perf_counter() - start))
    return found


def altered(draw, alter, rng, timed=False):
    train, held_out, fresh = draw(rng)
    sources = rng.integers(N, size=COPIES if alter else 0)
    if alter:
        part = train.iloc[sources].reset_index(drop=True) if hasattr(train, "iloc") else None
        part = part if part is not None else train[sources] if hasattr(train, "shape") else [train[i] for i in sources]
        copies = alter(rng, part, fresh[:COPIES])
        if hasattr(train, "iloc"):
            fresh = pd.concat([copies, fresh[COPIES:]], ignore_index=True)
        else:
            fresh = [*copies, *fresh[COPIES:]] if isinstance(fresh, list) else np.concatenate([copies, fresh[COPIES:]])
    (one, quick), (many, slow) = _audited((train, held_out, fresh), rng)
    named = {copy["train_row"] for copy in many.copies}
    return {
        "first space": one.walk.p_value <= LEVEL,
        "all spaces": many.walk.p_value <= LEVEL,
        "rows named": len(named),
        "false names": len(named - {*sources.tolist()}) / max(len(named), 1),
    } | ({"time over one space": slow / quick} if timed else {})


def alleles(d):
    def draw(rng):
        p = rng.beta(2, 2, size=d)
        T, H = ((rng.random((N, d)) < p).astype(float) for _ in range(2))
        return T, H, (rng.random((N, d)) < T.mean(axis=0)).astype(float)

    return draw


def gaussian(rng):
    T, H = rng.normal(size=(2, N, 16))
    return T, H, rng.multivariate_normal(T.mean(axis=0), np.cov(T.T), size=N)


def mixture(rng):
    T, H = rng.normal(size=(2, N, 8))
    return T, H, GaussianMixture(3, random_state=rng).fit(T).sample(N)


def moved(rng):
    T, H = rng.normal(size=(2, N, 8))
    return T, H, T[rng.integers(N, size=N)] + 1.2 * rng.normal(size=(N, 8))


LEARNED = {
    "allele frequencies of train, d = 100": alleles(100),
    "allele frequencies of train, d = 300": alleles(300),
    "Gaussian fitted to train, d = 16": gaussian,
    "mixture of 3 fitted to train, d = 8": mixture,
    "all rows copied, moved by 1.2, d = 8": moved,
    "blind, 1.5 times as wide, d = 8": lambda rng: (*rng.normal(size=(2, N, 8)), 1.5 * rng.normal(size=(N, 8))),
    "blind, Student t with 2 degrees, 60 held out": lambda rng: np.split(rng.standard_t(2, size=(460, 5)), [200, 260]),
}


def learned(draw, rng):
    T, H, G = draw(rng)
    p, alone = leakage(T, H, G, n_relabelings=199, rng=rng)
    copying = measure(T, H, G, n_relabelings=199, rng=rng).walk.p_value
    return {"copies": copying <= LEVEL, "depends": p <= LEVEL} | {name: p <= LEVEL for name, p in alone.items()}


def checkpoints(rng):
    T, H = rng.normal(size=(2, 150, 6))
    made = {step: rng.normal(size=(150, 6)) for step in range(1, 7)}
    for step, copies in ((4, 10), (5, 25), (6, 40)):
        made[step][:copies] = T[rng.integers(150, size=copies)] + 0.02 * rng.normal(size=(copies, 6))
    starts = mg.audit_sequence(T, H, made, n_relabelings=199, random_state=rng).starts
    return {
        "false start": starts is not None and starts < 4,
        "found at 4": starts == 4,
        "found at all": starts is not None,
    }


def means(name, draw, repeats):
    """A row of the table: the mean of what came out of each repeat."""
    trials = pd.DataFrame(kept(name, draw, repeats)).astype(float)
    return {"what": name, "repeats": repeats} | trials.mean().to_dict()


def main():
    repeats, blind = (int(given) for given in sys.argv[1:3]) if len(sys.argv) > 2 else (40, 200)
    rows, cost = [], []
    for kind, (draw, alterations) in KINDS.items():
        for name, alter in tqdm({"none": None, **alterations}.items(), desc=kind):
            many = repeats if alter else blind
            many = many // 2 if kind == "texts" and alter else min(many, 60) if kind == "texts" else many
            row = means(f"{kind}: {name}", lambda rng, draw=draw, alter=alter: altered(draw, alter, rng), many)
            rows.append({"kind": kind, "altered copies": name} | {key: row[key] for key in row if key != "what"})
        times = [altered(draw, None, np.random.default_rng(i), timed=True)["time over one space"] for i in range(5)]
        cost.append({"kind": kind, "time over one space": float(np.median(times))})
    told = [
        means(name, lambda rng, draw=draw: learned(draw, rng), blind if name.startswith("blind") else 2 * repeats)
        for name, draw in tqdm(LEARNED.items(), desc="leakage")
    ]
    series = [means("six checkpoints, of which three copy", checkpoints, min(blind, 60))]
    promised = []
    for number, what, draw, count, promises in tqdm([one for one in PROMISES if one[0] in ("3.3", "compare")]):
        promised += lines(number, what, kept(f"{number} {what}", draw, count), promises)
    if len(sys.argv) < 3:
        store(
            "sight",
            f"Altered copies, 20 % of {M} generated items, seen at p <= .05 in one space and in many at once",
            rows,
            machine=machine("scipy", "scikit-learn", "pandas"),
            tables={
                "Time of an audit in all spaces, over that in one": cost,
                "Depends on its training rows, or copies: share of audits that say so": told,
                "Where copying starts": series,
                "Epsilon, and which of two copies more": promised,
            },
        )
    for part in (rows, cost, told, series, promised):
        print(table(part))


if __name__ == "__main__":
    main()
