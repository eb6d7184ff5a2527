"""Print a hash of the weights of twelve networks after a few rounds, or of those that are named.

CI compares them with `fingerprints.txt`, and some of them on another processor, an emulated one, too.
"""

import hashlib
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]
import environment  # noqa: E402

environment.apply()

import jax  # noqa: E402
import numpy as np  # noqa: E402

from memgen_lite import data, peers  # noqa: E402
from memgen_lite.peers.text_copier import BiLSTMAttentionCNN, random_texts  # noqa: E402

ROUNDS = {"rounds": 20, "random_state": 0}
DIGITS = data.digits()
TEXTS = random_texts(200, "aehmrsty ", random_state=0)


def sampler(name):
    model = peers.peer(name, **ROUNDS).fit(DIGITS.train)
    return model.networks_, model.sample(100).tobytes()


def encoder():
    model = peers.peer("infomax", **ROUNDS).fit(DIGITS.train)
    return model.networks_, model.transform(DIGITS.train).tobytes()


def copier():
    model = BiLSTMAttentionCNN(steps=20, checkpoint_every=20, random_state=0)
    return model.fit(TEXTS, held_out=TEXTS[:9]).network_, b""


def temporal_model():
    films = DIGITS.train[:640].reshape(64, 10, 64) / 16
    return peers.peer("temporal_model", **ROUNDS).fit(films).networks_, b""


def character_network():
    model = peers.peer("character_network", **ROUNDS).fit(TEXTS)
    return model.networks_, "".join(model.sample(20, max_length=64)).encode()


def masked_autoencoder():
    model = peers.peer("masked_autoencoder", **ROUNDS).fit(DIGITS.train)
    return model.networks_, model.complete(DIGITS.train, np.arange(64) < 32).tobytes()


def answering(name):
    model = peers.peer(name, **ROUNDS).fit(TEXTS, [text[::-1] for text in TEXTS])
    return model.networks_, "\n".join(model.predict(TEXTS)).encode()


NETWORKS = {name: partial(sampler, name) for name in ("gan", "wgan_gp", "vae", "denoiser")}
NETWORKS |= {f.__name__: f for f in (encoder, copier, temporal_model, character_network, masked_autoencoder)}
NETWORKS |= {name: partial(answering, name) for name in ("couplet_network", "translation_student", "dual_translators")}


def main():
    for name in sys.argv[1:] or NETWORKS:
        network, made = NETWORKS[name]()
        leaves = [leaf for leaf in jax.device_get(jax.tree.leaves(network)) if hasattr(leaf, "tobytes")]
        print(name, hashlib.sha256(b"".join(leaf.tobytes() for leaf in leaves) + made).hexdigest()[:16], flush=True)


if __name__ == "__main__":  # pytest imports it, to look for examples
    main()
