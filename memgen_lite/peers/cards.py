"""What every peer says of itself, and where it is: prose, in `cards.toml`."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Card:
    """Who made a model, what it minimizes or maximizes in one line, and what fitting and sampling cost."""

    title: str
    citation: str
    objective: str
    cost: str


_FILE = tomllib.loads((files(__package__) / "cards.toml").read_text("utf-8"))
PLACES = {name: entry.pop("class") for name, entry in _FILE.items()}  # module:Class, by the peer's name
NOT_COMPARED = {name for name, entry in _FILE.items() if not entry.pop("compared", True)}
CARDS = {
    PLACES[name].partition(":")[2]: Card(**{fact: " ".join(text.split()) for fact, text in entry.items()})
    for name, entry in _FILE.items()
}
