"""Every data set of the project, with its source and licence. Nothing is downloaded when used."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """Data with where it comes from.

    Attributes
    ----------
    train, held_out : what a model sees, and a fresh sample of the same law that it never sees (None where there is none).
    name, source, license, credit : str; `credit` is the line that a figure prints.
    y, y_held_out : labels of the two parts, or None.
    feature_names : list of str, or None.
    """

    train: Any
    held_out: Any
    name: str
    source: str
    license: str
    credit: str
    y: Any = None
    y_held_out: Any = None
    feature_names: list | None = None

    def __repr__(self):
        held_out = "" if self.held_out is None else f", {len(self.held_out):,} held out"
        return f"{self.name}: {len(self.train):,} to train on{held_out}. {self.credit}"


def digits(random_state=0):
    """Handwritten digits, 8x8 pixels from 0 to 16, as 900 + 897 rows of 64 (stratified by digit).

    >>> digits().train.shape, digits().held_out.shape
    ((900, 64), (897, 64))
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    parts = train_test_split(bunch.data, bunch.target, train_size=900, stratify=bunch.target, random_state=random_state)
    train, held_out, y, y_held_out = parts
    return Dataset(
        train=train,
        held_out=held_out,
        y=y,
        y_held_out=y_held_out,
        name="digits",
        source="UCI Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998), the test part, from scikit-learn",
        license="CC BY 4.0",
        credit="Digits: Alpaydin and Kaynak (1998), UCI, CC BY 4.0, from scikit-learn",
        feature_names=list(bunch.feature_names),
    )
