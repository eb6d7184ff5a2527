"""One bar for all long work."""

import os

from tqdm.auto import tqdm


def bar(total, title, unit):
    """A progress bar, after two seconds of work; none where the environment has `TQDM_DISABLE`, as for stored pages."""
    off = bool(os.environ.get("TQDM_DISABLE"))  # tqdm itself forgets it in notebooks
    return tqdm(total=total, desc=title, unit=unit, leave=False, delay=2, disable=off)
