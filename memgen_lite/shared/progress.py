"""One bar for all long work."""

import os


def bar(total, title, unit):
    """A progress bar, after two seconds of work; none where the environment has `TQDM_DISABLE`, as for stored pages."""
    from tqdm.auto import tqdm

    off = bool(os.environ.get("TQDM_DISABLE"))  # tqdm itself forgets it in notebooks
    return tqdm(total=total, desc=title, unit=unit, leave=False, delay=2, disable=off)
