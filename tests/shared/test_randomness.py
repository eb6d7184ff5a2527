import numpy as np
import pytest

from memgen_lite.shared.randomness import generator


def test_an_int_seeds_a_new_stream_each_time():
    drawn = np.random.default_rng(3).integers(1 << 60)
    assert generator(3).integers(1 << 60) == generator(np.int64(3)).integers(1 << 60) == drawn
    assert generator(0).integers(1 << 60) != generator(1).integers(1 << 60)


def test_none_seeds_from_the_operating_system():
    assert generator().integers(1 << 60) != generator(None).integers(1 << 60)


def test_a_generator_is_itself():
    rng = np.random.default_rng(0)
    assert generator(rng) is rng


def test_a_random_state_goes_on_along_its_own_stream():
    state, other = np.random.RandomState(5), np.random.RandomState(5)
    drawn = [generator(state).integers(1 << 60) for _ in range(3)]
    assert len(set(drawn)) == 3
    assert drawn == [generator(other).integers(1 << 60) for _ in range(3)]
    assert state.randint(1 << 30) == other.randint(1 << 30)
    assert state.randint(1 << 30) != np.random.RandomState(5).randint(1 << 30)


@pytest.mark.parametrize("state", [True, 1.5, "1", [1], np.random])
def test_anything_else_is_refused(state):
    with pytest.raises(TypeError, match=f"random_state must be an int, .* or None, got {type(state).__name__}"):
        generator(state)


def test_a_negative_int_is_refused():
    with pytest.raises(ValueError, match="random_state must be 0 or more, got -1"):
        generator(-1)
