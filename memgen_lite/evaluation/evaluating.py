"""All metrics on one generator, each beside what an honest sample and a memorizer would have scored.

A number alone says nothing: 1-NN accuracy .46 may be luck or copying, and authenticity is .35 for fresh rows of a line
and .85 for fresh rows of 256 features. So beside each value stand three others, at the same sizes and on the same data:

* *honest*: training, held-out and "generated" rows, all three disjoint parts of the real rows (training and held-out
  pooled, split anew without replacement, n_null // 3 times). Each replicate has the law of a fresh triple, so its mean
  is unbiased. Its spread is approximate, as replicates share rows: it is shown, and no p-value rests on it.
* *MemGEN-U* and *MemGEN-P*: rows of the training part drawn with replacement, and without.
* the *p-value*: under "the generated rows are fresh draws of the held-out rows' law, whatever the training rows are",
  the 2r held-out and generated rows can change labels. They do, n_null times, with the training rows fixed, and
  (1 + number as far out) / (1 + n_null) is exact for any statistic. It is two-sided: too good is a finding, too. "Far"
  is |value - mean| / sd over all 1 + n_null values, so that the observed one is treated as the others are, and the
  larger of those of the value against train and of the gap (against train less against held-out).

All metrics meet the same relabelings, and the corrected p is that of the farthest metric of each relabeling (max-T of
Westfall and Young 1993). All test one hypothesis, so this is the chance that an honest sample has any such metric.
Holm's correction, which takes them as unrelated, would need some 640 relabelings before 32 metrics can reach .05.

r held-out and r generated rows are used: r is the least of the held-out rows, the generated rows and a third of the
real rows, else the three honest parts would share rows. A metric of two samples takes r training rows, so that its two
values are of one size. A metric of copying takes all training rows that leave the parts apart, N + K - 2r of them, as a
copy is only seen beside its original; where that is over a tenth more than r, a gap would be a difference of unlike
things, and there is none. The metrics of `SLOW` cost more than pairs of rows do, and take the first so many rows of
each sample, in an order drawn before the labels are looked at: a statistic like any other, so its p is exact, too.

To be affordable this is computed for all relabelings at once (:mod:`memgen_lite.evaluation.resampling`,
:mod:`memgen_lite.evaluation.batched`). What a metric takes from the training rows (the bandwidth of mmd_rbf, the
cells of c_t) is taken once, for all columns, and kid is that of all pairs. The stamp's `options` say so, and with
them `mg.metrics.compute` gives the same values.
"""

import warnings
from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from typing import Any

import numpy as np

from .. import metrics as registry
from ..metrics.copying import cell_centers
from ..metrics.distances import median_distance
from ..metrics.registry import read_samples
from ..shared.checks import shown, whole
from ..shared.devices import where_they_lie
from ..shared.parallel import in_parallel
from ..shared.progress import bar
from ..shared.randomness import generator
from ..shared.stamp import versions
from ..shared.types import Data, RandomState
from .batched import KERNELS, SLICES, kernel_steps, kernel_values, sliced_steps, sliced_values
from .calibration import calibrated, draw_passes
from .nearer import nearer_to_train
from .report import Evaluation
from .resampling import Samples, SearchedRows
from .words import warned

SLOW = {
    "frechet_inf": 200, "max_sliced_wasserstein": 200, "wasserstein": 300, "c2st_logistic": 300, "c2st_knn": 300,
    "fld": 300, "fld_gap": 300,
}  # fmt: skip
_LEAST = 20
_TOLD = {
    "mmd_rbf": "bandwidth: of the training rows, the same in all columns",
    "kid": "subsets=None: all pairs at once",
    "c_t": "centers: of the training rows, the same in all columns; fewer than 5 of fewer than 101 rows",
}
_UNSEARCHED = {*KERNELS, *SLICES, *SLOW, "frechet", "alpha_precision", "vendi", "mifid", "birthday_support"}


