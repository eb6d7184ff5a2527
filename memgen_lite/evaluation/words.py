"""An evaluation in plain words: what each metric found, and one sentence of all, by a rule that is written here."""

import numpy as np

from .. import metrics as registry
from ..metrics.registry import FAMILIES
from ..shared import row_bytes

NEARER = 0.01  # the p-value above which nobody is called a copy
# What is said of a metric, beside its strip.
OUTCOMES = {
    "copy": "like a copy",
    "worse": "worse than fresh data",
    "beyond": "unlike fresh data, not worse",
    "fresh": "as fresh data",
    "blind": "as fresh data; so is MemGEN",
    "none": "no answer",
}
_FAMILIES = {
    "distances": "distances",
    "tests": "classifiers",
    "coverage": "measures of coverage",
    "copying": "measures of copying",
}
_UNITS = ((1e18, "quintillion"), (1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


def warned(given, n):
    """What to read before a table of these rows, of which `n` of train were drawn: a list of sentences."""
    N, K, M = map(len, given.values())
    value = row_bytes.values(*given.values())  # the place of the first row that is equal
    held, made, seen = value[N : N + K], value[N + K :], np.zeros(len(value), dtype=bool)
    seen[held] = True
    copies, shared, known = (int(which.sum()) for which in (made < N, held < N, seen[made]))
    lines = []
    if shared == K:
        lines.append(
            "every row of held_out is a row of train: nothing is held out, and copying can't be told from honesty"
        )
    elif shared:
        lines.append(f"{shared:,} of {K:,} held-out rows are equal to a training row")
    for equal, kind in ((copies, "training"), (known, "held-out")):
        if equal:
            lines.append(f"{equal:,} of all {M:,} generated rows are equal to a {kind} row")
    if n < N:
        lines.append(f"{n:,} of {N:,} training rows were drawn: copies of the others go unseen in the table")
    return lines


def copied(rows, nearer):
    """Whether the rows are called a copy: more are nearest to training rows than chance explains, and a metric is told
    on MemGEN's side.

    The first is so for 1 of 100 generators at most that look at training rows no more than at held-out ones, however
    bad they are; the second for 1 of 20 honest samples at most, as p is corrected over the table.
    """
    return nearer["p_value"] <= NEARER and any(row["verdict"] == "like a copy" for row in rows)


def outcome(row, copy):
    """One of :data:`OUTCOMES` for a metric's row, given whether the whole is called a copy.

    A metric that tells the rows from fresh ones, and not as a copy, finds them worse where its value is beyond the
    interval of honest samples on its worse side. It may be told by its gap alone.
    """
    if row["verdict"] not in ("like a copy", "off"):
        return {"as honest": "fresh", "blind": "blind"}.get(row["verdict"], "none")
    if copy and row["verdict"] == "like a copy":
        return "copy"
    better, value = registry.get(row["metric"]).better, row["train"]
    low, high = row["honest_low"], row["honest_high"]
    above, below = value > high, value < low
    if isinstance(better, str):
        return "worse" if (above if better == "lower" else below) else "beyond"
    return "worse" if (above or below) and abs(value - better) > abs(row["honest"] - better) else "beyond"


def plain(rows, nearer):
    """What an evaluation found, in plain words: (in a few words, by which families of metrics).

    A copy, where :func:`copied` says so; leaning on its training rows, where more rows than chance explains are nearest
    to these but no metric is told on MemGEN's side. Else worse than fresh data, where a metric finds them worse, which
    is said of a copy, too; unlike fresh data, where metrics tell them from fresh rows and none finds them worse; else
    as good as fresh data, which is what 94 of 100 honest samples are called at least.
    """
    copy = copied(rows, nearer)
    found = {row["metric"]: outcome(row, copy) for row in rows}
    tested = [row["metric"] for row in rows if not np.isnan(row["p_value"])]

    def by(kind):
        counts = []
        for family in FAMILIES:
            names = [name for name in tested if registry.get(name).family == family]
            n = sum(found[name] == kind for name in names)
            counts += [f"{n} of {len(names)} {_FAMILIES[family]}"] if n else []
        return " and ".join(filter(None, (", ".join(counts[:-1]), *counts[-1:])))

    kinds = {*found.values()}
    if not tested:
        return "Can't tell", "no metric gave an answer that could be tested"
    if copy and "worse" in kinds:
        return (
            "A copy, in whole or in part, and worse than fresh data",
            f"as a copy by {by('copy')}; worse by {by('worse')}",
        )
    if copy:
        return "A copy, in whole or in part", f"nearer to its training rows than fresh data are, by {by('copy')}"
    if nearer["p_value"] <= NEARER:
        more, end = (", and worse than fresh data", f"; worse by {by('worse')}") if "worse" in kinds else ("", "")
        said = "more of its rows are nearest to training rows than chance explains"
        return f"Leans on its training rows{more}", f"{said}, though no metric finds a copy{end}"
    if "worse" in kinds:
        return "Worse than fresh data", f"by {by('worse')}"
    if "beyond" in kinds:
        return "Unlike fresh data, though not worse", f"by {by('beyond')}"
    of = f"none of {len(tested)} metrics tells" if len(tested) > 1 else f"{tested[0]} does not tell"
    return "As good as fresh data", f"{of} these rows from fresh ones"


def sentence(rows, nearer):
    """:func:`plain` as a sentence."""
    return "{}: {}.".format(*plain(rows, nearer))


def number(x):
    """A number in a few characters, and in words where it is infinite or beyond imagination.

    >>> number(np.inf), number(5.41e18), number(-2.5e7), number(0.12345), number(3e30), number(np.nan)
    ('infinite', '5.4 quintillion', '-25 million', '0.123', 'beyond a quintillion', '')
    """
    if np.isnan(x):
        return ""
    if np.isinf(x):
        return "infinite" if x > 0 else "minus infinite"
    if abs(x) >= 1e21:
        return "beyond a quintillion" if x > 0 else "below minus a quintillion"
    for size, name in _UNITS:
        if abs(x) >= size:
            return f"{x / size:.2g} {name}" if abs(x) < 99.5 * size else f"{x / size:.0f} {name}"
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3f}" if 0 < abs(x) < 0.001 else f"{x:.3g}"
