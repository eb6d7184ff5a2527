"""All metrics on one generator, each beside what an honest sample and a memorizer would have scored.

A number alone says nothing: 1-NN accuracy .46 may be luck or copying, and authenticity is .35 for fresh rows of a line
and .85 for fresh rows of 256 features. So all values are taken at one size r, of training, held-out and generated rows,
and beside them stand three others, at the same size and on the same data:

* *honest*: r training, r held-out and r "generated" rows, all three disjoint parts of the real rows (training and
  held-out pooled, split anew without replacement, n_null // 3 times). Each replicate has the law of a fresh triple, so
  its mean is unbiased. Its spread is approximate, as replicates share rows: it is shown, and no p-value rests on it.
* *MemGEN-U* and *MemGEN-P*: r rows of the training part drawn with replacement, and all of them.
* the *p-value*: under "the generated rows are fresh draws of the held-out rows' law, whatever the training rows are",
  the 2r held-out and generated rows can change labels. They do, n_null times, with the training rows fixed, and
  (1 + number as far out) / (1 + n_null) is exact for any statistic. It is two-sided: too good is a finding, too. "Far"
  is |value - mean| / sd over all 1 + n_null values, so that the observed one is treated as the others are, and the
  larger of those of the value against train and of the gap (against train less against held-out).

All metrics meet the same relabelings, and the corrected p is that of the farthest metric of each relabeling (max-T of
Westfall and Young 1993). All test one hypothesis, so this is the chance that an honest sample has any such metric.
Holm's correction, which takes them as unrelated, would need some 640 relabelings before 32 metrics can reach .05.

r is the least of the generated rows, the held-out rows, a third of the real rows (else the three honest parts would
share rows) and `max_rows`. A generated copy of a training row that was not drawn goes unseen by the table, so a line
above it counts the exact copies among all rows.
"""

import html
import importlib.metadata
import json
import platform
import warnings

import numpy as np

from . import __version__
from . import metrics as registry
from .files import atomic_write
from .memgen import MemGEN
from .neighbors import Neighborhoods
from .randomness import generator

LEVEL = 0.05
_LEAST = 20
_NUMBERS = (
    "train", "held_out", "gap", "honest", "honest_low", "honest_high", "honest_gap", "memgen_u", "memgen_p",
    "p_single", "p_value",
)  # fmt: skip


