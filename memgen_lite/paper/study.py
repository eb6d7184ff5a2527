"""A human study without a screen: the pairs that a rater is shown, what the rater said, and how long it took."""

import errno
import time
from pathlib import Path

import numpy as np

from ..shared.checks import able, one_of, shown, whole
from ..shared.files import regular, write
from ..shared.kinds import together
from ..shared.neighbors import neighbors
from ..shared.randomness import generator
from . import coin, study_answers
from .study_pairs import fingerprint, samples

SIDES = {-1: "left", 1: "right"}
QUESTIONS = {"real": "is real", "better": "looks better", "copy": "is the copy"}


class Study:
    """Pairs of a real and a generated picture or text, one after the other, and what a rater said of them.

    The first `n_calibration` pairs are for practice and do not count; where an answer can be right they are marked at
    once. Of the others only the last answer can be taken back, and it is not marked before the next is given or
    :meth:`score` is called: else one could try an answer, look at the score, and take it back. Sides are independent
    fair flips, as in :func:`memgen_lite.coin.session`: balanced in the long run only, since a deck dealt half and half
    could be counted. The order is made from `random_state` and, where that is a number, the name of the rater, so that
    a class that runs the same line gets an order each.

    Parameters
    ----------
    real, generated : arrays (n, h, w) or (n, h, w, 3 or 4) of one dtype, or lists of str; at least
        `n_calibration + n_trials` of each.
    question : "real", which one is real? "better", which one looks better? This has no right answer: counted is how
        often the generated one was preferred. "copy", which one is the copy? The rater sees the row of `train` nearest
        to each of the two (Euclidean; for texts, by their runs of 1 to 4 characters), and is right to say the generated
        one. Who is often right has told the two apart, by whatever means; that something was copied
        :func:`memgen_lite.audit` can say.
    train : training rows of the same kind, for "copy" only.
    n_calibration, n_trials : int.
    random_state : int, numpy Generator, RandomState or None.
    rater : str, the name that stands in the files.
    path : of a JSON file that is written after each answer, or None. Where it exists the study goes on from it: a
        rater who left half-way, or whose kernel died, has lost nothing. It needs a number as `random_state`, and a file
        for each rater: where another study has written into it meanwhile, answers are refused (FileExistsError).
    clock : function that returns seconds.

    Attributes
    ----------
    answers : list of -1 (the left one) and +1 (the right one), calibration included.
    marked : int, how many of the answers are marked, calibration included; these stay.
    sides : int array, where the real one of each pair is.
    running : bool, whether a pair is in view and its time counted, from :meth:`start` to :meth:`pause`.
    """

    def __init__(
        self,
        real,
        generated,
        *,
        question="real",
        train=None,
        n_calibration=3,
        n_trials=20,
        random_state=0,
        rater="",
        path=None,
        clock=time.monotonic,
    ):
        question = one_of(question, "question", QUESTIONS)
        n_calibration, n_trials = whole(n_calibration, "n_calibration", 0), whole(n_trials, "n_trials", 1)
        if not callable(clock):
            raise TypeError(f"clock must be a function that returns seconds, got {shown(clock)}")
        if (question == "copy") != (train is not None):
            raise ValueError(f"train is shown for question='copy' and only there; got question={question!r}")
        self.real, self.generated, *rest = samples(real, generated, *([] if train is None else [train]))
        self.train = rest[0] if rest else None
        count = n_calibration + n_trials
        if min(len(self.real), len(self.generated)) < count:
            raise ValueError(
                f"{count} pairs (n_calibration and n_trials) need {count} rows of each, got {len(self.real)} real, "
                f"{len(self.generated)} generated"
            )
        if path is not None and not isinstance(random_state, int | np.integer):
            given = shown(random_state)
            raise ValueError(f"path needs a number as random_state, to find the same pairs again; got {given}")
        self.question, self.n_calibration, self.n_trials = question, n_calibration, n_trials
        self.random_state, self.path, self.clock = random_state, None if path is None else _file(path), clock
        self.is_text = isinstance(self.real, list)
        self.data = fingerprint(self.real, self.generated, self.train)
        self.answers, self.marked = [], 0
        self.name(rater)
        self._kept = None  # what the file held when this study last read or wrote it
        if self.path is not None and self.path.exists():
            self._go_on_from(self.path)

    def name(self, rater):
        """Say who answers, before the first answer is given; the order is this rater's from here on."""
        if not isinstance(rater, str):
            raise TypeError(f"rater must be a str, got {type(rater).__name__}")
        if rater != rater.encode("utf-8", "replace").decode():
            raise ValueError(f"rater must be a name that a file can hold, got {rater!r}, with a lone surrogate")
        if self.answers:
            raise ValueError(f"rater can be named before the first answer, and there are {len(self.answers)}")
        rng, seed = generator(self.random_state), ""
        if isinstance(self.random_state, int | np.integer):
            seed = f"{self.random_state} {rater}" if rater else str(self.random_state)
            rng = np.random.default_rng([int(self.random_state), *rater.encode()]) if rater else rng
        self.rater, self.seed, self.running = rater, seed, False
        self.real_rows = rng.permutation(len(self.real))[: len(self)]
        self.generated_rows = rng.permutation(len(self.generated))[: len(self)]
        flips = coin.RademacherCoin(rng)
        self.sides = flips.flip(len(self))
        self._coin_outcomes = flips.flip(self.n_trials) == self.sides[self.n_calibration :]
        self._viewed, self._since, self._taken_back = np.full(len(self), np.nan), None, set()
        self._nearest = None

    def __len__(self):
        return self.n_calibration + self.n_trials

    @property
    def calibrating(self):
        """Whether the pair that waits is for practice."""
        return len(self.answers) < self.n_calibration

    @property
    def finished(self):
        """Whether every pair has an answer."""
        return len(self.answers) == len(self)

    @property
    def can_undo(self):
        """Whether there is an answer that has not been marked yet."""
        return len(self.answers) > max(self.marked, self.n_calibration)

    @property
    def scored(self):
        """Whether every answer given so far is marked, by :meth:`score`."""
        return self.marked == len(self.answers) > self.n_calibration

    def pair(self, position=None):
        """What (left, right) of a pair are, by default of the one that waits for an answer."""
        position = self._place(position)
        real, generated = self.real[self.real_rows[position]], self.generated[self.generated_rows[position]]
        return (real, generated) if self.sides[position] < 0 else (generated, real)

    def nearest(self, position=None):
        """The rows of `train` that are nearest to (left, right) of a pair."""
        if self.train is None:
            raise ValueError(f"train is shown for question='copy' and only there; got question={self.question!r}")
        if self._nearest is None:  # of all pairs, found at once
            pairs = zip(*(self.pair(place) for place in range(len(self))), strict=True)
            left, right = (list(side) if self.is_text else np.stack(side) for side in pairs)
            rows = together({"train": self.train, "left": left, "right": right}).rows
            found = (neighbors(rows[side], rows["train"])[1][:, 0] for side in ("left", "right"))
            self._nearest = list(zip(*found, strict=True))
        return tuple(self.train[row] for row in self._nearest[self._place(position)])

    def _place(self, position):
        if position is None:
            if self.finished:
                raise ValueError(f"position must be given once all {len(self)} pairs have an answer")
            return len(self.answers)
        return whole(position, "position", 0, len(self) - 1)

    def start(self):
        """Put the pair that waits into view: its time counts from here on."""
        if self.finished:
            raise ValueError(f"all {len(self)} pairs have an answer")
        if not self.running:
            self.running, self._since = True, self.clock()

    def pause(self):
        """Take the pair out of view: the time until :meth:`start` does not count."""
        self._count_time()
        self.running = False

    def answer(self, side):
        """Say that the question's answer is the left (-1) or the right (+1) one, and go on to the next pair."""
        if not isinstance(side, int | np.integer) or side not in SIDES:
            raise ValueError(f"side must be -1 for left or +1 for right, got {shown(side)}")
        if self.finished:
            raise ValueError(f"all {len(self)} pairs have an answer")
        self._own()
        self._count_time()
        self.marked = len(self.answers)
        self.answers.append(int(side))
        self.running = self.running and not self.finished
        self._keep()

    def undo(self):
        """Take back the last answer, as long as it has not been marked; its pair waits again."""
        if not self.can_undo:
            raise ValueError("there is no answer to take back: calibration and scored answers stay")
        self._own()
        self._count_time()
        self.answers.pop()
        self._taken_back.add(len(self.answers))
        self._keep()

    def score(self):
        """Mark all answers, the last included, and pause. What is left can still be answered.

        To stop early is as valid as to go on: :func:`memgen_lite.coin.betting_e_process` allows any number of looks.
        """
        if len(self.answers) <= self.n_calibration:
            raise ValueError("there is no answer to score yet")
        self._own()
        self.pause()
        self.marked = len(self.answers)
        self._keep()

    def take(self, rater):
        """Let a simulated `rater` answer what is left, and score.

        It has `judge`, as in :mod:`memgen_lite.coin`, and says which one is real; it prefers that one if asked which
        looks better, and calls the other one the copy. It is shown nothing, so its answers have no seconds.
        """
        able(rater, "rater", "judge")
        self.pause()
        while not self.finished:
            left, right = ([one] if self.is_text else one[None] for one in self.pair())
            side = int(rater.judge(left, right)[0])
            self.answer(-side if self.question == "copy" else side)
        self.score()

    def _count_time(self):
        # Add what has passed since the last look at the clock to the pair in view.
        if self.running:
            now, position = self.clock(), len(self.answers)
            self._viewed[position] = np.nan_to_num(self._viewed[position]) + now - self._since
            self._since = now

    @property
    def outcomes(self):
        """What the question counts (see `question`) of each marked answer; bool array, calibration left out."""
        counted = slice(self.n_calibration, self.marked)
        same = np.array(self.answers[counted], dtype=int) == self.sides[counted]
        return same if study_answers.TARGETS[self.question] == "real" else ~same

    @property
    def coin_outcomes(self):
        """The same of a Rademacher coin on the same pairs; bool array."""
        return self._coin_outcomes[: len(self.outcomes)]

    def document(self):
        """The study and its answers as plain numbers and words: what its JSON file holds."""
        kept = []
        for place, answer in enumerate(self.answers):
            sides = {"real_side": SIDES[self.sides[place]], "answer": SIDES[answer]}
            kept.append(
                {
                    "pair": place + 1,
                    "calibration": place < self.n_calibration,
                    "real_row": int(self.real_rows[place]),
                    "generated_row": int(self.generated_rows[place]),
                    **sides,
                    "outcome": study_answers.outcome(self.question, **sides),
                    "seconds": None if np.isnan(self._viewed[place]) else round(float(self._viewed[place]), 3),
                    "taken_back": place in self._taken_back,
                }
            )
        names = ("rater", "question", "seed", "data", "n_calibration", "n_trials", "marked")
        return {"format": study_answers.FORMAT, "study": {name: getattr(self, name) for name in names}, "answers": kept}

    def to_frame(self):
        """A row for each answer given; the columns are explained in :mod:`memgen_lite.paper.study_answers`."""
        return study_answers.frame(study_answers.rows_of(self.document()))

    def to_csv(self, path):
        """Write the rows of :meth:`to_frame` for :func:`memgen_lite.coin.pool` or a spreadsheet."""
        write(path, study_answers.to_bytes(self.document(), "csv"), durable=True)

    def to_json(self, path):
        """Write the study and its answers for :func:`memgen_lite.coin.pool`, or to go on from (`path` of a study)."""
        write(path, study_answers.to_bytes(self.document(), "json"), durable=True)

    def _own(self):
        """Raise FileExistsError, before an answer is taken, where somebody else has written into the file meanwhile."""
        if self.path is not None and self.path.exists() and self.path.read_bytes() != self._kept:
            raise FileExistsError(
                errno.EEXIST,
                "path is the file of another study too, which has written into it since this one last did, and whose "
                "answers stay; a study that is made anew with this path goes on from them",
                str(self.path),
            )

    def _keep(self):
        if self.path is not None:
            content = study_answers.to_bytes(self.document(), "json")
            write(self.path, content, durable=True)
            self._kept = content

    def _go_on_from(self, path):
        self._kept = path.read_bytes()
        document = study_answers.read_json(path)
        if not self.rater:
            self.name(document["study"]["rater"])
        mine = {name: value for name, value in self.document()["study"].items() if name != "marked"}
        for name, value in mine.items():
            if (found := document["study"].get(name)) != value:
                raise ValueError(f"{str(path)!r} is of another study: its {name} is {found!r}, not {value!r}")
        kept, marked = document["answers"], document["study"].get("marked")
        self.answers = [-1 if row["answer"] == "left" else 1 for row in kept[: len(self)]]
        fixed = ("pair", "calibration", "real_row", "generated_row", "real_side", "answer")
        dealt = [[row[name] for name in fixed] for row in self.document()["answers"]]
        if (
            [[row[name] for name in fixed] for row in kept] != dealt
            or type(marked) is not int
            or not 0 <= marked <= len(kept)
        ):
            raise ValueError(f"{str(path)!r} is damaged: its answers are not to the pairs of this study")
        self.marked = marked
        self._viewed[: len(kept)] = [row["seconds"] for row in kept]
        self._taken_back = {place for place, row in enumerate(kept) if row["taken_back"]}


def _file(path):
    place = regular(path, missing=True)
    if not place.parent.is_dir():
        raise ValueError(f"path must be in a folder that is there, got {str(path)!r}")
    return Path(path)  # as it was given: it is shown, and writing follows links by itself
