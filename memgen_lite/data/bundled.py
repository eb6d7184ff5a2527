"""Every data set of the project, with its source and licence. Nothing is downloaded when used."""

import codecs
from importlib.util import find_spec

from ..shared.randomness import generator
from .dataset import Dataset


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
        source="UCI Optical Recognition of Handwritten Digits (Alpaydin and Kaynak, 1998), test part, in scikit-learn",
        license="CC BY 4.0",
        credit="Digits: Alpaydin and Kaynak (1998), UCI, CC BY 4.0, from scikit-learn",
        feature_names=list(bunch.feature_names),
    )


def cats(n=200, random_state=0, size=64, *, n_held_out=None):
    """Cats drawn from a known law (:mod:`memgen_lite.cats`), uint8 (n, size, size, 3); `n_held_out` is n if None.

    `y` is the structured array of the parameters behind each picture, with `feature_names` as its fields;
    `memgen_lite.cats.log_prob(y)` is their exact log density under the population.

    >>> two = cats(2)
    >>> two.train.shape, two.y.shape, two.feature_names[:4]
    ((2, 64, 64, 3), (2,), ['fur', 'pattern', 'eyes', 'pose'])
    """
    from .drawn_cats import PARAMETERS, draw, sample_parameters

    rng = generator(random_state)
    y, y_held_out = sample_parameters(n, rng), sample_parameters(n if n_held_out is None else n_held_out, rng)
    return Dataset(
        train=draw(y, size),
        held_out=draw(y_held_out, size),
        y=y,
        y_held_out=y_held_out,
        name="cats",
        source="drawn from parameters with a known law by memgen_lite.cats",
        license="MIT",
        credit="Drawn cats: memgen_lite, MIT",
        feature_names=list(PARAMETERS.names),
    )


def zen():
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
