"""Who sees the copies? Power of the audit beside the field's measures, each of these at its calibrated 5 %.

python benchmarks/power.py          100 repeats a cell, 199 to find each critical value: about 20 minutes
python benchmarks/power.py 20 19    fewer of both

The audit rejects where its p-value is .05 or less; nothing is told to it. A measure of the field rejects above the
critical value that it exceeds in 5 % of simulations with no copies and *the very same generator* otherwise, which is
more than its users ever have. Where it wins nevertheless, the same cell is run once more with the copies taken from
rows that are neither train nor held out: who still raises the alarm has seen that the generator changed, and not whom
it copied.
"""

import sys
from dataclasses import dataclass, replace
from math import comb
from zlib import crc32

from common import machine, store, table  # sets the number of threads, so before NumPy

# isort: split
import numpy as np
from tqdm import tqdm

import memgen_lite as mg
from memgen_lite.auditing.measure import measure
from memgen_lite.peers.classical import GaussianMixture

LEVEL, RELABELINGS, SEED = 0.05, 199, 4
SHARES, JITTERS, SIZE = (0.01, 0.02, 0.05, 0.1, 0.3), (0.0, 0.1, 0.2, 0.4), 300


@dataclass(frozen=True)
class Cell:
    """A law of the data, a generator's quality, and how much it copies: a share of rows, moved by jitter x scale."""

    quality: str
    share: float = 0.0
    jitter: float = 0.0
    law: str = "normal, 8-D"
    sizes: tuple = (SIZE, SIZE, SIZE)  # train, held out, generated
    source: str = "train"  # or "other": rows that are neither train nor held out

    @property
    def blind(self):
        """The same generator without copies, and not fitted to train: what critical values are from."""
        return replace(self, share=0.0, jitter=0.0, source="other")


def normal(d):
    return lambda rng, n: rng.normal(size=(n, d))


def moons(rng, n):
    from sklearn.datasets import make_moons

    return make_moons(n, noise=0.1, random_state=int(rng.integers(2**31)))[0]


def digits(rng, n):
    X = mg.data.digits()
    return rng.permutation(np.concatenate([X.train, X.held_out]) / 16)[:n]


LAWS = {"normal, 8-D": normal(8), "normal, 64-D": normal(64), "moons, 2-D": moons, "digits, 64 pixels": digits}


def scaled(factor):
    return lambda rng, rows, fitted: rows.mean(axis=0) + factor * (rows - rows.mean(axis=0))


def collapsed(rng, rows, fitted):
    """Ten points, and noise of 5 % of the scale around them."""
    return rows[rng.integers(min(10, len(rows)), size=len(rows))] + 0.05 * scale(rows) * rng.normal(size=rows.shape)


def mixture(components):
    def sample(rng, rows, fitted):
        return GaussianMixture(components, random_state=rng).fit(fitted).sample(len(rows))

    return sample


QUALITIES = {
    "fresh": scaled(1.0),
    "noise 1.5×": scaled(1.5),
    "shrunk .5×": scaled(0.5),
    "collapsed": collapsed,
    "mixture of 3": mixture(3),
    "mixture of 5": mixture(5),
}
GRID = [Cell(quality, share, jitter) for jitter in JITTERS for quality in list(QUALITIES)[:4] for share in SHARES]
ELSEWHERE = [
    Cell("mixture of 3"),
    Cell("mixture of 5"),
    Cell("fresh", 1.0, 0.8),
    Cell("fresh", 1.0, 1.2),
    Cell("fresh", 0.05, 0.3, sizes=(600, 150, SIZE)),
    Cell("fresh", 0.02, 1.5, law="normal, 64-D"),
    Cell("fresh", 0.05, 0.02, law="moons, 2-D"),
    Cell("fresh", 1.0, 0.1, law="moons, 2-D"),
    Cell("noise 1.5×", 0.05, 0.02, law="moons, 2-D"),
    Cell("noise 1.5×", 0.3, 0.1, law="moons, 2-D"),
    Cell("noise 1.5×", 0.02, 0.5, law="digits, 64 pixels"),
    Cell("collapsed", 0.05, 1.0, law="digits, 64 pixels"),
]


def scale(X):
    """Standard deviation of a feature, pooled over features."""
    return float(np.sqrt(X.var(axis=0).mean()))


