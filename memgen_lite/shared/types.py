"""Names for what many signatures take."""

import os
from typing import Any

import numpy as np

RandomState = int | np.random.Generator | np.random.RandomState | None
FilePath = str | os.PathLike[str]
Data = Any  # what people hand in: arrays, frames, lists of texts or pictures, batches; `shared/kinds` reads it
