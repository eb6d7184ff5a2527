"""A fit that ends early leaves no half-fitted model."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def all_or_nothing(model: Any, stream: np.random.Generator) -> Iterator[np.random.Generator]:
    """Where the block ends with an error or an interrupt, the model and the stream are what they were before it.

    >>> model, stream = type("Model", (), {})(), np.random.default_rng(0)
    >>> with all_or_nothing(model, stream):
    ...     model.half = stream.random()
    ...     raise ValueError("stopped half-way")
    Traceback (most recent call last):
    ValueError: stopped half-way
    >>> vars(model)
    {}
    """
    before, place = dict(vars(model)), stream.bit_generator.state
    try:
        yield stream
    except BaseException:
        model.__dict__, stream.bit_generator.state = before, place
        raise
