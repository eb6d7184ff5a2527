"""What notebooks, tests and benchmarks run under, so that the same inputs give the same bytes.

Two spinning thread pools on two shared cores are slower than one thread, and sums split over a varying number of
threads round differently; so one thread each. The epoch dates what would otherwise carry the time of writing.
"""

import os
import sys
from pathlib import Path

SETTINGS = {
    "SOURCE_DATE_EPOCH": "1522281600",  # 29 March 2018, the day of the paper
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
}


def apply():
    """Put the settings into this process's environment, for it and every kernel that it starts."""
    os.environ.update(SETTINGS)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, every kernel compiles every package anew
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