@where_they_lie
def evaluate(
    train: Data,
    held_out: Data,
    generated: Data,
    metrics: str | Sequence[str] = "all",
    *,
    n_null: int = 99,
    max_rows: int | None = None,
    ignore: Any = None,
    random_state: RandomState = 0,
) -> Evaluation:
    """Every metric of `generated` on trial: against train, against held-out, an honest sample and MemGEN.

    Parameters
    ----------
    train, held_out, generated : arrays (rows, features) of finite numbers, images, lists of str or frames, which are
        compared as :mod:`memgen_lite.shared.kinds` says; 20 rows of each, and 60 real rows, at least.
        Held-out rows are of the law of the training rows and were not trained on. Of :func:`memgen_lite.shards` of
        train and held-out rows that are numbers, `max_rows` has no more held than are used, beside 24 bytes a row, or
        125 where all rows repeat.
    metrics : "all", or a list of names of :func:`memgen_lite.metrics.names`.
    n_null : int, relabelings behind a p-value, which is 1 / (1 + n_null) at the least; fewer than 99 are for a few
        metrics only, as the farthest of many is far. All metrics, against train and against held-out, are computed
        3 + n_null + n_null // 3 times: by default half a minute of processor time for 900 rows of 64 features, and some
        5 minutes for 10,000 rows of 512, which all processors (4 at most) share.
    max_rows : int or None, the most rows of each sample that are used: less time for less power. Honest samples of that
        size are drawn from three times as many.
    ignore : None, or the columns of frames or arrays to leave out, such as keys: a name, a number, or a list of them.
    random_state : int, Generator, RandomState or None, for the rows that are drawn, the relabelings and the metrics.

    Returns
    -------
    :class:`memgen_lite.evaluation.report.Evaluation`. Interrupted (Ctrl-C, or stop in a notebook), it is made of the
    replicates done so far.

    Raises
    ------
    ValueError : for arrays of another shape, not finite or too small, an unknown metric, n_null below 19.

    >>> X = np.random.default_rng(0).normal(size=(180, 2))
    >>> table = evaluate(X[:60], X[60:120], X[:60], ["nn_accuracy", "density"], n_null=19)
    >>> table.to_frame()[["rows", "train", "memgen_p", "p_value", "verdict"]]
                 rows   train  memgen_p  p_value      verdict
    metric
    nn_accuracy    40  0.2125       0.0     0.05  like a copy
    density        40  1.0350       1.0     0.75        blind
    """
    chosen, n_null = _chosen(metrics), whole(n_null, "n_null", 19)  # for p-values that reach 1/20
    max_rows = None if max_rows is None else whole(max_rows, "max_rows", _LEAST)
    if any(X is None for X in (train, held_out, generated)):
        raise ValueError("evaluate needs train, held_out and generated rows; one of them is None")
    asked = {"train": train, "held_out": held_out, "generated": generated}
    # Shards of which some rows are wanted stay where they lie, and else are read, which warns where that takes much.
    samples = read_samples(asked, ignore, streamed=() if max_rows is None else ("train", "held_out"))
    given = samples.rows
    rng = generator(random_state)
    seed = int(rng.integers(2**31))  # one stream for each metric in all passes: a fixed function of its rows
    sizes = {name: len(X) for name, X in given.items()}
    r, n = _sizes(*sizes.values(), max_rows)
    lines = samples.notes + warned(given, n)
    # All that are taken are searched: where few are wanted, honest samples are drawn from so many of either side.
    most = None if max_rows is None else max(max_rows, n + 2 * r)
    T, H, G = (X[rng.permutation(len(X))[:most]] for X in given.values())
    pool = SearchedRows(np.concatenate([T, H, G[:r]]))
    tiers = {name: _tier(name, n, r) for name in chosen}
    passes = draw_passes(len(T), len(H), n, r, n_null, set(tiers.values()), rng)
    nearer = nearer_to_train(T[:max_rows], H[:max_rows], G[:max_rows], generator(seed))
    del T, H, G, given

    fixed, reasons, done = Samples(pool), {}, {kind: [] for kind, _ in passes}
    for rows, *_ in passes[0][1].values():
        fixed.take(rows)
    if "frechet" in chosen:
        fixed.whole = fixed.take(np.concatenate(passes[0][1][r, r][1:]))
    options = _options(chosen, tiers, passes[0][1], fixed, seed, reasons)
    swept = {name: np.full((len(passes), 2), np.nan) for name in reasons}
    searched = [name for name in chosen if name not in _UNSEARCHED]
    try:
        with bar(0, "Evaluating", "step") as progress, warnings.catch_warnings(action="ignore"):
            work = list(_sweeps(pool, passes, chosen, r, options, seed, swept))
            work += [(searched, pool.steps, pool.search())] if searched else []
            work += [(["mifid"], pool.steps, pool.search_lines())] if "mifid" in chosen else []
            progress.reset(sum(steps for _, steps, _ in work) + len(passes))
            for names, _, steps in work:
                with closing(steps):  # an error's traceback would keep its threads, and BLAS at one
                    _run(steps, progress.update, names, reasons)
            for name, pairs in swept.items():
                pairs[~np.isfinite(pairs)] = np.nan
                if np.isnan(pairs[0, 0]):
                    reasons.setdefault(name, f"{name} overflows: these numbers are too large for it; scale them")

            def values(i):
                found = {name: pairs[i] for name, pairs in swept.items()}
                return _values(chosen, passes[i], tiers, options, seed, found, Samples(pool, fixed), reasons)

            # The first one alone, as the others share its answers.
            with closing(in_parallel(values, range(1, len(passes)))) as others:
                for (kind, _), found in zip(passes, chain(map(values, [0]), others), strict=True):
                    done[kind].append(found)
                    progress.update()
    except KeyboardInterrupt:
        if len(done["relabeled"]) < 19 or len(done["honest"]) < 2:
            raise
        lines.append(f"interrupted: {len(done['relabeled'])} of {n_null} relabelings were done")
    rows = calibrated(chosen, {kind: np.array(found) for kind, found in done.items()}, tiers, reasons)
    stamp = {
        "rows": sizes,
        "kind": samples.kind.name,
        "features": pool.rows.shape[1],
        "columns_read": [column._asdict() for column in samples.columns_read],
        "rows_used": r,
        "train_rows_used": n,
        "nearer_to_train": nearer,
        "n_null": len(done["relabeled"]),
        "n_honest": len(done["honest"]),
        "random_state": random_state if random_state is None else str(random_state),
        "versions": versions(),
        "options": {name: _TOLD[name] for name in options},
        "conventions": {name: registry.get(name).conventions for name in chosen},
    }
    return Evaluation(rows, lines, stamp)