def draw(cell, rng):
    """Train (N, d), held-out (K, d) and generated rows (M, d) of a cell."""
    n, k, m = cell.sizes
    train, held_out, other, rows = np.split(LAWS[cell.law](rng, 2 * n + k + m), np.cumsum([n, k, n]))
    source = train if cell.source == "train" else other
    copies = round(cell.share * m)
    copied = source[rng.integers(n, size=copies)]
    copied = copied + cell.jitter * scale(held_out) * rng.normal(size=copied.shape)
    rest = QUALITIES[cell.quality](rng, rows[copies:], source) if copies < m else rows[:0]
    return train, held_out, np.concatenate([copied, rest])


def cosine_distance(X, train):
    """Mean of the least 1 - |cos| to a training row: what MiFID divides by."""
    rows, points = (A / np.linalg.norm(A, axis=1)[:, None] for A in (X, train))
    return float(np.mean(1 - np.abs(rows @ points.T).max(axis=1)))


def audit(train, held_out, generated, rng):
    return -measure(train, held_out, generated, n_relabelings=RELABELINGS, rng=rng).walk.p_value


# All scores are large where there are copies.
METHODS = {
    "audit": audit,
    "FLD gap": lambda T, H, G, rng: -mg.metrics.fld_gap(T, H, G),
    "membership attack": lambda T, H, G, rng: mg.metrics.membership_auc(T, H, G),
    "DCR share": lambda T, H, G, rng: mg.metrics.dcr_share(T, H, G),
    "MiFID's distance": lambda T, H, G, rng: cosine_distance(H, T) - cosine_distance(G, T),
    "C_T": lambda T, H, G, rng: -mg.metrics.c_t(T, H, G),
    "authenticity": lambda T, H, G, rng: (
        mg.metrics.authenticity(T, None, H) - mg.metrics.authenticity(T, None, G)
    ),
}  # fmt: skip
FIELD = list(METHODS)[1:]


def scores(cell, repeats, methods=METHODS):
    """Arrays (repeats,) of the score of each method: of the same rows, repeat by repeat."""
    found = {name: np.empty(len(repeats)) for name in methods}
    for i, repeat in enumerate(repeats):
        seed = [SEED, crc32(repr(cell).encode()), repeat]
        arrays = draw(cell, np.random.default_rng(seed))
        for name in methods:
            found[name][i] = METHODS[name](*arrays, np.random.default_rng([*seed, 1]))
    return found


def critical_values(found):
    """What each score of a blind generator exceeds in 5 % of cases: of 199 values, the tenth from above.

    >>> critical_values({"C_T": np.arange(1.0, 20.0)})
    {'C_T': 19.0}
    """
    return {name: float(np.sort(values)[-round(LEVEL * (len(values) + 1))]) for name, values in found.items()}


def rejections(found, critical):
    """Bool arrays: where each method rejects, the audit by its own p-value, the others above their critical value.

    A score equal to the critical value is no rejection.
    """
    own = {"audit": found["audit"] >= -LEVEL - 1e-12} if "audit" in found else {}
    return own | {name: found[name] > critical[name] for name in found if name != "audit"}


def wins(rejected):
    """The measures of the field that reject more often than the audit does, beyond chance: McNemar's exact test.

    >>> wins({"audit": np.zeros(9, bool), "C_T": np.ones(9, bool), "DCR share": np.arange(9) < 4})
    ['C_T']
    """
    better = []
    for name in rejected:
        theirs = int((rejected[name] & ~rejected["audit"]).sum())
        split = int((rejected[name] != rejected["audit"]).sum())
        if sum(comb(split, i) for i in range(theirs, split + 1)) / 2**split <= LEVEL and theirs:
            better.append(name)
    return better


def line(cell, rejected):
    """A row of the table: the cell, and the power of each method."""
    n, k, m = cell.sizes
    facts = {"law": cell.law, "N:K:M": f"{n}:{k}:{m}", "rest": cell.quality, "copied": cell.share}
    return facts | {"jitter": cell.jitter} | {name: float(value.mean()) for name, value in rejected.items()}


def habits(found):
    """How often rules in use cry wolf at a blind generator: DCR's binomial test at 5 %, C_T below -3."""
    from scipy.stats import binom

    m, share = SIZE, found["DCR share"]
    return {
        "DCR share, binomial test": float(np.mean(binom.sf(np.ceil(share * m) - 1, m, 0.5) <= LEVEL)),
        "C_T below -3": float(np.mean(found["C_T"] > 3)),
    }


