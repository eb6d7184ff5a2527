"""What raters answered, as a table: its CSV and JSON files, and those of many raters in one table.

A row is an answer. `pair` counts from 1, the `calibration` pairs first; `real_row` and `generated_row` say which rows
were shown, `real_side` and `answer` are left or right. `outcome` is what the question counts: that the rater was right,
for "real" and "copy", or preferred the generated one, for "better". `seconds` are those that the pair was in view
until its answer, empty for who answers without looking; `taken_back` says that an earlier answer was withdrawn.
`seed` names the random order that the rater was shown (empty where it has no name), `data` the pictures or texts.
"""

import csv
import io
import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..shared.checks import shown
from ..shared.files import regular
from .coin_statistics import betting_e_process, confidence_sequence

if TYPE_CHECKING:
    import pandas as pd

TARGETS = {"real": "real", "better": "generated", "copy": "generated"}  # which one of a pair each question asks for
COUNTED = {"real": "right", "better": "for the generated one", "copy": "right"}
FORMAT = "memgen_lite study 1"


def outcome(question, real_side, answer):
    """Whether an answer is the one that the question counts."""
    return (real_side == answer) == (TARGETS[question] == "real")


_TEXT = str, r"[^\ud800-\udfff]*", "text"  # a lone surrogate is none: no file can hold it
_FLAG = bool, "true|false", "True or False"  # spreadsheets write TRUE
_ROW = int, r"\d{1,18}", "a whole number from 0"
_SIDE = str, "left|right", "left or right"
_FIELDS = {  # type, what its text must be, and that in words
    "rater": _TEXT,
    "question": (str, "|".join(TARGETS), "real, better or copy"),
    "seed": _TEXT,
    "data": _TEXT,
    "pair": (int, r"0*[1-9]\d{0,17}", "a whole number from 1"),
    "calibration": _FLAG,
    "real_row": _ROW,
    "generated_row": _ROW,
    "real_side": _SIDE,
    "answer": _SIDE,
    "outcome": _FLAG,
    "seconds": (float, r"((\d+\.?\d*|\.\d+)(e[+-]?\d\d?)?)?", "0 or more, or empty"),
    "taken_back": _FLAG,
}
_PARSE = {str: str, int: int, float: lambda text: float(text or "nan"), bool: lambda text: text.lower() == "true"}
COLUMNS = tuple(_FIELDS)
_SUMMED = "rater", "question", "seed", "calibration", "outcome"
_COUNTS = "n_calibration", "n_trials"
_OF_STUDY = COLUMNS[:4]  # the same in all rows of a study, so a JSON file says them once


def rows_of(document):
    """The rows of a study's `document`, see :meth:`memgen_lite.paper.study.Study.document`."""
    shared = {name: document["study"][name] for name in _OF_STUDY}
    return [{**shared, **row} for row in document["answers"]]


def frame(rows):
    """Rows as a DataFrame with the columns above, whose types do not depend on how many rows there are."""
    import pandas as pd

    return pd.DataFrame(rows, columns=COLUMNS).astype({name: kind for name, (kind, _, _) in _FIELDS.items()})


def to_bytes(document, kind):
    """The content of a study's file, "csv" or "json"."""
    if kind == "json":
        return (json.dumps(document, indent=1) + "\n").encode()
    rows = frame(rows_of(document))
    # A spreadsheet computes what begins with one of these; an apostrophe before it says that it is text.
    rows["rater"] = ["'" * one.startswith(("=", "+", "-", "@", "\t", "\r", "'")) + one for one in rows.rater]
    return rows.to_csv(index=False, lineterminator="\r\n").encode()


