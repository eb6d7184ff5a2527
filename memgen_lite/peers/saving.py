"""A fitted peer as one file, and back: plain values, and arrays with checksums."""

import functools

import numpy as np

from ..shared import array_file

# Objects of other libraries that a peer may hold; nothing else is made from a file.
_OTHERS = {
    "PCA": "sklearn.decomposition",
    "GaussianMixture": "sklearn.mixture",
    "BernoulliRBM": "sklearn.neural_network",
}


def save(peer, path):
    """Write a fitted peer to `path`, whole or not at all. A `random_state` that is no int is saved as None."""
    blocks = {}
    state = _pack({name: value for name, value in vars(peer).items() if name not in _left_out(peer)}, blocks)
    kind = f"{type(peer).__module__.rpartition('.')[2]}:{type(peer).__name__}"
    stream = _pack(peer._stream.bit_generator.state, blocks)
    header = {"peer": kind, "state": state, "stream": stream}
    if hasattr(peer, "networks_"):
        header["networks"] = _pack(peer.leaves(), blocks)
    array_file.write(path, header, blocks)


def load(path, kinds):
    """The peer that was written to `path`, one of `kinds`: "module:Class" -> class.

    Raises
    ------
    DamagedFileError (a ValueError) : for a file that is damaged or holds something else.
    """
    header, blocks = array_file.read(path, mmap=False, verify=True)
    with array_file.guarded(path):
        peer = kinds[header["peer"]]()
        vars(peer).update(_unpack(header["state"], blocks))
        if "networks" in header:
            peer.grow(_unpack(header["networks"], blocks))
        peer._stream = _stream(_unpack(header["stream"], blocks))
        return peer


def _stream(state):
    if state["bit_generator"] not in ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"):
        raise ValueError(f"no random stream is called {state['bit_generator']!r}")
    bits = getattr(np.random, state["bit_generator"])()
    bits.state = state
    return np.random.Generator(bits)


def _left_out(peer):
    derived = {name for name in dir(type(peer)) if isinstance(getattr(type(peer), name), functools.cached_property)}
    return {"_stream", "networks_"} | derived


def _pack(value, blocks):
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.random.Generator | np.random.RandomState):
        return None
    if isinstance(value, np.ndarray):
        name = str(len(blocks))
        blocks[name] = np.atleast_1d(value)
        return {"array": name, "shape": value.shape}
    if isinstance(value, list | tuple):
        return {"list": [_pack(item, blocks) for item in value], "tuple": isinstance(value, tuple)}
    if isinstance(value, dict):
        return {"dict": {key: _pack(item, blocks) for key, item in value.items()}}
    return {"other": type(value).__name__, "state": _pack(vars(value), blocks)}


def _unpack(packed, blocks):
    if not isinstance(packed, dict):
        return packed
    if "array" in packed:
        return blocks[packed["array"]].reshape(packed["shape"])
    if "list" in packed:
        items = [_unpack(item, blocks) for item in packed["list"]]
        return tuple(items) if packed["tuple"] else items
    if "dict" in packed:
        return {key: _unpack(item, blocks) for key, item in packed["dict"].items()}
    from importlib import import_module

    other = getattr(import_module(_OTHERS[packed["other"]]), packed["other"])()
    vars(other).update(_unpack(packed["state"], blocks))
    return other
