"""Generators as their packages ship them: a function from training rows, a number of rows and a seed to new rows.

Nothing is tuned. Where a package wants its columns told apart, whole numbers of few values are categories, and what
comes back gets the columns and types of the training rows, so that no program is blamed for a type. What a package
needs to run at all beside today's NumPy stands with it.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import memgen_lite as mg

from .datasets import LEVELS


@dataclass(frozen=True)
class Generator:
    """A generator: the kind of data that it is for, its package, what is known of it, and a function that draws.

    known : "copies" (its rows are training rows or pieces of them), "private" (epsilon is 1), or "" where the study
        is to tell. rows : how many training rows it gets, all by default; the audit is told of these alone. splits : on
        how many splits, those of the study by default.
    """

    kind: str
    package: str
    draw: Callable
    known: str = ""
    rows: int | None = None
    splits: int | None = None


def discrete(frame):
    """Names of the columns that are categories: words, and whole numbers of few values."""
    return [
        name
        for name, column in frame.items()
        if not pd.api.types.is_numeric_dtype(column)
        or (pd.api.types.is_integer_dtype(column) and column.nunique() <= LEVELS)
    ]


def like(train, found):
    """Generated rows with the columns and types of the training rows; whole numbers are rounded."""
    found = found[list(train)].reset_index(drop=True)
    for name, column in train.items():
        if pd.api.types.is_integer_dtype(column):
            found[name] = pd.to_numeric(found[name]).round().astype(column.dtype)
        elif pd.api.types.is_float_dtype(column):
            found[name] = pd.to_numeric(found[name]).astype(float)
        else:
            found[name] = found[name].astype(column.dtype)
    return found


def sdv(which, **options):
    """A synthesizer of SDV, on the metadata that SDV itself detects."""

    def draw(train, n, seed):
        import torch
        from sdv import single_table
        from sdv.metadata import Metadata

        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - SDV's transformers draw from it
        metadata = Metadata.detect_from_dataframes({"table": train}, infer_keys=None)
        model = getattr(single_table, which)(metadata, **options)
        model.fit({"table": train})
        found = model.sample(n)
        return like(train, found["table"] if isinstance(found, dict) else found)

    return draw


OLD = "in1d"


def forest(train, n, seed):
    from arfpy import arf

    if not hasattr(np, OLD):
        setattr(np, OLD, np.isin)  # which NumPy 2.4 has by this name alone
    np.random.seed(seed)  # noqa: NPY002 - arfpy draws from it
    model = arf.arf(train.astype(dict.fromkeys(discrete(train), "category")), random_state=seed, verbose=False)
    model.forde()
    return like(train, model.forge(n))


def trees(train, n, seed):
    import logging

    from synthpop import CARTMethod, MissingDataHandler

    logging.disable()
    np.random.seed(seed)  # noqa: NPY002 - synthpop draws from it
    filled = train
    if train.isna().any().any():
        handler = MissingDataHandler()
        filled = handler.apply_imputation(train, handler.detect_missingness(train))
    codes = {name: filled[name].astype("category") for name in discrete(train)}
    coded = filled.assign(**{name: column.cat.codes for name, column in codes.items()})
    model = CARTMethod({name: "categorical" if name in codes else "numerical" for name in train}, random_state=seed)
    model.fit(coded)
    found = model.sample(n)
    for name, column in codes.items():
        found[name] = np.asarray(column.cat.categories)[found[name].astype(int)]
    return like(train, found)


def private(epsilon, degree=1):
    """DataSynthesizer's Bayesian network, each node with one parent (two take minutes), under differential privacy."""

    def draw(train, n, seed):
        from DataSynthesizer.DataDescriber import DataDescriber
        from DataSynthesizer.DataGenerator import DataGenerator

        names = discrete(train)
        with (
            tempfile.TemporaryDirectory() as folder,
            np.printoptions(legacy="1.25"),  # it writes names with repr, which NumPy 2 says otherwise
            open(os.devnull, "w") as nothing,
            contextlib.redirect_stdout(nothing),
        ):
            table, told = str(Path(folder) / "train.csv"), str(Path(folder) / "told.json")
            train.to_csv(table, index=False)
            describer = DataDescriber(category_threshold=LEVELS)
            describer.describe_dataset_in_correlated_attribute_mode(
                dataset_file=table,
                epsilon=epsilon,
                k=degree,
                attribute_to_is_categorical={name: name in names for name in train},
                attribute_to_is_candidate_key=dict.fromkeys(train, False),
                seed=seed,
            )
            describer.save_dataset_description_to_file(told)
            generator = DataGenerator()
            generator.generate_dataset_in_correlated_attribute_mode(n, told, seed=seed)
            return like(train, generator.synthetic_dataset)

    return draw


