"""A small internet whose truth is known, ways to crawl it, and the quick estimate of its share of cats."""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy  # its modules load when first used
from numpy.typing import ArrayLike

from ..data import cats, emoji, folder, photographs
from ..shared.checks import items, number, numbers_in, one_of, shown, whole
from ..shared.randomness import generator
from ..shared.types import FilePath, RandomState

CAT_WORDS = re.compile(r"(?<![a-z])(cats?|kittens?|kitty|kitties)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Web:
    """Pages with one picture each, and links between them.

    Attributes
    ----------
    is_cat : bool (n_pages,), whether the page shows a cat.
    links : int (n_pages, m), the pages that each page links to.
    """

    is_cat: np.ndarray
    links: np.ndarray

    def __post_init__(self):
        if not len(pages := _flags(self.is_cat)):
            raise ValueError("is_cat must have a page at least, got none")
        links = numbers_in(self.links, "links", 0, len(pages) - 1, kinds="iu")
        if links.ndim != 2 or len(links) != len(pages):
            raise ValueError(f"links must have a row for each of the {len(pages)} pages, got shape {links.shape}")
        vars(self).update(is_cat=pages, links=links)

    @property
    def share(self) -> float:
        """The share of pages that show a cat: the truth that a crawl estimates."""
        return float(self.is_cat.mean())

    @property
    def in_links(self) -> np.ndarray:
        """How many links lead to each page, int (n_pages,)."""
        return np.bincount(self.links.ravel(), minlength=len(self.is_cat))


def _flags(is_cat):
    flags = items(is_cat, "is_cat")
    if flags.ndim != 1 or (flags.dtype != bool and flags.size):
        raise TypeError(f"is_cat must be True or False each, in one row, got {shown(is_cat)}")
    return flags.astype(bool)


def simulate(
    n_pages: int = 2000,
    share: float = 0.1,
    popularity: float = 3.0,
    affinity: float = 0.3,
    links: int = 5,
    random_state: RandomState = 0,
) -> Web:
    """Grow a web by preferential attachment (after Barabasi and Albert 1999; with fitness, Bianconi and Barabasi 2001).

    Links are set one at a time, in random order of their pages. A link leads to a page with chance proportional to
    1 + the links that lead there already, times `popularity` if it shows a cat; with chance `affinity` only pages of
    the same kind as its own are in question, as cat pages like cat pages. No page links to itself if it can be helped.

    Parameters
    ----------
    share : float, the share of pages with a cat; the nearest whole number of pages, at places drawn at random.
    links : int, links from each page.
    """
    share, affinity = number(share, "share", 0, 1), number(affinity, "affinity", 0, 1)
    n_pages, links = whole(n_pages, "n_pages", 2, 10**8), whole(links, "links", 1, 10**4)
    popularity = number(popularity, "popularity", above=0)
    rng = generator(random_state)
    is_cat = np.zeros(n_pages, bool)
    is_cat[rng.permutation(n_pages)[: round(share * n_pages)]] = True
    sources = rng.permutation(np.repeat(np.arange(n_pages), links))
    # A page is in its kind's urn once, and once more for each link to it: a uniform draw is a preferential one.
    urns = [np.flatnonzero(~is_cat).tolist(), np.flatnonzero(is_cat).tolist()]
    targets, kinds = [], is_cat.tolist()
    draws = rng.uniform(size=(len(sources), 3)).tolist()
    for source, (own, kind, place) in zip(sources.tolist(), draws, strict=True):
        if own >= affinity:
            weight = popularity * len(urns[1])
            cat = kind * (weight + len(urns[0])) < weight
        else:
            cat = kinds[source]
        urn = urns[cat]
        position = place * len(urn)
        target = urn[int(position)]
        if target == source and (others := [page for page in urn if page != source]):
            target = others[int(position % 1 * len(others))]  # what the first choice left over of a uniform number
        urn.append(target)
        targets.append(target)
    return Web(is_cat, np.array(targets)[np.argsort(sources, kind="stable")].reshape(n_pages, links))


CRAWLS = {
    "uniform": "pages drawn uniformly",
    "links": "pages drawn in proportion to incoming links",
    "walk": "a walk along links, from a cat",
}


def crawl(web: Web, how: str, n: int, random_state: RandomState = 0) -> np.ndarray:
    """Visit `n` pages of a web, one of `CRAWLS`, and return their numbers, int (n,); a page can be visited again.

    "uniform" needs a list of all pages, which nobody has. "links" lands where a random link leads. "walk" starts on a
    random page with a cat, which is not counted, and follows a random link of the page that it is on, `n` times.
    """
    if not isinstance(web, Web):
        raise TypeError(f"web must be a Web, as simulate makes one, got {shown(web)}")
    how, n = one_of(how, "how", CRAWLS), whole(n, "n", 0)
    rng = generator(random_state)
    if how == "uniform":
        return rng.integers(0, len(web.is_cat), n)
    if how == "links":
        return rng.choice(web.links.ravel(), n)
    if not web.is_cat.any():
        raise ValueError("how='walk' starts from a cat, and this web has none")
    page, visited = rng.choice(np.flatnonzero(web.is_cat)), np.empty(n, int)
    for step, choice in enumerate(rng.integers(0, web.links.shape[1], n)):
        page = visited[step] = web.links[page, choice]
    return visited


class Estimate(NamedTuple):
    """A share with its confidence interval."""

    share: float
    low: float
    high: float

    def __str__(self):
        return f"{self.share:.1%} ({self.low:.1%} to {self.high:.1%})"


def estimate(is_cat: ArrayLike, confidence: float = 0.95) -> Estimate:
    """The quick estimate: the share of True in a sample, with Wilson's interval (1927) for independent draws.

    >>> print(estimate([True] * 3 + [False] * 7))
    30.0% (10.8% to 60.3%)
    """
    is_cat, confidence = _flags(is_cat), number(confidence, "confidence", above=0, below=1)
    if not len(is_cat):
        raise ValueError("is_cat must have a page at least, got none")
    interval = scipy.stats.binomtest(int(is_cat.sum()), len(is_cat)).proportion_ci(confidence, method="wilson")
    return Estimate(float(is_cat.mean()), float(interval.low), float(interval.high))


class Pictures(NamedTuple):
    """Pictures to put on pages: uint8 (n, size, size, 3); which are cats, bool (n,); the data sets they are from."""

    images: np.ndarray
    is_cat: np.ndarray
    sources: list

    def for_pages(self, web: Web, random_state: RandomState = 0) -> np.ndarray:
        """The number of a picture for each page, int (n_pages,): any cat where a cat belongs, else any other."""
        if not isinstance(web, Web):
            raise TypeError(f"web must be a Web, as simulate makes one, got {shown(web)}")
        rng = generator(random_state)
        chosen = np.empty(len(web.is_cat), int)
        for kind in (False, True):
            chosen[web.is_cat == kind] = rng.choice(np.flatnonzero(self.is_cat == kind), (web.is_cat == kind).sum())
        return chosen

    def recognize(self, images: Any) -> np.ndarray:
        """Which of some images are cats, bool (n,), for copies of these pictures, known by their bytes.

        Raises KeyError for an image that is none of them: whoever memorizes has seen everything before.
        """
        known = dict(zip((image.tobytes() for image in self.images), self.is_cat.tolist(), strict=True))
        images = items(images, "images")
        if new := [i for i, image in enumerate(images) if image.tobytes() not in known]:
            raise KeyError(f"images must be copies of these pictures; others: {', '.join(map(str, new[:5]))}")
        return np.array([known[image.tobytes()] for image in images], bool)


def pictures(data: FilePath | None = None, size: int = 64, random_state: RandomState = 0) -> Pictures:
    """The pictures of our internet, or those in the reader's folder.

    Ours are the cats of OpenMoji and 400 of its other emoji, 240 crops of photographs and 120 drawn cats; emoji without
    a Unicode name (OpenMoji's own, mostly logos) are left out. In a folder, whose path is `data`, a picture is a cat if
    its file or one of its folders is named after one ("my_cat.jpg", "kittens/01.png"); both kinds must be there.
    """
    if data is not None:
        wanted = "data must be the path of a folder with pictures of cats and others"
        try:
            own = folder(data, size=size, held_out=0)
        except (ValueError, TypeError, OSError) as error:
            raise type(error)(f"{wanted}, got {str(data)!r}: {error}") from None
        is_cat = np.array([bool(CAT_WORDS.search(name)) for name in own.names])
        if is_cat.all() or not is_cat.any():
            raise ValueError(
                f"{wanted}, told apart by the word cat or kitten in the name of a file or its folder; of the "
                f"{len(is_cat):,} pictures of {str(data)!r}, {is_cat.sum():,} are named so"
            )
        return Pictures(_in_8_bits(own.train), is_cat, [own])
    rng = generator(random_state)
    faces, photos, drawn = emoji(size, held_out=0), photographs(240, 0, size, rng), cats(120, rng, size, n_held_out=0)
    named = np.array([not name.startswith("U+") for name in faces.names])
    others = rng.choice(np.flatnonzero(named & ~faces.y), 400, replace=False)
    rows = np.concatenate([np.flatnonzero(faces.y), np.sort(others)])
    images = np.concatenate([faces.train[rows], photos.train, drawn.train])
    is_cat = np.concatenate([faces.y[rows], photos.y, np.ones(len(drawn.train), bool)])
    return Pictures(images, is_cat, [faces, photos, drawn])


def _in_8_bits(images):
    """Pictures of more bits, or of measured values, as the web has them."""
    if images.dtype == np.uint8:
        return images
    low, high = (0, 65535) if images.dtype == np.uint16 else (images.min(), images.max())
    return np.round(255 * ((images.astype(np.float64) - low) / ((high - low) or 1))).astype(np.uint8)
