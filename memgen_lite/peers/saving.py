"""A fitted peer as one file, and back: plain values, and arrays with checksums."""

import functools

import numpy as np

from ..shared import array_file, plain_values


def save(peer, path):
    """Write a fitted peer to `path`, whole or not at all. A `random_state` that is no int is saved as None."""
    kind = f"{type(peer).__module__.rpartition('.')[2]}:{type(peer).__name__}"
    weights = peer.leaves() if hasattr(peer, "networks_") else None
    derived = {name for name in dir(type(peer)) if isinstance(getattr(type(peer), name), functools.cached_property)}
    parts = [_state(peer, {"_stream", "networks_"} | derived), peer._stream.bit_generator.state, weights]
    array_file.write(path, {"peer": kind}, plain_values.encode(parts, _OTHERS))


def load(path, kinds):
    """The peer that was written to `path`, one of `kinds`: "module:Class" -> class.

    Raises
    ------
    DamagedFileError (a ValueError) : for a file that is damaged or holds something else.
    """
    header, blocks = array_file.read(path, mmap=False, verify=True)
    with array_file.guarded(path):
        peer = kinds[header["peer"]]()
        state, stream, weights = plain_values.decode(blocks, _OTHERS)
        vars(peer).update(state)
        if weights is not None:
            peer.grow(weights)
        peer._stream = _stream(stream)
        return peer


def _stream(state):
    if state["bit_generator"] not in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
        raise ValueError(f"no random stream is called {state['bit_generator']!r}")
    bits = getattr(np.random, state["bit_generator"])()
    bits.state = state
    return np.random.Generator(bits)


def _state(model, left_out=()):
    streams = np.random.Generator | np.random.RandomState
    kept = {name: value for name, value in vars(model).items() if name not in left_out}
    return {name: None if isinstance(value, streams) else value for name, value in kept.items()}


def _other(name):
    def decode(node, coder):
        from sklearn import decomposition, mixture, neural_network

        kinds = decomposition.PCA, mixture.GaussianMixture, neural_network.BernoulliRBM
        model = {kind.__name__: kind for kind in kinds}[name]()
        vars(model).update(coder.item(node))
        return model

    return lambda model, coder: coder.node(_state(model)), decode


# Objects of scikit-learn that a peer may hold; nothing else is made from a file.
_OTHERS = {f"sklearn.{name}": _other(name) for name in ("PCA", "GaussianMixture", "BernoulliRBM")}
