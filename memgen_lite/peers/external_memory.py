"""Memories outside a recurrent network: where it writes what it saw, and reads it again. Each for one sequence.

A memory has `slots` rows. At every step the model first reads, then writes, so that what is read was seen before:

`start()`, the empty memory.
`read(state, hidden, place)`, what is read (`size`,), the weights (`slots`,) of the rows that it was read from (of two
heads, the larger one), and the state after. `hidden` is what the network thinks, `place` an int that only
:class:`Lookup` is told.
`write(state, latent, hidden, place)`, the weights (`slots`,) of the rows that were written to, and the state after.

In :class:`NTM`, :class:`LRU` and :class:`DNC` a row is a key, which the network says, and the latent that it is the key
of; rows are compared by their keys. The papers compare whole rows; with these the small models here never learned to
look anything up, with keys they do.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

KEY = 16  # numbers in a key
HEADS = 2  # rows that an introspection network reads at once


class Memory(eqx.Module):
    """A memory of rows, which `place`, `hidden` or the rows themselves may choose from."""

    slots: int = eqx.field(static=True)
    latent: int = eqx.field(static=True)

    @property
    def size(self):
        """How many numbers are read."""
        return KEY + self.latent

    def looked_at(self, read, written):
        """With what weight was read, at each step, what each step before had written: (T, slots) twice to (T, T).

        As if a write put what it writes in place of what was there, which it does exactly in a lookup.
        """
        shares, found = np.zeros((self.slots, len(read))), []
        for step, (reading, writing) in enumerate(zip(np.asarray(read), np.asarray(written), strict=True)):
            found.append(reading @ shares)
            shares *= 1 - writing[:, None]
            shares[:, step] += writing
        return np.array(found)


class Nothing(Memory):
    """No memory but the network's own state: the variational recurrent network of Chung et al. 2015 (1506.02216)."""

    size = 0

    def __init__(self, slots, latent, hidden, key):
        self.slots, self.latent = 0, latent

    def start(self):
        return ()

    def read(self, state, hidden, place):
        return jnp.zeros(0), jnp.zeros(0), state

    def write(self, state, latent, hidden, place):
        return jnp.zeros(0), state


class Lookup(Memory):
    """MemGEN whose key is a place, which it is told: reads what was written there last, and whether anything was."""

    def __init__(self, slots, latent, hidden, key):
        self.slots, self.latent = slots, latent

    @property
    def size(self):
        return self.latent + 1

    def start(self):
        return jnp.zeros((self.slots, self.size))

    def read(self, state, hidden, place):
        return state[place], jax.nn.one_hot(place, self.slots), state

    def write(self, state, latent, hidden, place):
        return jax.nn.one_hot(place, self.slots), state.at[place].set(jnp.append(latent, 1.0))


class Introspection(Memory):
    """The last latents, in order; the network says which of them it wants, by how long ago they were.

    Gemici et al. 2017 (arXiv 1702.04649, section 3.1): a softmax over the rows for each of two heads, and a gate.
    """

    head: eqx.nn.Linear

    def __init__(self, slots, latent, hidden, key):
        self.slots, self.latent = slots, latent
        self.head = eqx.nn.Linear(hidden, HEADS * (slots + 1), key=key)

    @property
    def size(self):
        return HEADS * self.latent

    def start(self):
        return jnp.zeros((self.slots, self.latent))

    def read(self, state, hidden, place):
        said = self.head(hidden).reshape(HEADS, self.slots + 1)
        weights = jax.nn.sigmoid(said[:, :1]) * jax.nn.softmax(said[:, 1:])
        return (weights @ state).ravel(), weights.max(0), state

    def write(self, state, latent, hidden, place):
        return jax.nn.one_hot(0, self.slots), jnp.concatenate([latent[None], state[:-1]])

    def looked_at(self, read, written):
        """Row `i` holds what was written `i + 1` steps before."""
        found = np.zeros((len(read), len(read)))
        for step in range(len(read)):
            ages = min(step, self.slots)
            found[step, step - ages : step] = np.asarray(read)[step, :ages][::-1]
        return found


