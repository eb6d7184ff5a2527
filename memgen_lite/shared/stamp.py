"""What computed a result: the versions that a report states."""

import platform
from importlib import metadata

from .. import __version__


def versions():
    """The versions of this package, Python and the libraries that every number comes from, by name."""
    libraries = {name: metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")}
    return {"memgen_lite": __version__, "python": platform.python_version(), **libraries}
