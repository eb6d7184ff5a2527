"""Real data that come with packages, each cut at random into rows to train on, rows held out, and others.

The others are what a generator is fitted to that has not seen the training rows: whatever is said of it is false. A cut
has its own seed, so that the luck of a split is seen from five of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import memgen_lite as mg

BIRTHS = (
    "bweight mmarried mhisp fhisp foreign alcohol deadkids mage medu fage fedu nprenatal monthslb order msmoke mbsmoke "
    "mrace frace prenatal birthmonth lbweight fbaby prenatal1"
)
PERSON = "plan site coins income xage female num mhi disea physlm outpdol mdvis hlthg hlthf"
LEVELS = 12  # whole numbers of no more values are handed to generators as categories


@dataclass(frozen=True)
class Parts:
    """Rows of three kinds, and who they are of: labels of all three where rows belong together."""

    train: object
    held_out: object
    others: object
    groups: tuple | None = None


@dataclass(frozen=True)
class Data:
    """A data set: its kind (table, pictures, texts), where it is from, and a function from a Generator to `Parts`."""

    kind: str
    source: str
    cut: Callable


def installed(package, path):
    """The path of a file that a package brings."""
    from importlib.util import find_spec

    found = find_spec(package)
    if found is None:
        raise ModuleNotFoundError(f"No module named {package!r}")
    return Path(found.origin).parent / path


def thirds(rows, rng, size):
    """Three parts of so many rows each, or of a third of all where there are fewer."""
    size = min(size, len(rows) // 3)
    order = rng.permutation(len(rows))[: 3 * size]
    if isinstance(rows, pd.DataFrame):
        return [rows.iloc[part].reset_index(drop=True) for part in np.split(order, 3)]
    if isinstance(rows, np.ndarray):
        return [rows[part] for part in np.split(order, 3)]
    return [[rows[i] for i in part] for part in np.split(order, 3)]


def by_row(read, size):
    return lambda rng: Parts(*thirds(read(), rng, size))


def births():
    found = pd.read_csv(installed("statsmodels", "treatment/tests/results/cataneo2.csv"))
    return found[BIRTHS.split()].replace({"msmoke": {"0 daily": "none"}})


def affairs():
    return pd.read_csv(installed("statsmodels", "datasets/fair/fair.csv"))


def insured():
    """One row a person, of the first year: a quarter has no index of health, some no education."""
    found = pd.read_csv(installed("statsmodels", "datasets/randhie/src/randhie.csv"))
    return found.drop_duplicates("zper")[[*PERSON.split(), "educdec", "ghindx"]]


def years():
    found = pd.read_csv(installed("statsmodels", "datasets/randhie/src/randhie.csv"))
    return found[[*PERSON.split(), "year", "zper"]].dropna()


def some_groups(owners, size, rng):
    """Numbers of so many rows, of groups in random order: all rows of each, but for the last.

    >>> some_groups(np.array([7, 7, 3, 3, 5, 5]), 3, np.random.default_rng(0))
    array([0, 4, 5])
    """
    _, number = np.unique(owners, return_inverse=True)
    place = rng.permutation(number.max() + 1)[number]
    return np.sort(np.argsort(place, kind="stable")[:size])


def panel(persons):
    """Rows of so many persons: cut by row, so that a person stands in all parts, or with `together` by person."""

    def cut(rng, together):
        rows = years()
        chosen = rng.permutation(rows["zper"].unique())[:persons]
        if not together:
            mixed = rows[rows["zper"].isin(chosen)].drop(columns="zper")
            return Parts(*thirds(mixed, rng, len(mixed)))
        parts = [rows[rows["zper"].isin(some)].reset_index(drop=True) for some in np.array_split(chosen, 3)]
        owners = [part.pop("zper").to_numpy() for part in parts]
        return Parts(*parts, groups=tuple(owners))

    return cut


def digits():
    found = mg.data.digits()
    return np.concatenate([found.train, found.held_out]).reshape(-1, 8, 8) / 16


def prose():
    found = mg.data.prose()
    return [*found.train, *found.held_out]


RAND = "statsmodels, RAND Health Insurance Experiment"
PANEL = panel(1050)
DATA = {
    "births": Data("table", "statsmodels, births of Cattaneo 2010", by_row(births, 1200)),
    "affairs": Data("table", "statsmodels, Fair 1978", by_row(affairs, 1200)),
    "insured": Data("table", f"{RAND}: a row a person, some missing", by_row(insured, 1200)),
    "panel by row": Data("table", f"{RAND}: years of persons", lambda rng: PANEL(rng, together=False)),
    "panel by person": Data("table", f"{RAND}: years of persons", lambda rng: PANEL(rng, together=True)),
    "digits": Data("pictures", "scikit-learn", by_row(digits, 599)),
    "prose": Data("texts", "docstrings of SciPy", by_row(prose, 1000)),
}
