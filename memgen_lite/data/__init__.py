"""Data sets, and files that a reader hands in. Nothing is downloaded when used.

Each data set is a :class:`Dataset` with its source and licence.
"""

from .bundled import digits, zen
from .by_name import load
from .dataset import Dataset
from .django_messages import translations
from .drawn_cats import cats
from .internet_pictures import emoji, photographs
from .known_laws import density
from .own_pictures import folder
from .partitions import shards
from .primer import couplets
from .recall_tasks import Sequences, sequences
from .records import record
from .scipy_prose import prose

__all__ = [
    "Dataset",
    "Sequences",
    "cats",
    "couplets",
    "density",
    "digits",
    "emoji",
    "folder",
    "load",
    "photographs",
    "prose",
    "record",
    "sequences",
    "shards",
    "translations",
    "zen",
]
