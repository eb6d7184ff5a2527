from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import integrate, optimize, stats

from memgen_lite import web


@pytest.fixture(scope="module")
def ours():
    return web.pictures()


def expected_link_share(share, popularity, affinity, links):
    """The limit of many pages: links per page to cats and to others grow by an ordinary differential equation."""

    def growth(_, state):
        cats, others = popularity * (share + state[0]), 1 - share + state[1]
        to_cats = affinity * share + (1 - affinity) * cats / (cats + others)
        return [to_cats, 1 - to_cats]

    cats, others = integrate.solve_ivp(growth, (0, links), [0, 0], rtol=1e-9).y[:, -1]
    return cats / (cats + others)


@pytest.mark.parametrize(("popularity", "affinity"), [(1, 0.0), (3, 0.0), (5, 0.3), (0.5, 0.6)])
def test_links_to_cats_grow_as_preferential_attachment_has_it(popularity, affinity):
    """On 50,000 pages the standard deviation of the share is below 0.003 (12 seeds); 0.01 is over three of them."""
    net = web.simulate(50_000, 0.1, popularity, affinity, random_state=3)
    share = net.in_links[net.is_cat].sum() / net.links.size
    assert share == pytest.approx(expected_link_share(0.1, popularity, affinity, 5), abs=0.01)


def test_without_affinity_the_limit_has_a_closed_form():
    # C and O solve (1 + C/c) = (1 + O/(1-c))^popularity with C + O = links.
    c, popularity, links = 0.1, 3.0, 5
    C = optimize.brentq(lambda C: (1 + C / c) - (1 + (links - C) / (1 - c)) ** popularity, 0, links)
    assert expected_link_share(c, popularity, 0, links) == pytest.approx(C / links, abs=1e-6)


def test_popular_pages_are_rare_and_very_popular():
    """Preferential attachment has a heavy tail; links at random to 2,000 pages would give a Poisson law of mean 5."""
    in_links = web.simulate(popularity=1, affinity=0).in_links
    assert in_links.sum() == 10_000
    assert in_links.max() > 30 > stats.poisson(5).ppf(1 - 1e-9 / 2000)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 60),
    st.floats(0, 1),
    st.floats(0.1, 20),
    st.floats(0, 1),
    st.integers(1, 6),
    st.integers(0, 2**32 - 1),
)
def test_every_web_is_well_formed(n, share, popularity, affinity, links, seed):
    net = web.simulate(n, share, popularity, affinity, links, seed)
    assert net.is_cat.sum() == round(share * n)
    assert net.share == pytest.approx(round(share * n) / n)
    assert net.links.shape == (n, links)
    assert 0 <= net.links.min() <= net.links.max() < n
    assert np.array_equal(net.in_links, [(net.links == page).sum() for page in range(n)])
    own_links = (net.links == np.arange(n)[:, None]).any(axis=1)
    alone = [(net.is_cat == kind).sum() == 1 for kind in net.is_cat]
    assert not (own_links & ~np.array(alone)).any()
    again = web.simulate(n, share, popularity, affinity, links, np.random.default_rng(seed))
    assert np.array_equal(net.links, again.links)


def test_full_affinity_keeps_the_kinds_apart():
    net = web.simulate(300, 0.3, affinity=1)
    assert (net.is_cat[net.links] == net.is_cat[:, None]).all()


@pytest.mark.parametrize("how", ["uniform", "links"])
def test_a_crawl_visits_pages_with_its_own_law(how):
    """Chi-square at 0.001 of 50,000 visits to 60 pages."""
    net = web.simulate(60, 0.2)
    law = np.full(60, 1 / 60) if how == "uniform" else net.in_links / net.links.size
    counts = np.bincount(web.crawl(net, how, 50_000, 1), minlength=60)
    assert counts[law == 0].sum() == 0
    assert stats.chisquare(counts[law > 0], 50_000 * law[law > 0]).pvalue > 0.001


def test_a_crawl_by_walking_follows_links_from_a_cat():
    net = web.simulate(500, 0.1)
    for seed in range(20):
        visited = web.crawl(net, "walk", 50, seed)
        assert visited[0] in net.links[net.is_cat]
        assert all(page in net.links[before] for before, page in pairwise(visited))


def test_a_long_crawl_by_walking_has_the_stationary_law_of_the_links():
    """A crawl of 200,000 steps against the leading eigenvector: they differ by 0.004 or so in total variation."""
    net = web.simulate(40, 0.2, affinity=0.2)
    moves = np.zeros((40, 40))
    np.add.at(moves, (np.repeat(np.arange(40), 5), net.links.ravel()), 1 / 5)
    law = np.linalg.matrix_power(moves, 2000)[np.argmax(net.is_cat)]
    visits = np.bincount(web.crawl(net, "walk", 200_000), minlength=40) / 200_000
    assert np.abs(visits - law).sum() / 2 < 0.01