def evaluate(train, held_out, generated, metrics="all", *, n_null=99, max_rows=300, random_state=0):
    """Every metric of `generated` on trial: against train, against held-out, an honest sample and MemGEN.

    Parameters
    ----------
    train, held_out, generated : arrays (rows, features) of finite numbers; 20 generated rows, 20 held-out rows and 60
        real rows at least. Held-out rows are of the law of the training rows and were not trained on.
    metrics : "all", or a list of names of :func:`memgen_lite.metrics.names`.
    n_null : int, relabelings behind a p-value, which is 1 / (1 + n_null) at the least; fewer than 99 are for a few
        metrics only, as the farthest of many is far. All metrics, against train and against held-out, are computed
        3 + n_null + n_null // 3 times: by default about a minute on one core for 64 features.
    max_rows : int or None, the most rows of each sample that are used; more power for at least as much more time.
    random_state : int, Generator, RandomState or None, for the rows that are drawn, the relabelings and the metrics.

    Returns
    -------
    :class:`Evaluation`. Interrupted (Ctrl-C, or stop in a notebook), it is made of the replicates done so far.

    Raises
    ------
    ValueError : for arrays of another shape, not finite or too small, an unknown metric, n_null below 19.

    >>> X = np.random.default_rng(0).normal(size=(180, 2))
    >>> table = evaluate(X[:60], X[60:120], X[:60], ["nn_accuracy", "density"], n_null=19)
    >>> table.to_frame()[["train", "memgen_p", "p_value", "verdict"]]
                 train  memgen_p  p_value      verdict
    metric
    nn_accuracy  0.2125       0.0     0.05  like a copy
    density      1.0350       1.0     1.00        blind
    """
    chosen = _chosen(metrics)
    if n_null < 19:
        raise ValueError(f"n_null must be 19 or more, for p-values that reach 1/20, got {n_null}")
    if max_rows is not None and max_rows < _LEAST:
        raise ValueError(f"max_rows must be {_LEAST} or more, or None, got {max_rows}")
    if any(X is None for X in (train, held_out, generated)):
        raise ValueError("evaluate needs train, held_out and generated rows; one of them is None")
    given = registry.check_arrays({"train": train, "held_out": held_out, "generated": generated})
    T, H, G = given.values()
    sizes = [len(G), len(H), (len(T) + len(H)) // 3, len(G) if max_rows is None else max_rows]
    r = min(sizes)
    if r < _LEAST:
        raise ValueError(
            f"evaluate needs {_LEAST} generated, {_LEAST} held-out and {3 * _LEAST} real rows, got {len(G)} "
            f"generated, {len(T)} training and {len(H)} held-out rows"
        )
    rng = generator(random_state)
    seed = int(rng.integers(2**31))  # one stream for each metric in all passes: a fixed function of its rows
    lines = _warnings(T, H, G, r)
    pool = np.concatenate([T, H])
    T, H, G = (X[rng.permutation(len(X))[:r]] for X in (T, H, G))
    memory = MemGEN(random_state=int(rng.integers(2**31))).fit(T)
    both = np.concatenate([H, G])

    def triples():
        yield "observed", (T, H, G)
        yield "memgen_u", (T, H, memory.sample(r))
        yield "memgen_p", (T, H, memory.sample(r, replace=False))
        for i in range(n_null):
            order = rng.permutation(2 * r)
            yield "relabeled", (T, both[order[:r]], both[order[r:]])
            if i % 3 == 2:
                order = rng.permutation(len(pool))[: 3 * r]
                yield "honest", tuple(pool[part] for part in np.split(order, 3))

    passes, reasons = {"relabeled": [], "honest": []}, {}
    try:
        with _bar(3 + n_null + n_null // 3) as progress:
            for kind, arrays in triples():
                values = _values(chosen, arrays, seed, reasons if kind == "observed" else {})
                passes.setdefault(kind, []).append(values)
                progress.update()
    except KeyboardInterrupt:
        if len(passes["relabeled"]) < 19 or len(passes["honest"]) < 2:
            raise
        lines.append(f"interrupted: {len(passes['relabeled'])} of {n_null} relabelings were done")
    rows = _rows(chosen, {kind: np.array(values) for kind, values in passes.items()}, reasons)
    stamp = {
        "rows": {name: len(X) for name, X in given.items()},
        "features": T.shape[1],
        "rows_used": r,
        "n_null": len(passes["relabeled"]),
        "n_honest": len(passes["honest"]),
        "random_state": random_state if random_state is None else str(random_state),
        "versions": {"memgen_lite": __version__, "python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")},
        "conventions": {name: registry.get(name).conventions for name in chosen},
    }
    return Evaluation(rows, lines, stamp)


class Evaluation:
    """What :func:`evaluate` found. It shows itself as a table, in a notebook and in a terminal.

    Attributes
    ----------
    verdict : str, the finding in words.
    warnings : list of str, what to know before the table is read.
    stamp : dict: rows given and used, seed, versions, and each metric's conventions.
    rows : list of dicts, one for each metric, with the columns of :meth:`to_frame`.
    """

    def __init__(self, rows, warnings, stamp):
        self.rows, self.warnings, self.stamp = rows, warnings, stamp

    @property
    def verdict(self):
        def listed(verdict):
            return ", ".join(row["metric"] for row in self.rows if row["verdict"] == verdict)

        tested = sum(not np.isnan(row["p_value"]) for row in self.rows)
        parts = []
        if copies := listed("like a copy"):
            parts.append(f"Told from an honest sample, on the side where MemGEN is, by {copies}.")
        if off := listed("off"):
            parts.append(f"Told from an honest sample, and not as MemGEN is, by {off}.")
        if not parts:
            parts.append(f"Not told from an honest sample by any of the {tested} metrics tested.")
        if blind := listed("blind"):
            parts.append(f"Here MemGEN itself passes as honest by {blind}.")
        return " ".join(parts)

    def to_frame(self):
        """A DataFrame, one row for each metric.

        `train`, `held_out`, `gap`: the values and their difference; NaN where a metric has no such value.
        `honest`, `honest_low`, `honest_high`: mean, 5 % and 95 % point of honest samples' values against train;
        `honest_gap`: of their gaps. `memgen_u`, `memgen_p`: the controls' values against train. `p_single`, `p_value`:
        of this metric alone, and corrected over the table. `verdict`: "like a copy" (p <= .05, on the side of the
        honest mean where MemGEN is), "off" (p <= .05 otherwise), "as honest", "blind" (the same, and MemGEN is within
        3 standard deviations of honest too) or "not computed". `reason`: why there is no value or no p-value.
        """
        import pandas as pd

        return pd.DataFrame(self.rows).set_index("metric")

    def to_json(self, path=None):
        """The verdict, warnings, stamp and table as JSON: returned, or written to `path`. inf is "inf", NaN null."""

        def plain(x):
            return x if not isinstance(x, float) or np.isfinite(x) else None if np.isnan(x) else str(x)

        table = [{key: plain(value) for key, value in row.items()} for row in self.rows]
        whole = {"verdict": self.verdict, "warnings": self.warnings, **self.stamp, "table": table}
        text = json.dumps(whole, indent=1, allow_nan=False) + "\n"
        return text if path is None else _write(path, text)

    def to_csv(self, path):
        """Write :meth:`to_frame` to `path`."""
        _write(path, self.to_frame().to_csv(lineterminator="\n"))

    def _head(self):
        s = self.stamp
        given = ", ".join(f"{n:,} {name.replace('_', '-')}" for name, n in s["rows"].items())
        return [
            self.verdict,
            *(f"Warning: {line}" for line in self.warnings),
            f"{s['rows_used']:,} rows of each sample used, of {given}; {s['features']:,} features; "
            f"p from {s['n_null']} relabelings, corrected over the table (max-T); honest from {s['n_honest']} splits; "
            f"seed {s['random_state']}; " + ", ".join(f"{k} {v}" for k, v in s["versions"].items()),
        ]

    def _cells(self):
        yield ["metric", "train", "held-out", "gap", "honest", "5 %-95 %", "MemGEN-U", "MemGEN-P", "p", "verdict"]
        for row in self.rows:
            shown = [_short(row[key]) for key in _NUMBERS if key not in ("honest_gap", "p_single")]
            shown[4:6] = [f"{shown[4]}..{shown[5]}".strip(".")]
            yield [row["metric"], *shown, row["verdict"]]

    def __repr__(self):
        import textwrap

        lines = [part for line in self._head() for part in textwrap.wrap(line, 120)]
        for first, *numbers, last in self._cells():
            lines.append(
                f"{first:<22}" + "".join(f"{x:>{w}}" for x, w in zip(numbers, _WIDTHS, strict=True)) + f" {last}"
            )
        reasons = [f"{row['metric']}: {row['reason']}" for row in self.rows if row["reason"]]
        return "\n".join([*lines, *(part for line in reasons for part in textwrap.wrap(line, 120))])

    def _repr_html_(self):
        first, *head = map(html.escape, self._head())
        top, *body = self._cells()
        table = "".join(f"<th>{html.escape(x)}</th>" for x in top)
        for cells, row in zip(body, self.rows, strict=True):
            tip = html.escape(row["reason"] or registry.get(row["metric"]).title)
            table += f'</tr>\n<tr title="{tip}">' + "".join(f"<td>{html.escape(x)}</td>" for x in cells)
            if row["reason"]:
                table += f"<td>{html.escape(row['reason'])}</td>"
        notes = "".join(f"<br><small>{line}</small>" for line in head)
        return f"<div><p><b>{first}</b>{notes}</p>\n<table><tr>{table}</tr></table></div>"


_WIDTHS = (9, 9, 9, 9, 20, 9, 9, 6)


def _chosen(wanted):
    if isinstance(wanted, str):
        wanted = registry.names() if wanted == "all" else [wanted]
    chosen = list(dict.fromkeys(registry.get(name).name for name in wanted))
    if not chosen:
        raise ValueError("metrics must be 'all' or name one at least, got none")
    return chosen


def _bar(total):
    from tqdm.auto import tqdm

    return tqdm(total=total, desc="Evaluating", unit="pass", leave=False, delay=2)


def _warnings(T, H, G, r):
    trained, held = ({row.tobytes() for row in X + 0.0} for X in (T, H))
    copies, shared, known = (
        sum(row.tobytes() in seen for row in X + 0.0) for X, seen in ((G, trained), (H, trained), (G, held))
    )
    lines = []
    if shared == len(H):
        lines.append(
            "every held-out row is a training row: nothing is held out, and copying can't be told from honesty"
        )
    elif shared:
        lines.append(f"{shared:,} of {len(H):,} held-out rows are equal to a training row")
    if copies:
        lines.append(f"{copies:,} of all {len(G):,} generated rows are equal to a training row")
    if known:
        lines.append(f"{known:,} of all {len(G):,} generated rows are equal to a held-out row")
    if r < len(T):
        lines.append(f"{r:,} of {len(T):,} training rows were drawn: copies of the others go unseen in the table")
    return lines


def _values(chosen, arrays, seed, reasons):
    """Values against train and against held-out, array (metrics, 2); NaN where there is none, for the `reasons`."""
    T, H, G = arrays
    values, shared = np.full((len(chosen), 2), np.nan), Neighborhoods()
    for i, name in enumerate(chosen):
        needs = registry.get(name).needs
        sides = {"both": [(T, H)], "generated": [(None, None)]}.get(needs, [(T, None), (H, None)])
        for j, (train, held_out) in enumerate(sides):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    values[i, j] = registry.compute(
                        name, train=train, held_out=held_out, generated=G, random_state=seed, neighborhoods=shared
                    )
            except (ValueError, np.linalg.LinAlgError) as error:
                reasons.setdefault(name, str(error))
    return values


def _far(x):
    """Distance from the mean in standard deviations, signed, along the first axis; infinities through 1 / x."""
    if np.isinf(x).any():
        with np.errstate(divide="ignore"):
            x = 1 / x
    x = x - x.mean(axis=0)
    sd = x.std(axis=0)
    return np.divide(x, sd, out=np.zeros_like(x), where=sd > 1e-12 * (np.abs(x).max(axis=0) + 1e-300))


def _rows(chosen, passes, reasons):
    observed, relabeled, honest = passes["observed"][0], passes["relabeled"], passes["honest"]
    controls = [passes[name][0] for name in ("memgen_u", "memgen_p")]
    n = len(relabeled)
    farthest, facts = np.zeros(n), []
    for i, name in enumerate(chosen):
        pool = np.concatenate([[observed[i]], relabeled[:, i]])
        with np.errstate(invalid="ignore"):
            stats = {"train": pool[:, 0], "gap": pool[:, 0] - pool[:, 1]}
        # A statistic with no answer for some relabeling is not tested, whichever one it is: that keeps p exact.
        far = {key: _far(x) for key, x in stats.items() if not np.isnan(x).any()}
        if not far:
            if not np.isnan(observed[i, 0]):
                reasons[name] = f"no value for {int(np.isnan(pool[:, 0]).sum())} of {n} relabelings, so no p-value"
            facts.append(None)
            continue
        key = max(far, key=lambda key: abs(far[key][0]))
        t = np.max([np.abs(z) for z in far.values()], axis=0).round(9)  # rounding is no evidence
        farthest = np.maximum(farthest, t[1:])
        facts.append((t, np.sign(far[key][0]), key))
    rows = []
    for i, name in enumerate(chosen):
        row = {"metric": name, **dict.fromkeys(_NUMBERS, np.nan), "verdict": "not computed", "reason": ""}
        rows.append(row)
        row["reason"] = reasons.get(name, "")
        row["train"], row["held_out"] = map(float, observed[i])
        row["memgen_u"], row["memgen_p"] = (float(values[i, 0]) for values in controls)
        fresh = honest[:, i]
        with np.errstate(invalid="ignore"):
            row["gap"] = row["train"] - row["held_out"]
            row["honest"], row["honest_gap"] = float(fresh[:, 0].mean()), float((fresh[:, 0] - fresh[:, 1]).mean())
        if not np.isnan(fresh[:, 0]).any():
            for edge, share, method in (("honest_low", 0.05, "lower"), ("honest_high", 0.95, "higher")):
                row[edge] = float(np.quantile(fresh[:, 0], share, method=method))
        if facts[i] is None:
            continue
        t, side, key = facts[i]
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
        x = 1 / x if np.isinf(x).any() else x
        gap = x[0] - x[1:].mean()
    return int(np.sign(gap)) if abs(gap) > max(3 * x[1:].std(ddof=1), 1e-9 * abs(x[0])) else 0


def _short(x):
    text = "" if np.isnan(x) else f"{x:.3g}"
    return text if len(text) <= 8 else f"{x:.1e}"


def _write(path, text):
    with atomic_write(path) as file:
        file.write(text.encode())