class NTM(Memory):
    """The neural Turing machine of Graves, Wayne and Danihelka 2014 (arXiv 1410.5401, equations 1 to 9).

    A head points at rows by content, or moves on by a row from where it was. The network chooses at each step.
    """

    reader: eqx.nn.Linear
    writer: eqx.nn.Linear
    keying: eqx.nn.Linear
    first: jax.Array

    def __init__(self, slots, latent, hidden, key):
        self.slots, self.latent = slots, latent
        one, two, three, four = jax.random.split(key, 4)
        reader = eqx.nn.Linear(hidden, KEY + 6, key=one)
        writer = eqx.nn.Linear(hidden, KEY + 6 + self.size, key=two)
        # At first it reads by content and writes to the next row: it can unlearn both.
        self.reader = _started(reader, {KEY: 3, KEY + 1: 3, KEY + 3: 3})
        self.writer = _started(writer, {KEY + 1: -4, KEY + 4: 5})
        self.keying = eqx.nn.Linear(hidden, KEY, key=three)
        self.first = jax.random.normal(four, (slots,))  # a head that points everywhere could not be moved

    def start(self):
        rows = jnp.full((self.slots, self.size), 1e-3)
        return rows, jax.nn.softmax(self.first), jax.nn.one_hot(0, self.slots)

    def read(self, state, hidden, place):
        rows, reading, writing = state
        reading = _pointed(rows, reading, self.reader(hidden))
        return reading @ rows, reading, (rows, reading, writing)

    def write(self, state, latent, hidden, place):
        rows, reading, writing = state
        said, erase = jnp.split(self.writer(hidden), [KEY + 6])
        writing = _pointed(rows, writing, said)
        kept = rows * (1 - jnp.outer(writing, jax.nn.sigmoid(erase)))
        return writing, (kept + jnp.outer(writing, jnp.append(self.keying(hidden), latent)), reading, writing)


class LRU(Memory):
    """Least recently used access, of Santoro et al. 2016 (arXiv 1605.06065, equations 5 to 8).

    It reads by content, and writes to the row that it read last or, by a gate, to the row that was used least.
    """

    reader: eqx.nn.Linear
    keying: eqx.nn.Linear
    decay: float = eqx.field(static=True)

    def __init__(self, slots, latent, hidden, key):
        self.slots, self.latent, self.decay = slots, latent, 0.95
        one, two = jax.random.split(key)
        self.reader = _started(eqx.nn.Linear(hidden, KEY + 2, key=one), {KEY: 3, KEY + 1: -3})
        self.keying = eqx.nn.Linear(hidden, KEY, key=two)

    def start(self):
        rows = jnp.full((self.slots, self.size), 1e-3)
        return rows, jax.nn.one_hot(0, self.slots), jnp.zeros(self.slots), jnp.zeros(())

    def read(self, state, hidden, place):
        rows, _, usage, _ = state
        said = self.reader(hidden)
        reading = _alike(rows, said[:KEY], said[KEY])
        return reading @ rows, reading, (rows, reading, usage, jax.nn.sigmoid(said[KEY + 1]))

    def write(self, state, latent, hidden, place):
        rows, reading, usage, again = state
        least = jax.nn.one_hot(jnp.argmin(usage), self.slots)
        writing = again * reading + (1 - again) * least
        rows = rows * (1 - least)[:, None] + jnp.outer(writing, jnp.append(self.keying(hidden), latent))
        return writing, (rows, reading, self.decay * usage + reading + writing, again)