def test_popularity_biases_two_crawls_and_not_the_third():
    net = web.simulate(popularity=5)
    shares = {how: net.is_cat[web.crawl(net, how, 20_000)].mean() for how in web.CRAWLS}
    assert shares["uniform"] == pytest.approx(0.1, abs=0.01)
    assert shares["walk"] > shares["links"] + 0.1 > 0.5


@given(st.integers(1, 500), st.data(), st.sampled_from([0.9, 0.95, 0.99]))
def test_the_interval_is_wilsons(n, data, confidence):
    k = data.draw(st.integers(0, n))
    found = web.estimate(np.arange(n) < k, confidence)
    z = stats.norm.isf((1 - confidence) / 2)
    middle = (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
    assert found == pytest.approx((k / n, max(middle - half, 0), min(middle + half, 1)), abs=1e-12)


def test_an_estimate_reads_as_a_sentence_part():
    assert str(web.estimate([True, False] * 50)) == "50.0% (40.4% to 59.6%)"


def test_the_interval_covers_the_truth_under_the_uniform_crawl():
    """2,000 crawls of 200 pages; the exact coverage is computed, and the simulated one is within 4 standard errors."""
    net, repeats, n = web.simulate(), 2000, 200
    exact = sum(
        stats.binom.pmf(k, n, 0.1)
        for k in range(n + 1)
        if (found := web.estimate(np.arange(n) < k)).low <= 0.1 <= found.high
    )
    covered = 0
    for seed in range(repeats):
        found = web.estimate(net.is_cat[web.crawl(net, "uniform", n, seed)])
        covered += found.low <= net.share <= found.high
    assert 0.93 < exact < 0.97
    assert covered / repeats == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / repeats))


def test_our_internet_shows_emoji_photographs_and_drawn_cats(ours):
    assert ours.images.shape[1:] == (64, 64, 3)
    assert [source.name for source in ours.sources] == ["emoji", "photographs", "cats"]
    assert len(ours.images) == len(ours.is_cat) == 13 + 400 + 240 + 120
    assert ours.is_cat[:13].all()
    assert not ours.is_cat[13:413].any()
    assert ours.is_cat[-120:].all()
    again = web.pictures()
    assert np.array_equal(ours.images, again.images)


def test_pages_show_pictures_of_their_kind(ours):
    net = web.simulate(400, 0.3)
    on_page = ours.for_pages(net, 5)
    assert np.array_equal(ours.is_cat[on_page], net.is_cat)
    assert np.array_equal(on_page, ours.for_pages(net, 5))
    assert len(set(on_page[~net.is_cat])) > 150


def test_copies_are_recognized_by_their_bytes_and_nothing_else_is(ours):
    rows = np.arange(0, len(ours.images), 7)
    assert np.array_equal(ours.recognize(ours.images[rows]), ours.is_cat[rows])
    changed = ours.images[:1].copy()
    changed[0, 0, 0, 0] ^= 1
    with pytest.raises(KeyError):
        ours.recognize(changed)


def test_a_readers_folder_takes_the_place_of_ours(tmp_path):
    for name in ("my_cat2.png", "kittens/1.png", "dogs/1.png", "category.png", "CONCATENATE.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (10, 10), (len(name), 0, 0)).save(tmp_path / name)
    found = web.pictures(tmp_path, size=16)
    assert found.images.shape == (5, 16, 16, 3)
    names = found.sources[0].names
    assert [name for name, is_cat in zip(names, found.is_cat, strict=True) if is_cat] == [
        "kittens/1.png",
        "my_cat2.png",
    ]
    (tmp_path / "my_cat2.png").unlink()
    (tmp_path / "kittens/1.png").unlink()
    with pytest.raises(ValueError, match=r"^data must be .* of the 3 pictures of .*, 0 are named so"):
        web.pictures(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 1.2}, "share must be from 0 to 1, got 1.2"),
        ({"affinity": -1}, "affinity must be from 0 to 1, got -1"),
        ({"n_pages": 1}, "n_pages must be from 2 to 100,000,000, got 1"),
        ({"links": 0}, "links must be from 1 to 10,000, got 0"),
        ({"popularity": 0}, "popularity must be above 0, got 0"),
    ],
)
def test_a_web_names_its_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        web.simulate(**options)


def test_a_crawl_and_an_estimate_name_their_bad_arguments():
    net = web.simulate(10, 0)
    with pytest.raises(ValueError, match="how must be one of uniform, links, walk, got 'swim'"):
        web.crawl(net, "swim", 5)
    with pytest.raises(ValueError, match="starts from a cat, and this web has none"):
        web.crawl(net, "walk", 5)
    for bad in ([], [[True]], ["no"], [0.5], [1, 0], True):
        with pytest.raises((ValueError, TypeError), match="is_cat must "):
            web.estimate(bad)
    for bad in (lambda: web.crawl(None, "uniform", 5), lambda: web.pictures(size=1).for_pages([True])):
        with pytest.raises(TypeError, match="web must be a Web, as simulate makes one, got "):
            bad()
    for links in ([[0]], [[0], [2]], [0, 1], [[0.0], [1.0]]):
        with pytest.raises((ValueError, TypeError), match="links must "):
            web.Web([True, False], links)
