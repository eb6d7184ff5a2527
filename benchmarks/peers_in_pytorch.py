"""Three of the peers once more, in PyTorch: the same layers, first weights of the same law, losses and optimizers.

Written as PyTorch's own examples are: one operation after the other, without `torch.compile`, which knows no gradient
of a gradient, as the penalty of WGAN-GP is one. `training.py` checks that they are the same models, and times them.
"""

import math
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional


class MLP(nn.Module):
    """As `memgen_lite.peers.perceptron.MLP`."""

    def __init__(self, n_in, n_out, width, depth, normalized=False):
        super().__init__()
        sizes = [n_in, *[width] * depth, n_out]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.normalized = normalized
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=math.sqrt(2 / layer.in_features))
            nn.init.zeros_(layer.bias)
        nn.init.normal_(self.layers[-1].weight, std=0.1 / math.sqrt(self.layers[-1].in_features))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = layer(x)
            if self.normalized:
                x = functional.batch_norm(x, None, None, training=True)
            x = functional.relu(x)
        return self.layers[-1](x)


class Model(nn.Module):
    """A subclass has `loss(player, x)`, `generate(n)`, and the networks of its `players`, named as the peer names them.

    Parameters
    ----------
    settings : the peer's parameters. n_features : int.
    """

    def __init__(self, settings, n_features):
        super().__init__()
        self.settings, self.n_features = settings, n_features
        self.build(**settings)

    def fit(self, rows):
        """Train on float32 rows (n, d): the losses of each player, a list of dicts."""
        s, self.optimizers = self.settings, {}
        for name in self.players:
            self.optimizers[name] = self.optimizer(self.players[name][1].parameters())
        return [self.round(rows, s["batch_size"]) for _ in range(s["rounds"])]

    def round(self, rows, batch_size):
        losses = {}
        for name, (times, network) in self.players.items():
            for _ in range(times):
                x = rows[torch.randint(len(rows), (batch_size,))]
                optimizer = self.optimizers[name]
                optimizer.zero_grad()
                loss = self.loss(name, x)
                loss.backward(inputs=list(network.parameters()))
                self.step(name, network, optimizer)
            losses[name] = loss.item()
        return losses

    def step(self, name, network, optimizer):
        optimizer.step()

    @torch.no_grad()
    def sample(self, n, batch=1024):
        return torch.cat([self.generate(batch) for _ in range(-(-n // batch))])[:n].double().numpy()

    def take(self, leaves):
        """Take on the weights that a peer's `leaves()` gave."""
        mine = list(self.parameters())
        for weights, leaf in zip(mine, leaves, strict=True):
            weights.data = torch.tensor(leaf).reshape(weights.shape)

    @property
    def n_parameters(self):
        return sum(weights.numel() for weights in self.parameters())


class WGANGP(Model):
    def build(self, width, depth, noise, critic_moves, normalized, **_):
        self.critic = MLP(self.n_features, 1, width, depth)
        self.generator = MLP(noise, self.n_features, width, depth, normalized)
        self.players = {"critic": (critic_moves, self.critic), "generator": (1, self.generator)}

    def optimizer(self, weights):
        return torch.optim.Adam(weights, self.settings["learning_rate"], betas=(0.5, 0.9))

    def generate(self, n):
        return self.generator(torch.randn(n, self.settings["noise"]))

    def loss(self, player, x):
        if player == "generator":
            return -self.critic(self.generate(len(x))).mean()
        with torch.no_grad():
            fake = self.generate(len(x))
        share = torch.rand(len(x), 1)
        between = (share * x + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(self.critic(between).sum(), between, create_graph=True)
        penalty = (((slope**2).sum(1) + 1e-12).sqrt() - 1) ** 2
        return (self.critic(fake) - self.critic(x)).mean() + self.settings["penalty"] * penalty.mean()


class _Single(Model):
    """One network, whose rate of learning falls along a cosine."""

    @property
    def players(self):
        return {"model": (1, self)}

    def optimizer(self, weights):
        adam = torch.optim.Adam(weights, self.settings["learning_rate"], betas=(0.9, 0.99))
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, self.settings["rounds"])
        return adam

    def step(self, name, network, optimizer):
        nn.utils.clip_grad_norm_(network.parameters(), 100.0)
        optimizer.step()
        self.schedule.step()


class VAE(_Single):
    def build(self, width, depth, latent, **_):
        self.encoder = MLP(self.n_features, 2 * latent, width, depth)
        self.decoder = MLP(latent, self.n_features, width, depth)
        self.log_gamma = nn.Parameter(torch.zeros(()))

    def parameters(self, recurse=True):
        return [*self.encoder.parameters(), *self.decoder.parameters(), self.log_gamma]

    def generate(self, n):
        return self.decoder(torch.randn(n, self.settings["latent"]))

    def loss(self, player, x):
        mean, log_sd = self.encoder(x).chunk(2, dim=-1)
        z = mean + log_sd.exp() * torch.randn_like(mean)
        information = (mean**2 + (2 * log_sd).exp() - 1 - 2 * log_sd).sum(-1) / 2
        missed = (x - self.decoder(z)) ** 2 / (2 * (2 * self.log_gamma).exp())
        return (information + (missed + self.log_gamma + math.log(2 * math.pi) / 2).sum(-1)).mean()


class Denoiser(_Single):
    def build(self, width, depth, **_):
        self.model = MLP(self.n_features + 8, self.n_features, width, depth)
        self.frequencies = torch.tensor([0.5, 1.0, 2.0, 4.0])

    def guess(self, x, sigma):
        total = (sigma**2 + 0.25).sqrt()
        phase = sigma.log() / 4 * self.frequencies * math.pi
        wave = torch.cat([phase.sin(), phase.cos()], -1).expand(len(x), 8)
        return 0.25 / total**2 * x + sigma * 0.5 / total * self.model(torch.cat([x / total, wave], -1))

    def loss(self, player, x):
        sigma = (1.2 * torch.randn(len(x), 1) - 1.2).exp()
        guess = self.guess(x + sigma * torch.randn_like(x), sigma)
        return ((sigma**2 + 0.25) / (0.25 * sigma**2) * (guess - x) ** 2).mean()

    def generate(self, n):
        ramp = torch.linspace(80.0 ** (1 / 7), 0.002 ** (1 / 7), self.settings["steps"]) ** 7
        x = ramp[0] * torch.randn(n, self.n_features)
        for s, after in zip(ramp[:-1, None, None], ramp[1:, None, None], strict=True):
            slope = (x - self.guess(x, s)) / s
            ahead = x + (after - s) * slope
            x = x + (after - s) / 2 * (slope + (ahead - self.guess(ahead, after)) / after)
        return self.guess(x, ramp[-1].reshape(1, 1))


MODELS = {"wgan_gp": WGANGP, "vae": VAE, "denoiser": Denoiser}
