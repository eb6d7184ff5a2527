"""Print a hash of the weights of nine networks after a few rounds, which CI compares with another processor's."""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]
import environment  # noqa: E402

environment.apply()

import jax  # noqa: E402

from memgen_lite import data, peers  # noqa: E402
from memgen_lite.peers.text_copier import BiLSTMAttentionCNN, random_texts  # noqa: E402


def told(name, network, sampled=b""):
    numbers = b"".join(leaf.tobytes() for leaf in jax.device_get(jax.tree.leaves(network)) if hasattr(leaf, "tobytes"))
    print(name, hashlib.sha256(numbers + sampled).hexdigest()[:16], flush=True)


digits = data.digits()
for name in ("gan", "wgan_gp", "vae", "denoiser"):
    model = peers.peer(name, rounds=20, random_state=0).fit(digits.train)
    told(name, model.networks_, model.sample(100).tobytes())
encoder = peers.peer("infomax", rounds=20, random_state=0).fit(digits.train)
told("encoder", encoder.networks_, encoder.transform(digits.train).tobytes())
texts = random_texts(200, "aehmrsty ", random_state=0)
copier = BiLSTMAttentionCNN(steps=20, checkpoint_every=20, random_state=0)
told("copier", copier.fit(texts, held_out=texts[:9]).network_)
films = digits.train[:640].reshape(64, 10, 64) / 16
told("temporal model", peers.peer("temporal_model", rounds=20, random_state=0).fit(films).networks_)
characters = peers.peer("character_network", rounds=20, random_state=0).fit(texts)
told("character network", characters.networks_, "".join(characters.sample(20, max_length=64)).encode())
