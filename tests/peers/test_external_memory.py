"""Each memory does what it is built to do, by hand-made networks that say where to write and where to read."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from memgen_lite.peers import external_memory
from memgen_lite.peers.external_memory import KEY, MEMORIES

pytestmark = pytest.mark.training

SLOTS, LATENT, HIDDEN = 6, 3, KEY
BIG = 60.0


def memory(name):
    return MEMORIES[name](SLOTS, LATENT, HIDDEN, jax.random.key(0))


def saying(layer, biases, passes=()):
    """A layer that says these biases whatever it is told, and hands on `passes`: what it is told at place i, at j."""
    weight = jnp.zeros_like(layer.weight)
    for out, into, factor in passes:
        weight = weight.at[out, into].set(factor)
    bias = jnp.zeros_like(layer.bias)
    for out, value in biases.items():
        bias = bias.at[out].set(value)
    return eqx.tree_at(lambda own: (own.weight, own.bias), layer, (weight, bias))


def by_key(model, **layers):
    """The memory whose key is what the network thinks, and whose other layers are as given."""
    same = [(i, i, 1.0) for i in range(KEY)]
    model = eqx.tree_at(lambda own: own.keying, model, saying(model.keying, {}, same))
    for name, (biases, by_content) in layers.items():
        layer = saying(getattr(model, name), biases, same if by_content else ())
        model = eqx.tree_at(lambda own, name=name: getattr(own, name), model, layer)
    return model


def thoughts(n):
    """Orthogonal thoughts, so that a key is like itself and like no other."""
    return np.eye(HIDDEN, dtype=np.float32)[:n]


def latents(n):
    return np.random.default_rng(1).normal(size=(n, LATENT)).astype(np.float32)


def written(model, thought, latent):
    state = model.start()
    for h, z in zip(thought, latent, strict=True):
        _, _, state = model.read(state, h, 0)
        _, state = model.write(state, z, h, 0)
    return state


READS_BY_CONTENT = {
    "lru": {"reader": ({KEY: BIG, KEY + 1: -BIG}, True)},
    "ntm": {"reader": ({KEY: BIG, KEY + 1: BIG, KEY + 3: BIG}, True), "writer": ({KEY + 1: -BIG, KEY + 4: BIG}, False)},
    "dnc": {
        "reader": ({KEY: BIG, KEY + 2: BIG, KEY + 4: -BIG}, True),
        "writer": ({KEY + 1: BIG, KEY + 2: BIG}, False),
    },
}


@pytest.mark.parametrize("name", READS_BY_CONTENT)
def test_what_was_written_under_a_key_is_read_back_under_that_key(name):
    model, thought, latent = by_key(memory(name), **READS_BY_CONTENT[name]), thoughts(4), latents(4)
    state = written(model, thought, latent)
    for i in (2, 0, 3, 1):
        context, weights, state = model.read(state, thought[i], 0)
        np.testing.assert_allclose(context[KEY:], latent[i], atol=0.02)
        assert weights.max() > 0.99 and weights.sum() == pytest.approx(1, abs=1e-4)


def test_a_lookup_reads_what_was_written_last_at_its_place_and_says_where_nothing_was():
    model, latent = memory("lookup"), latents(3)
    state = model.start()
    for place, z in zip((4, 1, 4), latent, strict=True):
        weights, state = model.write(state, z, None, place)
        assert np.argmax(weights) == place
    for place, expected in ((4, [*latent[2], 1]), (1, [*latent[1], 1]), (0, [0, 0, 0, 0])):
        np.testing.assert_array_equal(model.read(state, None, place)[0], np.float32(expected))


def test_an_introspection_network_reads_by_age_and_forgets_what_is_older_than_its_slots():
    model, latent = memory("introspection"), latents(8)
    state = model.start()
    for z in latent:
        _, state = model.write(state, z, None, 0)
    for age in range(SLOTS):
        said = {head * (SLOTS + 1): BIG for head in range(2)} | {head * (SLOTS + 1) + 1 + age: BIG for head in range(2)}
        looking = eqx.tree_at(lambda own: own.head, model, saying(model.head, said))
        context, weights, _ = looking.read(state, np.zeros(HIDDEN, np.float32), 0)
        np.testing.assert_allclose(context, np.tile(latent[-1 - age], 2), atol=1e-5)
        assert np.argmax(weights) == age


def test_an_introspection_network_whose_gates_are_shut_reads_nothing():
    model = memory("introspection")
    _, state = model.write(model.start(), latents(1)[0], None, 0)
    shut = eqx.tree_at(lambda own: own.head, model, saying(model.head, {0: -BIG, SLOTS + 1: -BIG}))
    context, weights, _ = shut.read(state, np.zeros(HIDDEN, np.float32), 0)
    assert np.abs(context).max() < 1e-6 and weights.sum() < 1e-6


def test_least_recently_used_access_fills_all_rows_and_then_evicts_the_one_that_was_used_longest_ago():
    model, thought, latent = by_key(memory("lru"), **READS_BY_CONTENT["lru"]), thoughts(8), latents(8)
    state, rows = model.start(), []
    for i in range(SLOTS + 1):
        if i:  # what was written first is read all the time, so it is not the one to go
            _, _, state = model.read(state, thought[0], 0)
        weights, state = model.write(state, latent[i], thought[i], 0)
        rows.append(int(np.argmax(weights)))
    assert sorted(rows[:SLOTS]) == list(range(SLOTS)) and rows[SLOTS] == rows[1]
    for i in (0, SLOTS):
        np.testing.assert_allclose(model.read(state, thought[i], 0)[0][KEY:], latent[i], atol=0.02)


def test_least_recently_used_access_writes_again_where_it_read_if_its_gate_says_so():
    model = by_key(memory("lru"), reader=({KEY: BIG, KEY + 1: BIG}, True))
    thought, latent = thoughts(2), latents(2)
    state = (*model.start()[:3], jnp.zeros(()))  # the gate is shut before the first read
    _, state = model.write(state, latent[0], thought[0], 0)
    _, reading, state = model.read(state, thought[0], 0)
    weights, _ = model.write(state, latent[1], thought[0], 0)
    np.testing.assert_allclose(weights, reading, atol=1e-5)


def test_the_links_of_the_neural_computer_replay_what_was_written_in_order_and_backwards():
    thought, latent = thoughts(5), latents(5)
    by_content = by_key(memory("dnc"), **READS_BY_CONTENT["dnc"])
    state = written(by_content, thought, latent)
    for mode, first, order in ((KEY + 3, 0, (1, 2, 3, 4)), (KEY + 1, 4, (3, 2, 1, 0))):
        _, _, here = by_content.read(state, thought[first], 0)
        stepping = by_key(by_content, reader=({mode: BIG, KEY + 4: -BIG}, False))
        for i in order:
            context, _, here = stepping.read(here, thought[0], 0)
            np.testing.assert_allclose(context[KEY:], latent[i], atol=0.02)


def test_the_neural_computer_writes_to_free_rows_first_and_reuses_those_that_were_read_and_freed():
    model = by_key(memory("dnc"), **READS_BY_CONTENT["dnc"])
    state = written(model, thoughts(SLOTS), latents(SLOTS))
    freeing = by_key(model, reader=({KEY: BIG, KEY + 2: BIG, KEY + 4: BIG}, True))
    _, read, state = freeing.read(state, thoughts(3)[2], 0)
    weights, _ = model.write(state, latents(1)[0], thoughts(1)[0], 0)
    assert np.argmax(weights) == np.argmax(read) and weights.max() > 0.95


@pytest.mark.parametrize("usage", [[0.0, 0.0, 0.0], [0.9, 0.1, 0.5], [1.0, 1.0, 1.0], [0.2, 1.0, 0.0]])
def test_allocation_is_that_of_the_paper(usage):
    """Graves et al. 2016: a[phi[j]] = (1 - u[phi[j]]) prod over i < j of u[phi[i]], phi the order of rising usage."""
    expected, product = np.zeros(3), 1.0
    for row in np.argsort(usage, kind="stable"):
        expected[row] = (1 - usage[row]) * product
        product *= usage[row]
    np.testing.assert_allclose(external_memory._free(jnp.array(usage)), expected, atol=1e-6)


def test_a_head_of_the_turing_machine_moves_on_by_a_row_and_round_the_end():
    model = by_key(memory("ntm"), **READS_BY_CONTENT["ntm"])
    state, rows = model.start(), []
    for i in range(SLOTS + 1):
        weights, state = model.write(state, latents(8)[i], thoughts(8)[i], 0)
        rows.append(int(np.argmax(weights)))
    assert rows == [1, 2, 3, 4, 5, 0, 1]


def test_a_head_is_sharpened_by_a_power():
    """gamma = 1 + softplus(0); 1e-6 is added to each weight, so that its power has a slope."""
    said = np.zeros(KEY + 6, np.float32)
    said[KEY + 1], said[KEY + 3] = -BIG, BIG  # from where it was, and staying there
    weights = np.array([0.5, 0.3, 0.2, 0, 0, 0], np.float32)
    power = (weights + 1e-6) ** (1 + np.log(2))
    found = external_memory._pointed(memory("ntm").start()[0], weights, said)
    np.testing.assert_allclose(found, power / power.sum(), rtol=1e-4)


@pytest.mark.parametrize("name", MEMORIES)
def test_shapes_weights_and_gradients_are_sound_from_the_empty_memory_on(name):
    model = memory(name)

    def after(model):
        state, total = model.start(), 0.0
        for i in range(3):
            context, read, state = model.read(state, thoughts(8)[i], i)
            weights, state = model.write(state, latents(8)[i], thoughts(8)[i], i)
            assert context.shape == (model.size,) and read.shape == weights.shape == (model.slots,)
            total += (context**2).sum() + (read**2).sum()
        return total

    gradient = eqx.filter_grad(after)(model)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(eqx.filter(gradient, eqx.is_array)))


@pytest.mark.parametrize("name", ["lookup", "introspection", "ntm", "lru", "dnc"])
def test_what_was_looked_at_is_the_step_at_which_it_was_written(name):
    layers = READS_BY_CONTENT.get(name, {})
    model = by_key(memory(name), **layers) if layers else memory(name)
    if name == "introspection":  # two steps before
        model = eqx.tree_at(lambda own: own.head, model, saying(model.head, {0: BIG, 7: BIG, 2: BIG, 9: BIG}))
    state, read, wrote = model.start(), [], []
    for step, i in enumerate((0, 1, 0, 1)):
        _, weights, state = model.read(state, thoughts(2)[i], i)
        read.append(weights)
        weights, state = model.write(state, latents(4)[step], thoughts(2)[i], i)
        wrote.append(weights)
    looked = model.looked_at(np.array(read), np.array(wrote))
    assert looked.shape == (4, 4) and np.triu(looked).max() == 0
    np.testing.assert_allclose(looked[2:], [[1, 0, 0, 0], [0, 1, 0, 0]], atol=0.02)
