"""Data sets that come inside other packages, or inside Python."""

import codecs
from importlib.util import find_spec

from ..shared.types import RandomState
from .dataset import Dataset


def digits(random_state: RandomState = 0) -> Dataset:
    """Handwritten digits, 8x8 pixels from 0 to 16, as 900 + 897 rows of 64 (stratified by digit).

    >>> digits().train.shape, digits().held_out.shape
    ((900, 64), (897, 64))
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    parts = train_test_split(bunch.data, bunch.target, train_size=900, stratify=bunch.target, random_state=random_state)
    return Dataset(
        **dict(zip(("train", "held_out", "y", "y_held_out"), parts, strict=True)),
        name="digits",
        source="UCI Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998), test part, in scikit-learn",
        license="CC BY 4.0",
        credit="Digits: Alpaydin and Kaynak (1998), UCI, CC BY 4.0, from scikit-learn",
        feature_names=list(bunch.feature_names),
    )


def zen() -> Dataset:
    """The Zen of Python, the poem inside CPython, line by line (its title first, no empty lines); nothing is held out.

    >>> zen().train[1]
    'Beautiful is better than ugly.'
    """
    # Importing `this` prints the poem; its compiled code holds it, turned by 13 letters, as its longest constant.
    code = find_spec("this").loader.get_code("this")
    poem = codecs.decode(max((constant for constant in code.co_consts if isinstance(constant, str)), key=len), "rot13")
    return Dataset(
        train=[line for line in poem.splitlines() if line.strip()],
        held_out=None,
        name="zen",
        source="The Zen of Python, by Tim Peters (PEP 20, 2004): the module `this` of CPython",
        license="PSF License Version 2",
        credit="The Zen of Python: Tim Peters, from CPython, PSF License Version 2",
    )
