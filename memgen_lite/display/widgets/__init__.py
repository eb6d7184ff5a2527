"""Interactive views: a state, a pure drawing function, a view. Nothing here computes a result of its own."""

from .explorer import Explorer, slider
from .human_evaluation import HumanEvaluation
from .questions import Exercise, Predict, Reveal, Score, score
from .recitation import Recitation
from .stored import PROMPT

__all__ = [
    "PROMPT",
    "Exercise",
    "Explorer",
    "HumanEvaluation",
    "Predict",
    "Recitation",
    "Reveal",
    "Score",
    "score",
    "slider",
]
