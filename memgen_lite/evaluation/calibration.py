"""What a table is calibrated by: the samples that are evaluated, and what follows from their values."""

import numpy as np

from ..memory.memgen import MemGEN
from .report import NUMBERS

LEVEL = 0.05


def draw_passes(N, K, n, r, n_null, tiers, rng):
    """All that is computed: pairs of a kind and, by tier, the numbers of training, held-out and generated rows.

    The pool holds N training rows, K held-out and r generated ones, each in random order. The training rows that are
    used stand first, the held-out ones last, beside the generated ones.
    """
    real = N + K
    # In an order that tells nothing of labels, so that the first few of each label are a function of the labels.
    both = rng.permutation(np.arange(real - r, real + r))
    labels = both >= real
    train = {size: np.arange(size) for size, _ in tiers}
    held = {size: both[~labels][:size] for _, size in tiers}
    passes = [("observed", {(a, m): (train[a], held[m], both[labels][:m]) for a, m in tiers})]
    for kind, replace in (("memgen_u", True), ("memgen_p", False)):
        state, drawn = int(rng.integers(2**31)), {}
        for a, m in tiers:
            memory = MemGEN(random_state=state).fit(train[a][:, None])
            drawn[a, m] = train[a], held[m], memory.sample(m, replace=replace)[:, 0]
        passes.append((kind, drawn))
    for i in range(n_null):
        labels = rng.permutation(labels)
        h, g = both[~labels], both[labels]
        passes.append(("relabeled", {(a, m): (train[a], h[:m], g[:m]) for a, m in tiers}))
        if i % 3 == 2:
            t, h, g = np.split(rng.permutation(real)[: n + 2 * r], [n, n + r])
            passes.append(("honest", {(a, m): (t[:a], h[:m], g[:m]) for a, m in tiers}))
    return passes


def _far(x):
    """Distance from the mean in standard deviations, signed, along the first axis; infinities through -1 / x."""
    x = _scaled(x)
    x = x - x.mean(axis=0)
    sd = x.std(axis=0)
    return np.divide(x, sd, out=np.zeros_like(x), where=sd > 1e-12 * (np.abs(x).max(axis=0) + 1e-300))


def _scaled(x):
    """The same along the first axis, from -1 to 1, as squares may overflow; -1 / x of what has infinities."""
    if np.isinf(x).any():
        with np.errstate(divide="ignore"):
            x = -1 / x  # in the same order
    return np.ldexp(x, -np.frexp(np.abs(x).max(axis=0))[1])


def calibrated(chosen, passes, tiers, reasons):
    """The rows of a table, dicts with the keys of :meth:`memgen_lite.evaluation.report.Evaluation.to_frame`.

    Parameters
    ----------
    chosen : names of metrics.
    passes : dict of arrays (passes, metrics, 2), values against train and against held-out, of the kinds "observed",
        "memgen_u", "memgen_p" (one pass each), "relabeled" and "honest".
    tiers : dict, for each metric how many training, and how many held-out and generated rows it took.
    reasons : dict, for some metrics why there is no value; those that can't be tested are added.
    """
    observed, relabeled, honest = passes["observed"][0], passes["relabeled"], passes["honest"]
    controls = [passes[name][0] for name in ("memgen_u", "memgen_p")]
    n = len(relabeled)
    farthest, facts = np.zeros(n), {}
    for i, name in enumerate(chosen):
        values = np.concatenate([[observed[i]], relabeled[:, i]])
        with np.errstate(invalid="ignore"):
            stats = {"train": values[:, 0], "gap": values[:, 0] - values[:, 1]}
        # A statistic with no answer for some relabeling is not tested, whichever one it is: that keeps p exact.
        far = {key: _far(x) for key, x in stats.items() if not np.isnan(x).any()}
        if not far:
            if not np.isnan(observed[i, 0]):
                reasons[name] = f"no value for {int(np.isnan(values[:, 0]).sum())} of {n} relabelings, so no p-value"
            continue
        key = max(far, key=lambda key: abs(far[key][0]))
        t = np.max([np.abs(z) for z in far.values()], axis=0).round(9)  # rounding is no evidence
        farthest = np.maximum(farthest, t[1:])
        facts[name] = t, np.sign(far[key][0]), key
    rows = []
    for i, name in enumerate(chosen):
        n_train, m = tiers[name]
        row = {"metric": name, "rows": m, "train_rows": n_train, **dict.fromkeys(NUMBERS, np.nan)}
        row |= {"verdict": "not computed", "reason": reasons.get(name, "")}
        rows.append(row)
        row["train"], row["held_out"] = map(float, observed[i])
        row["memgen_u"], row["memgen_p"] = (float(values[i, 0]) for values in controls)
        fresh = honest[:, i]
        with np.errstate(invalid="ignore"):
            row["honest"], row["honest_gap"] = float(fresh[:, 0].mean()), float((fresh[:, 0] - fresh[:, 1]).mean())
            if n_train == m:  # else the two are of different sizes
                row["gap"] = row["train"] - row["held_out"]
        if not np.isnan(fresh[:, 0]).any():
            for edge, share, method in (("honest_low", 0.05, "lower"), ("honest_high", 0.95, "higher")):
                row[edge] = float(np.quantile(fresh[:, 0], share, method=method))
        if name not in facts:
            continue
        t, side, key = facts[name]
        row["p_single"] = float((1 + (t[1:] >= t[0]).sum()) / (1 + n))
        row["p_value"] = float((1 + (farthest >= t[0]).sum()) / (1 + n))
        where = [_beside(values[i], fresh, key) for values in controls]
        if row["p_value"] <= LEVEL:
            row["verdict"] = "like a copy" if side in where else "off"
        else:
            sides = {_beside(values[i], fresh, k) for values in controls for k in ("train", "gap")}
            row["verdict"] = "as honest" if sides - {0} else "blind"
    return rows


def _beside(value, fresh, key):
    """-1, 0 or 1: a control's side of the honest values, 0 within 3 standard deviations of their mean."""
    x = np.concatenate([[value], fresh])
    with np.errstate(invalid="ignore", divide="ignore"):
        x = x[:, 0] if key == "train" else x[:, 0] - x[:, 1]
        if np.isinf(x[0]) and np.isfinite(x[1:]).all():
            return int(np.sign(x[0]))
        x = _scaled(x)
        gap = x[0] - x[1:].mean()
    return int(np.sign(gap)) if abs(gap) > max(3 * x[1:].std(ddof=1), 1e-9 * abs(x[0])) else 0