def study(grid, elsewhere, nulls, alternatives, scores=scores):
    """Everything that is stored: rows of the grid, size, cells elsewhere, wins with their placebo, and habits.

    Parameters
    ----------
    grid, elsewhere : lists of cells. nulls, alternatives : numbers of repeats without copies, and with.
    scores : as the function of this name.
    """
    blind = list(dict.fromkeys(cell.blind for cell in [*grid, *elsewhere]))
    null = {cell: scores(cell, range(nulls)) for cell in tqdm(blind, desc="critical values")}
    critical = {cell: critical_values(found) for cell, found in null.items()}
    record = {"rows": [], "size": [], "elsewhere": [], "wins": [], "habits": {}}
    for cell in blind:
        record["size"].append(line(cell, {"audit": rejections(null[cell], critical[cell])["audit"]}))
        if cell in {other.blind for other in grid}:
            record["habits"][cell.quality] = habits(null[cell])
    for cell in tqdm([*grid, *elsewhere], desc="power"):
        rejected = rejections(scores(cell, range(alternatives)), critical[cell.blind])
        record["rows" if cell in grid else "elsewhere"].append(line(cell, rejected))
        ahead = wins(rejected)
        if ahead:
            placebo = scores(replace(cell, source="other"), range(alternatives), ["audit", *ahead])
            alarms = rejections(placebo, critical[cell.blind])
            for name in ahead:
                power = {"its power": float(rejected[name].mean()), "audit's": float(rejected["audit"].mean())}
                record["wins"].append(
                    line(cell, {})
                    | {"measure": name}
                    | power
                    | {"its alarms without a copy": float(alarms[name].mean())}
                )
    return record


def sentence(win):
    """A row of `wins` in words.

    >>> power = {"measure": "C_T", "its power": 0.9, "audit's": 0.6, "its alarms without a copy": 0.88}
    >>> print(sentence({"law": "moons, 2-D", "rest": "fresh", "copied": 0.1, "jitter": 0.2} | power))
    10 % copies moved by .2, rest fresh (moons, 2-D): C_T .90, the audit .60; C_T at rows that nobody copied .88
    """
    kind = "exact copies" if win["jitter"] == 0 else f"copies moved by {_number(win['jitter'])}"
    rest = f", rest {win['rest']}" if win["copied"] < 1 else ""
    theirs, ours, idle = (f"{win[key]:.2f}" for key in ("its power", "audit's", "its alarms without a copy"))
    return (
        f"{100 * win['copied']:g} % {kind}{rest} ({win['law']}): {win['measure']} {_number(theirs)}, the audit "
        f"{_number(ours)}; {win['measure']} at rows that nobody copied {_number(idle)}"
    )


def _number(value):
    return str(value).removeprefix("0") if float(value) else "0"


def panels(rows, won):
    """The rows of the grid as notebook 14 draws them: nested lists, jitter x quality x method x share."""
    axes = {key: list(dict.fromkeys(row[key] for row in rows)) for key in ("jitter", "rest", "copied")}
    at = {(row["jitter"], row["rest"], row["copied"]): row for row in rows}
    ahead = {(win["law"], win["N:K:M"], win["jitter"], win["rest"], win["copied"], win["measure"]) for win in won}

    def each(value):
        return [
            [[[value(at[j, q, s], name) for s in axes["copied"]] for name in METHODS] for q in axes["rest"]]
            for j in axes["jitter"]
        ]

    place = ("law", "N:K:M", "jitter", "rest", "copied")
    return {
        "powers": each(lambda row, name: row[name]),
        "ahead": each(lambda row, name: (*(row[key] for key in place), name) in ahead),
        "methods": list(METHODS),
        "shares": axes["copied"],
        "rows": [f"jitter {jitter:g}" for jitter in axes["jitter"]],
        "columns": axes["rest"],
    }


def save(record, nulls, alternatives):
    title = (
        f"Power at 5 %: the audit, and measures of the field at simulated critical values; {alternatives} repeats a "
        f"cell (standard error {0.5 / np.sqrt(alternatives):.2f} at most), {nulls} for a critical value"
    )
    tables = {
        "Elsewhere": record["elsewhere"],
        "The audit without copies": record["size"],
        "Where a measure of the field beats the audit beyond chance": record["wins"],
    }
    store(
        "power",
        title,
        record["rows"],
        machine=machine("scipy", "scikit-learn"),
        tables={name: rows for name, rows in tables.items() if rows},
        panels=panels(record["rows"], record["wins"]),
        wins=[sentence(win) for win in record["wins"]],
        habits=record["habits"],
        repeats=alternatives,
        nulls=nulls,
    )


def main():
    alternatives = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    nulls = int(sys.argv[2]) if len(sys.argv) > 2 else 199
    record = study(GRID, ELSEWHERE, nulls, alternatives)
    save(record, nulls, alternatives)
    print(table(record["rows"]), *map(sentence, record["wins"]), sep="\n")


if __name__ == "__main__":
    main()
