"""The command `memgen-lite`: audit or evaluate three files, write a report, and say by the exit status how it went."""

import argparse
import sys
import warnings
from pathlib import Path

from .auditing import audit
from .data.own_files import read_rows
from .evaluation import evaluate
from .shared.checks import number, whole

HELD, FAILED, CANNOT_TELL = 0, 1, 2
_EPILOG = (
    "exit status: 0 held, 1 failed (copies beyond the limit, or is told from fresh rows), 2 can't tell, or bad input"
)


def parser():
    """What the command takes."""
    command = argparse.ArgumentParser("memgen-lite", description=__doc__, epilog=_EPILOG)
    kinds = command.add_subparsers(dest="kind", required=True, metavar="{audit,evaluate}")
    for name, what in (
        ("audit", "is it copying? an exact test, and which rows"),
        ("evaluate", "all metrics, each beside an honest sample and MemGEN"),
    ):
        one = kinds.add_parser(name, help=what, epilog=_EPILOG)
        for role in ("train", "held_out", "generated"):
            one.add_argument(role, help="a file or a folder of images, as memgen_lite.read_rows takes it")
        one.add_argument("--ignore", action="append", metavar="COLUMN", help="leave a column out; may be repeated")
        one.add_argument("--na", action="append", metavar="WORD", help="a word that means missing; may be repeated")
        one.add_argument("--header", choices=("yes", "no"), help="whether the first line names the columns")
        one.add_argument("--json", metavar="PATH", help="write all findings; - for the standard output")
        one.add_argument("--seed", type=int, default=0)
        one.add_argument("--html", metavar="PATH", help="write a page to read; it shows no records of tables or texts")
        one.add_argument("--model", metavar="NAME", help="the name of the model, for the page")
        one.add_argument("--data", metavar="NAME", help="what it was trained on, for the page")
        one.add_argument("--date", help='when, for the page; "today" is the day of today')
        one.add_argument("--decision", metavar="TEXT", help="what was decided, for the page")
        if name == "audit":
            one.add_argument("--fail-above", type=float, metavar="DOSE", help="by default 0, or where rows are named")
            help = "that --fail-above is meant for, so that samples of any size are compared alike; by default all"
            one.add_argument("--held-out-rows", type=int, metavar="K", help=f"the number of held-out rows {help}")
            one.add_argument("--epsilon", action="store_true", help="a lower bound for that of differential privacy")
            one.add_argument("--metric", choices=("euclidean", "cosine"), default="euclidean")
            help = "further ways to compare rows: auto where they cost little (by default), all at any cost, or none"
            one.add_argument("--spaces", choices=("auto", "all", "none"), default="auto", help=help)
            help = "print the words that the closest pairs of texts share, with what stands around them"
            one.add_argument("--spans", action="store_true", help=help)
        else:
            one.add_argument("--metrics", default="all", help="names, separated by commas; by default all")
    return command


def main(arguments=None):
    """Run the command; returns the exit status."""
    try:
        given = parser().parse_args(arguments)
    except SystemExit as stop:  # of argparse: 0 after --help, 2 for what it can't read
        return stop.code
    try:
        _checked(given)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            samples = [_rows(given, role) for role in ("train", "held_out", "generated")]
        for warning in told:
            print(f"Warning: {warning.message}", file=sys.stderr)
        return (_audit if given.kind == "audit" else _evaluate)(given, samples)
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"memgen-lite: {error}", file=sys.stderr)
        return CANNOT_TELL


def _checked(given):
    """What could not be done after the work is refused before it, by the name of its option."""
    if given.kind == "audit" and given.fail_above is not None:
        number(given.fail_above, "--fail-above")
    for option in ("html", "json"):
        path = getattr(given, option)
        if path not in (None, "-") and (Path(path).is_dir() or not Path(path).absolute().parent.is_dir()):
            raise OSError(f"--{option} must be a file in a folder that is there, got {path}")


def _rows(given, role):
    header = None if given.header is None else given.header == "yes"
    return read_rows(getattr(given, role), role, na=given.na, header=header)


def _audit(given, samples):
    if given.spans and not all(isinstance(sample, list) for sample in samples):
        raise ValueError("--spans is for texts, a line or a document each; these are none")
    if given.held_out_rows is not None:
        whole(given.held_out_rows, "--held-out-rows", 1, len(samples[1]))
    spaces = None if given.spaces == "none" else given.spaces
    found = audit(*samples, metric=given.metric, ignore=given.ignore, spaces=spaces, random_state=given.seed)
    print(found)
    if given.spans:
        print(found.pairs().spans())
    if given.epsilon:
        print(found.epsilon_lower_bound())
    if given.html:
        found.to_html(given.html, limit=given.fail_above, held_out=given.held_out_rows, **_told(given))
    _write(found, given.json)
    if found.exceeds(given.fail_above or 0, given.held_out_rows):
        dose, beside = found.dose, found.beside
        if given.held_out_rows is not None:
            dose, beside = found.dose_at(given.held_out_rows), f"at {given.held_out_rows:,} held-out rows"
        print(f"failed: the dose, {dose:.3f} {beside}, is above {given.fail_above or 0:g}, and not by chance")
        return FAILED
    if given.fail_above is None and found.verdict.startswith("Copies"):
        print(
            f"failed: {len(found.copies) or len(found.suspects):,} training rows are "
            f"{'named' if len(found.copies) else 'suspects'}, if too few for a dose; --fail-above sets a limit"
        )
        return FAILED
    return CANNOT_TELL if found.verdict.startswith("Can't tell") else HELD


def _evaluate(given, samples):
    metrics = "all" if given.metrics == "all" else given.metrics.split(",")
    found = evaluate(*samples, metrics, ignore=given.ignore, random_state=given.seed)
    print(found)
    if given.html:
        found.to_html(given.html, **_told(given))
    _write(found, given.json)
    verdicts = {row["verdict"] for row in found.rows}
    if verdicts == {"not computed"}:
        return CANNOT_TELL
    return FAILED if verdicts & {"like a copy", "off"} else HELD


def _told(given):
    """What a page says of itself."""
    return {name: getattr(given, name) for name in ("model", "data", "date", "decision")}


def _write(found, path):
    if path == "-":
        print(found.to_json())
    elif path:
        found.to_json(path)


if __name__ == "__main__":
    sys.exit(main())