class DNC(Memory):
    """The differentiable neural computer of Graves et al. 2016 (Nature 538, Methods), with one head that reads.

    It writes to rows that are free, and links the rows in the order in which they were written; it reads by content,
    or the row before or after the one that it read last. (How much content counts may go down to 0, as in the Turing
    machine; in the paper it is 1 at least.)
    """

    reader: eqx.nn.Linear
    writer: eqx.nn.Linear
    keying: eqx.nn.Linear

    def __init__(self, slots, latent, hidden, key):
        self.slots, self.latent = slots, latent
        one, two, three = jax.random.split(key, 3)
        self.reader = _started(eqx.nn.Linear(hidden, KEY + 5, key=one), {KEY: 3, KEY + 4: -3})
        self.writer = _started(eqx.nn.Linear(hidden, KEY + 3 + self.size, key=two), {KEY + 1: 3, KEY + 2: 3})
        self.keying = eqx.nn.Linear(hidden, KEY, key=three)

    def start(self):
        none = jnp.zeros(self.slots)
        links = jnp.zeros((self.slots, self.slots))
        return jnp.full((self.slots, self.size), 1e-3), none, none, none, none, links, jnp.zeros(())

    def read(self, state, hidden, place):
        rows, reading, writing, usage, latest, links, _ = state
        said = self.reader(hidden)
        before, same, after = jax.nn.softmax(said[KEY + 1 : KEY + 4])
        found = _alike(rows, said[:KEY], said[KEY])
        reading = before * (reading @ links) + same * found + after * (links @ reading)
        free = jax.nn.sigmoid(said[KEY + 4])
        return reading @ rows, reading, (rows, reading, writing, usage, latest, links, free)

    def write(self, state, latent, hidden, place):
        rows, reading, writing, usage, latest, links, free = state
        said, erase = jnp.split(self.writer(hidden), [KEY + 3])
        usage = (usage + writing - usage * writing) * (1 - free * reading)
        anew, at_all = jax.nn.sigmoid(said[KEY + 1 :])
        writing = at_all * (anew * _free(usage) + (1 - anew) * _alike(rows, said[:KEY], said[KEY]))
        rows = rows * (1 - jnp.outer(writing, jax.nn.sigmoid(erase)))
        rows = rows + jnp.outer(writing, jnp.append(self.keying(hidden), latent))
        kept = (1 - writing[:, None] - writing[None]) * links
        links = (kept + jnp.outer(writing, latest)) * (1 - jnp.eye(self.slots))
        latest = (1 - writing.sum()) * latest + writing
        return writing, (rows, reading, writing, usage, latest, links, free)


MEMORIES = {
    "none": Nothing,
    "lookup": Lookup,
    "introspection": Introspection,
    "ntm": NTM,
    "lru": LRU,
    "dnc": DNC,
}


def _started(layer, biases):
    """The layer with some of its biases set, so that a gate starts open or shut."""
    places, values = jnp.array(list(biases)), jnp.array(list(biases.values()), jnp.float32)
    return eqx.tree_at(lambda own: own.bias, layer, layer.bias.at[places].set(values))


def _alike(rows, key, strength):
    """Weights of the rows by the cosines of their keys with one key, sharper the greater the strength."""
    keys = rows[:, :KEY]
    # The constant stands under the root: at an empty row the root itself has no slope.
    lengths = jnp.sqrt(((keys**2).sum(1) + 1e-4) * ((key**2).sum() + 1e-4))
    return jax.nn.softmax(jax.nn.softplus(strength) * (keys @ key) / lengths)


def _pointed(rows, weights, said):
    """Where a head of the Turing machine points next: by content or from where it was, moved, and sharpened."""
    key, (strength, by_content), shifts, sharpness = jnp.split(said, [KEY, KEY + 2, KEY + 5])
    by_content = jax.nn.sigmoid(by_content)
    weights = by_content * _alike(rows, key, strength) + (1 - by_content) * weights
    back, stay, on = jax.nn.softmax(shifts)
    weights = back * jnp.roll(weights, -1) + stay * weights + on * jnp.roll(weights, 1)
    weights = (weights + 1e-6) ** (1 + jax.nn.softplus(sharpness))  # at 0 a power has no slope
    return weights / weights.sum()


def _free(usage):
    """Weights of the rows to write anew: the least used first, and the next as far as that one is used."""
    order = jnp.argsort(usage)
    used = usage[order]
    shares = (1 - used) * jnp.append(1.0, jnp.cumprod(used)[:-1])
    return jnp.zeros_like(usage).at[order].set(shares)
