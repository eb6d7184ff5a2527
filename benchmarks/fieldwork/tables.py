"""What the cells say together: a row for each generator on each data set, and who was accused without having copied."""

from collections import Counter

import numpy as np
from scipy.stats import beta

from .cells import DRAW, cells, kept, steps

LEVEL = 0.05


def accused(found):
    """Whether the sentence of an audit accuses; the p-value alone may be below .05 where "can't tell" is said."""
    return found["words"].startswith(("Copies", "Leans"))


def interval(count, of, confidence=0.95):
    """Clopper and Pearson's exact interval of a share.

    >>> [round(end, 3) for end in interval(1, 20)]
    [0.001, 0.249]
    """
    outside = (1 - confidence) / 2
    low = beta.ppf(outside, count, of - count + 1) if count else 0.0
    high = beta.ppf(1 - outside, count + 1, of - count) if count < of else 1.0
    return float(low), float(high)


def results(study, folder):
    """A row for each step that is done, and those that are not; of rows that could not be drawn, the reason alone."""
    rows, missing = [], []
    for cell in cells(study):
        who = {"data": cell.data, "generator": cell.generator, "fitted": cell.fitted, "split": cell.split}
        for step in steps(study, cell):
            found = kept(folder, cell, step)
            if found is None:
                missing.append(who | {"measure": step})
                continue
            rows.append(who | {"measure": step} | found)
            if step == DRAW and "failed" in found:
                break
    return rows, missing


def done(rows, measure):
    return [row for row in rows if row["measure"] == measure and "failed" not in row]


def summary(study, rows):
    """One row for each data set, generator and what that was fitted to: the audit over splits, and the others."""
    groups = {}
    for row in rows:
        groups.setdefault((row["data"], row["generator"], row["fitted"]), []).append(row)
    groups = {key: of for key, of in groups.items() if any("failed" not in row for row in of)}
    return [line(study, *key, of) for key, of in sorted(groups.items(), key=lambda one: _place(study, *one[0]))]


def _place(study, data, generator, fitted):
    return list(study.data).index(data), list(study.generators).index(generator), fitted == "others"


def line(study, data, generator, fitted, rows):
    audits = done(rows, "audit")
    middle = {key: float(np.median([row[key] for row in audits])) if audits else None for key in ("dose", "p", "named")}
    found = {"data": data, "generator": generator, "fitted to": fitted, "splits": len(audits)}
    found |= {
        "dose": middle["dose"],
        "least": min((row["dose"] for row in audits), default=None),
        "most": max((row["dose"] for row in audits), default=None),
        "p": middle["p"],
        "p <= .05": sum(row["p"] <= LEVEL for row in audits),
        "accused": sum(map(accused, audits)),
        "named": middle["named"],
    }
    for measure in study.measures:
        if measure != "audit":
            values = [row["value"] for row in done(rows, measure)]
            found[measure] = float(np.median(values)) if values else None
    return found


def alarms(study, rows):
    """Of generators that have not seen the training rows, and of private ones: how many audits accuse, with interval.

    The interval takes audits as if they were apart. Those of one split share its training and held-out rows, so that an
    unlucky split counts more than once: beside it stands how many of the splits have any.
    """
    audits = done(rows, "audit")
    private = [name for name, one in study.generators.items() if one.known == "private"]
    classes = {
        "fitted to other rows": [row for row in audits if row["fitted"] == "others"],
        "private, fitted to train": [row for row in audits if row["fitted"] == "train" and row["generator"] in private],
    }
    classes["both"] = [row for of in list(classes.values()) for row in of]
    found = []
    for name, of in classes.items():
        for rule, says in (("accused", accused), ("p <= .05", lambda row: row["p"] <= LEVEL)):
            if of:
                hit = [row for row in of if says(row)]
                low, high = interval(len(hit), len(of))
                splits = len({(row["data"], row["split"]) for row in hit})
                found.append(
                    {"generators": name, "rule": rule, "audits": len(of), "said of": len(hit)}
                    | {"share": len(hit) / len(of), "low": low, "high": high}
                    | {"splits with any": splits, "of splits": len({(row["data"], row["split"]) for row in of})}
                )
    return found


def each_alarm(study, rows):
    """Every such audit that accuses, by name."""
    private = [name for name, one in study.generators.items() if one.known == "private"]
    return [
        {key: row[key] for key in ("data", "generator", "fitted", "split", "dose", "p", "space", "words")}
        for row in done(rows, "audit")
        if (row["fitted"] == "others" or row["generator"] in private) and (accused(row) or row["p"] <= LEVEL)
    ]


def copiers(study, rows):
    """Known copiers: on how many of the splits each was found, and the splits on which it was not."""
    found = []
    for (data, name), of in _by(done(rows, "audit"), "data", "generator").items():
        of = [row for row in of if row["fitted"] == "train"]
        if of and study.generators[name].known == "copies":
            missed = [row["split"] for row in of if not row["words"].startswith("Copies")]
            found.append(
                {"data": data, "generator": name, "splits": len(of), "found on": len(of) - len(missed)}
                | {"missed on": ", ".join(map(str, missed))}
            )
    return found


def _by(rows, *keys):
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def beside(study, rows):
    """What each measure's user would read, counted: of generators fitted to train, and of those that never saw it."""
    found = []
    for (measure, fitted), of in _by([row for row in rows if row["measure"] != DRAW], "measure", "fitted").items():
        told = [row for row in of if "failed" not in row]
        words = Counter(row["words"] for row in told)
        if measure in ("DCR protection", "new rows"):  # their words have a number in them
            words = Counter("score of 1" if row["value"] >= 1 else "score below 1" for row in told)
        for what, count in words.most_common(6):
            found.append({"measure": measure, "fitted to": fitted, "says": what, "times": count, "of": len(told)})
    return found


def costs(rows):
    """Medians of processor seconds and of the most memory held, a step."""
    found = []
    for (what,), of in _by([row | {"what": _what(row)} for row in rows if "CPU seconds" in row], "what").items():
        middle = {key: float(np.median([row[key] for row in of])) for key in ("CPU seconds", "MiB")}
        found.append({"what": what, "times": len(of)} | middle | {"most MiB": max(row["MiB"] for row in of)})
    return sorted(found, key=lambda row: row["what"])


def _what(row):
    return f"fit and draw: {row['generator']}" if row["measure"] == DRAW else f"measure: {row['measure']}"


def failures(rows):
    """What failed, once for each reason, with how often."""
    found = _by([row for row in rows if "failed" in row], "data", "generator", "measure", "failed")
    return [
        {"data": data, "generator": name, "step": step, "times": len(of), "why": why}
        for (data, name, step, why), of in found.items()
    ]


def not_run(missing):
    """What is not done yet: for each data set and generator, how many steps, and of what."""
    found = []
    for (data, name), of in _by(missing, "data", "generator").items():
        which = ", ".join(f"{step} {count}" for step, count in Counter(row["measure"] for row in of).items())
        found.append({"data": data, "generator": name, "not run": len(of), "steps": which})
    return found
