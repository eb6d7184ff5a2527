"""What notebooks, tests and benchmarks run under, so that the same inputs give the same bytes.

Two spinning thread pools on two shared cores are slower than one thread, and sums split over a varying number of
threads round differently; so one thread each. Newer processors' wider instructions round differently too; so all
x86-64 machines use those that all of the last ten years have. XLA multiplies matrices by kernels chosen for the
processor and its caches, and divides by roots with an instruction whose last bits are each maker's own, unless it is
told not to; a network trained on other last bits is another network. The epoch dates what would carry the time of
writing.

What JAX compiles is kept in `.venv`, so that a notebook that was run once is not compiled again; the programs are the
same, bit for bit.
"""

import os
import platform
import sys
from pathlib import Path

SETTINGS = {
    "SOURCE_DATE_EPOCH": "1522281600",  # 29 March 2018, the day of the paper
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false --xla_cpu_enable_platform_dependent_math=false",
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "false",  # XLA reads it too
    "JAX_COMPILATION_CACHE_DIR": str(Path(sys.prefix) / "share" / "jax"),
    "JAX_COMPILATION_CACHE_MAX_SIZE": str(2**28),  # with a limit, and only with one, kernels side by side take turns
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    "PYTHONHASHSEED": "0",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
    "MPLCONFIGDIR": str(Path(sys.prefix) / "share" / "matplotlib"),  # a home may not be writable: a page would show it
    "IPYTHONDIR": str(Path(sys.prefix) / "share" / "ipython"),  # no start-up files of the reader's own
}
X86 = {
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "XLA_FLAGS": SETTINGS["XLA_FLAGS"] + " --xla_cpu_max_isa=AVX2",
}


def apply():
    """Put the settings into this process's environment, for it and everything that it starts.

    Flags of XLA that were added to these before stay.
    """
    settings = SETTINGS | (X86 if platform.machine().lower() in ("x86_64", "amd64") else {})
    if os.environ.get("XLA_FLAGS", "").startswith(settings["XLA_FLAGS"]):
        settings["XLA_FLAGS"] = os.environ["XLA_FLAGS"]
    os.environ.update(settings)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # with it, every kernel compiles every package anew
    os.environ["PATH"] = str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", "")