def _chosen(wanted):
    if isinstance(wanted, str):
        wanted = registry.names() if wanted == "all" else [wanted]
    if not isinstance(wanted, list | tuple) or not wanted:
        raise ValueError(f"metrics must be 'all', or a list that names one at least, got {shown(wanted)}")
    try:
        return list(dict.fromkeys(registry.get(name).name for name in wanted))
    except ValueError as error:
        raise ValueError(f"metrics must be 'all', or names; {error}") from None


def _sizes(N, K, M, max_rows):
    """How many held-out and as many generated rows are used, and how many training rows of the metrics of copying."""
    cap = N + K + M if max_rows is None else max_rows
    r = min(M, N, K, (N + K) // 3, cap)
    if r < _LEAST:
        raise ValueError(
            f"evaluate needs {_LEAST} training, {_LEAST} held-out and {_LEAST} generated rows, and {3 * _LEAST} real "
            f"ones, got {N} training, {K} held-out and {M} generated rows"
        )
    n = min(N, N + K - 2 * r, cap)
    return r, n if n > 1.1 * r else r


def _tier(name, n, r):
    """How many training, and how many held-out and generated rows a metric takes."""
    if name in SLOW:
        return min(SLOW[name], r), min(SLOW[name], r)
    return (n if registry.get(name).needs in ("train", "both") else r), r


def _options(chosen, tiers, observed, fixed, seed, reasons):
    """What is taken from the training rows once, for all columns; without it a metric has a reason to have no value."""
    options = {"kid": {"subsets": None}} if "kid" in chosen else {}
    cells = min(5, max(1, (tiers.get("c_t", (0, 0))[0] - 1) // 20))  # so few that one has more than 20 generated rows
    for name, option, of_rows in (
        ("mmd_rbf", "bandwidth", median_distance),
        ("c_t", "centers", lambda X, rng: fixed.keep(cell_centers(X, cells, rng))),
    ):
        if name not in chosen:
            continue
        try:
            found = of_rows(fixed.take(observed[tiers[name]][0]), generator(seed))
        except Exception as error:  # one metric never takes the others with it
            reasons[name] = _told(error)
            continue
        if np.ndim(found) or found > 0:
            options[name] = {option: found}
        else:
            reasons[name] = "mmd_rbf needs training rows that differ, whose median distance is its bandwidth"
    return {name: options[name] for name in chosen if name in options}


def _run(steps, progress, names, reasons):
    try:
        for _ in steps:
            progress()
    except Exception as error:  # as above
        for name in names:
            reasons.setdefault(name, _told(error))


def _told(error):
    """An error as a reason: a metric's own words, or what went wrong in it."""
    own = isinstance(error, ValueError | np.linalg.LinAlgError)
    return f"{error}" if own and str(error) else f"{type(error).__name__}: {error}".rstrip(": ")


def _sweeps(pool, passes, chosen, r, options, seed, found):
    """Names, how many steps, and their generator, which ends by leaving the values of all passes in `found`."""
    kernels, slices = ([name for name in chosen if name in kind and name not in found] for kind in (KERNELS, SLICES))
    if not kernels + slices:
        return  # so samples of r rows may not be among those that the slower metrics take
    for name in kernels + slices:
        found[name] = np.full((len(passes), 2), np.nan)
    rows = pool.rows[pool.position]
    (n, d), real = rows.shape, len(rows) - r
    spans = {"honest": (0, real), "memgen_u": (0, n), "memgen_p": (0, n)}
    spans = [spans.get(kind, (real - r, n)) for kind, _ in passes]
    triples = [samples[r, r] for _, samples in passes]
    if kernels:
        bandwidth = options.get("mmd_rbf", {}).get("bandwidth")
        yield kernels, kernel_steps(n), kernel_values(rows, triples, spans, kernels, bandwidth, found)
    if slices:
        yield slices, sliced_steps(d), sliced_values(rows, triples, spans, slices, seed, found)


def _values(chosen, one, tiers, options, seed, found, shared, reasons):
    """Values against train and against held-out, array (metrics, 2); NaN where there is none, for the `reasons`."""
    kind, triples = one
    values = np.full((len(chosen), 2), np.nan)
    for i, name in enumerate(chosen):
        if name in found:
            values[i] = found[name]
            continue
        metric, (n, m) = registry.get(name), tiers[name]
        T, H, G = (shared.take(index) for index in triples[n, m])
        sides = {"both": [(T, H, G)], "generated": [(G,)]}.get(metric.needs, [(T, G), (H, G)])
        if n > m and kind != "observed":
            sides = sides[:1]  # the other is of another size: no gap will be asked for
        for j, arrays in enumerate(sides):
            try:
                values[i, j] = metric.on_checked(
                    *arrays, random_state=seed, neighborhoods=shared, **options.get(name, {})
                )
            except Exception as error:  # whatever it is: one metric never takes the others with it
                if kind == "observed":
                    reasons.setdefault(name, _told(error))
    return values
