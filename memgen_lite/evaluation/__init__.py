"""All metrics of one generator, calibrated: each beside what an honest sample and a memorizer would have scored."""

from .evaluating import evaluate
from .report import Evaluation

__all__ = ["Evaluation", "evaluate"]
