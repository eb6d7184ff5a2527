"""One way to say where random numbers come from."""

import numbers

import numpy as np

from .types import RandomState


def generator(random_state: RandomState = None, name: str = "random_state") -> np.random.Generator:
    """A `numpy.random.Generator` from what scikit-learn and NumPy users call a random state.

    An int seeds a new stream, None seeds one from the operating system, a `Generator` or `RandomState` goes on along
    its own. Anything else raises TypeError, a negative int ValueError.
    """
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, np.random.RandomState):
        return np.random.Generator(random_state._bit_generator)
    if random_state is None or (isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool)):
        if random_state is not None and random_state < 0:
            raise ValueError(f"{name} must be 0 or more, got {random_state}")
        return np.random.default_rng(random_state)
    raise TypeError(
        f"{name} must be an int, a numpy Generator or RandomState, or None, got {type(random_state).__name__}"
    )