def smote(train, n, seed):
    """As many new rows of each class as it has; the class is the column of fewest values."""
    from imblearn.over_sampling import SMOTENC

    names = discrete(train)
    label = min(names, key=lambda name: train[name].nunique())
    X, y = train.drop(columns=label), train[label]
    kept = y.map(y.value_counts()) > 5  # of fewer rows it finds no five neighbors
    X, y = X[kept], y[kept]
    wanted = (2 * y.value_counts()).to_dict()
    model = SMOTENC([name for name in names if name != label], sampling_strategy=wanted, random_state=seed)
    rows, classes = model.fit_resample(X, y)
    new = rows.iloc[len(X) :].assign(**{label: classes.iloc[len(X) :]})
    return like(train, new.sample(min(n, len(new)), random_state=seed))


def bootstrap(train, n, seed):
    """The paper's model: training rows, drawn with replacement."""
    if isinstance(train, pd.DataFrame):
        return train.iloc[mg.MemGEN(random_state=seed).fit(np.arange(len(train))).sample(n)].reset_index(drop=True)
    return mg.MemGEN(random_state=seed).fit(train).sample(n)


def markov(size, tested):
    """markovify's chain of so many words, with its own test for overlap with the training text, or without."""

    def draw(train, n, seed):
        import random

        import markovify

        random.seed(seed)
        model = markovify.NewlineText("\n".join(train), state_size=size, well_formed=False)
        found, tries = [], 0
        while len(found) < n and tries < 50 * n:
            text = model.make_sentence(test_output=tested, tries=1)
            found += [text] if text else []
            tries += 1
        if len(found) < 50:
            raise ValueError(f"{len(found)} texts of {tries} tries came through its test")
        return found

    return draw


def grams(escape):
    return lambda train, n, seed: mg.peers.peer("infinity_gram", escape=escape, random_state=seed).fit(train).sample(n)


def characters(width):
    def draw(train, n, seed):
        return mg.peers.peer("character_network", width=width, random_state=seed).fit(train).sample(n)

    return draw


def diffusion(train, n, seed):
    from .diffusion import drawn

    return drawn(train, n, seed)


FEW, SMALL = 300, 30
GENERATORS = {
    "bootstrap": Generator("table", "memgen_lite", bootstrap, "copies"),
    "Gaussian copula": Generator("table", "sdv", sdv("GaussianCopulaSynthesizer")),
    "CART": Generator("table", "python-synthpop", trees),
    "SMOTENC": Generator("table", "imbalanced-learn", smote),
    # On more splits: whether it is accused too often is told by the count of few that are.
    "private, epsilon 1": Generator("table", "DataSynthesizer", private(1), "private", splits=15),
    "private, epsilon 10": Generator("table", "DataSynthesizer", private(10)),
    "ARF": Generator("table", "arfpy", forest),
    "CTGAN": Generator("table", "sdv", sdv("CTGANSynthesizer", enable_gpu=False)),
    "TVAE": Generator("table", "sdv", sdv("TVAESynthesizer", enable_gpu=False)),
    "TVAE, 3,000 epochs on few rows": Generator(
        "table", "sdv", sdv("TVAESynthesizer", enable_gpu=False, epochs=3000), rows=FEW
    ),
    "bootstrap of pictures": Generator("pictures", "memgen_lite", bootstrap, "copies"),
    "pixel diffusion, N = 30": Generator("pictures", "torch", diffusion, "copies", rows=SMALL),
    "pixel diffusion": Generator("pictures", "torch", diffusion),
    "bootstrap of texts": Generator("texts", "memgen_lite", bootstrap, "copies"),
    **{
        f"markovify {size}{', overlap test' if tested else ''}": Generator("texts", "markovify", markov(size, tested))
        for size in (1, 2, 3)
        for tested in (False, True)
    },
    "infinity-gram": Generator("texts", "memgen_lite", grams(0.0), "copies"),
    "infinity-gram, escape 1": Generator("texts", "memgen_lite", grams(1.0)),
    "character network, width 32": Generator("texts", "memgen_lite", characters(32)),
    "character network, width 256": Generator("texts", "memgen_lite", characters(256)),
}