def read(path):
    """Rows of a study's CSV or JSON file, each checked; ValueError names the file and what is wrong with it."""
    place = regular(path, "files")
    if Path(path).suffix.lower() == ".json":
        return rows_of(read_json(path))
    if Path(path).suffix.lower() != ".csv":
        raise ValueError(f"files must end in .csv or .json, as a study's do, got {str(path)!r}")
    try:
        table = csv.DictReader(io.StringIO(place.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        rows = list(table)
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"{str(path)!r} is no whole CSV file: {error}") from None
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise ValueError(f"{str(path)!r} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}")
    for row in rows:
        row["rater"] = (row["rater"] or "").removeprefix("'")
    return [_checked(row, path, number) for number, row in enumerate(rows, 1)]


def read_json(path):
    """The document of a study's JSON file, checked as by :func:`read`."""
    try:
        document = json.loads(regular(path).read_bytes())
    except (ValueError, RecursionError) as error:  # also of bytes that are not UTF-8
        raise ValueError(f"{str(path)!r} is no whole JSON file: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"{str(path)!r} is not of a study: its format must be {FORMAT!r}")
    try:
        rows = rows_of(document)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{str(path)!r} is damaged: {error!r}") from None
    known = {"format", "study", "answers"}, {*_OF_STUDY, *_COUNTS, "marked"}, {*COLUMNS} - {*_OF_STUDY}
    parts = [("file", [document]), ("study", [document["study"]]), ("answers", document["answers"])]
    for names, (part, held) in zip(known, parts, strict=True):
        if more := sorted({str(name) for one in held for name in one} - names):
            raise ValueError(f"{str(path)!r} has in its {part} what no study writes there: {', '.join(more[:10])}")
    for name in _COUNTS:
        if type(number := document["study"].get(name)) is not int or number < 0:
            raise ValueError(f"{str(path)!r}: {name} must be a whole number from 0, got {number!r:.60}")
    checked = [_checked(row, path, number) for number, row in enumerate(rows, 1)]
    kept = [{name: row[name] for name in COLUMNS if name not in _OF_STUDY} for row in checked]
    return {**document, "answers": kept}


def _checked(row, path, number):
    found = {}
    for name, (kind, pattern, expected) in _FIELDS.items():
        given = row.get(name)
        text = given if name in _OF_STUDY else "" if given is None and kind is float else str(given).strip()
        if not isinstance(text, str) or not re.fullmatch(pattern, text, 0 if kind is str else re.IGNORECASE):
            raise ValueError(f"{str(path)!r}, answer {number}: {name} must be {expected}, got {given!r}")
        found[name] = _PARSE[kind](text)
    if found["outcome"] != outcome(found["question"], found["real_side"], found["answer"]):
        raise ValueError(f"{str(path)!r}, answer {number}: outcome does not follow from question, real_side and answer")
    return found


def pool(files: Any) -> "pd.DataFrame":
    """The answers of many raters in one table, from the CSV or JSON files of their studies.

    Parameters
    ----------
    files : list of paths. Where a file names no rater, its own name (without the ending) is the rater's.

    Returns
    -------
    answers : DataFrame with a row an answer, whose columns are those of :mod:`memgen_lite.paper.study_answers`.

    Raises
    ------
    ValueError : for a damaged file, missing columns, an answer that is there twice (two files of one rater, or two
        raters of one name), or answers that are missing between others.
    """
    if isinstance(files, str | bytes | Path) or not np.iterable(files):
        raise TypeError(f"files must be a list of paths, got {shown(files)}")
    rows, place = [], {}
    for path in files:
        for row in read(path):
            row["rater"] = row["rater"] or Path(path).stem
            study = tuple(row[name] for name in _OF_STUDY)
            if other := place.get((study, row["pair"])):
                twice = f"pair {row['pair']} of rater {row['rater']!r} is in {other!r} and again in {str(path)!r}"
                raise ValueError(f"{twice}: leave one out, or give two raters two names")
            place[study, row["pair"]] = str(path)
            rows.append(row)
    for (study, pair), path in place.items():
        if pair > 1 and (study, pair - 1) not in place:
            raise ValueError(f"{path!r}: rater {study[0]!r} has pair {pair} and not pair {pair - 1}")
    if not rows:
        raise ValueError("files hold no answers")
    return frame(rows).sort_values(["rater", "question", "seed", "data", "pair"], ignore_index=True)


def summarize(answers: "pd.DataFrame") -> "pd.DataFrame":
    """What each rater's answers say, and what they say together.

    Parameters
    ----------
    answers : DataFrame of :func:`pool`, or of :meth:`memgen_lite.paper.study.Study.to_frame`. Calibration is left out.

    Returns
    -------
    table : DataFrame with a row a rater and a last row for all of them: `answers`, how many of them count (`right`, or
        `for the generated one`), their `share`, the 95 % confidence sequence from `low` to `high`, and the `evidence`
        against a coin, the money of :func:`memgen_lite.paper.coin_statistics.betting_e_process` after the last answer.

    A rater's row is valid wherever the rater stopped. The last row is `together`, one gambler who bets on one rater
    after the other: valid where raters answered by themselves, each in an order of their own. Where raters were shown
    one order (equal `seed`) they need not be independent even if none can see anything: all who always say "left" are
    right about the same pairs. The last row is `on average` then: the mean of the raters' evidence is valid however
    they depend on each other, and an interval is not given. The interval of `together` presumes one accuracy of all.
    """
    import pandas as pd

    if not isinstance(answers, pd.DataFrame) or not {*_SUMMED} <= {*answers.columns}:
        needs = f"a frame of pool or of a study's to_frame, with {', '.join(_SUMMED)}"
        raise TypeError(f"answers must be {needs}, got {shown(answers)}")
    try:
        answers = answers[[*_SUMMED]].astype({name: _FIELDS[name][0] for name in _SUMMED})
    except (ValueError, TypeError) as error:
        raise ValueError(f"answers must be as pool gives them: {error}") from None
    questions = sorted(answers.question.unique())
    if len(questions) != 1:
        raise ValueError(f"answers must be to one question, got {len(questions)}: {', '.join(questions)}")
    counted = answers[~answers.calibration]
    rows = [_of_one(counted.outcome[counted.rater == rater]) for rater in answers.rater.unique()]
    if counted.loc[counted.seed != "", ["rater", "seed"]].drop_duplicates().seed.duplicated().any():
        together = {**_of_one(counted.outcome), "low": math.nan, "high": math.nan}
        together["evidence"] = sum(row["evidence"] for row in rows) / len(rows)
        last = "on average"
    else:
        together, last = _of_one(counted.outcome), "together"
    table = pd.DataFrame([*rows, together], index=pd.Index([*answers.rater.unique(), last], name="rater"))
    return table.rename(columns={"outcome": COUNTED[questions[0]]})


def _of_one(outcomes):
    outcomes = outcomes.to_numpy()
    low, high = confidence_sequence(outcomes)[-1] if len(outcomes) else (0.0, 1.0)
    return {
        "answers": len(outcomes),
        "outcome": int(outcomes.sum()),
        "share": outcomes.mean() if len(outcomes) else math.nan,
        "low": low,
        "high": high,
        "evidence": betting_e_process(outcomes)[-1] if len(outcomes) else 1.0,
    }
