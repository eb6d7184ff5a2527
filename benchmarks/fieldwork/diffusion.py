"""A small diffusion model of pictures in PyTorch: a network that takes the noise away, and Heun's way back from it.

Noise of standard deviation sigma is added, and a perceptron, preconditioned as Karras et al. 2022 (arXiv 2206.00364,
Table 1) do, learns to give the picture back: on 8 x 8 pixels convolutions cost a hundred times as much. It is trained
for as many steps on few pictures as on many, so that on few it learns them by heart.
"""

import math
from itertools import pairwise

import numpy as np

STEPS, BATCH, WIDTH = 6000, 128, 384
LEAST, MOST, NOISES, DATA = 0.02, 10.0, 24, 0.5  # the noises of sampling, and the standard deviation of the pixels


def network(torch, pixels):
    """A perceptron (n, pixels) and log-noise (n,) -> (n, pixels)."""
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.told = nn.Linear(pixels, WIDTH), nn.Linear(16, WIDTH)
            self.layers = nn.ModuleList([nn.Linear(WIDTH, WIDTH) for _ in range(3)])
            self.out = nn.Linear(WIDTH, pixels)

        def forward(self, x, log_noise):
            waves = log_noise[:, None] * torch.arange(1, 9) / 2
            told = self.told(torch.cat([waves.sin(), waves.cos()], 1))
            h = self.first(x)
            for layer in self.layers:
                h = h + nn.functional.silu(layer(h + told))
            return self.out(h)

    return Net()


def denoised(net, x, sigma):
    """The picture behind `x`, which has noise `sigma` (n,)."""
    s = sigma[:, None]
    total = s**2 + DATA**2
    return DATA**2 / total * x + s * DATA / total.sqrt() * net(x / total.sqrt(), sigma.log() / 4)


def drawn(train, n, seed):
    """`n` pictures (n, h, w) in [0, 1] of a model that was trained on `train` (m, h, w)."""
    import torch

    torch.manual_seed(seed)
    train = np.asarray(train, np.float32)
    pictures = torch.as_tensor(train.reshape(len(train), -1) * 2 - 1)
    net = network(torch, pictures.shape[1])
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / STEPS)
    for _ in range(STEPS):
        x = pictures[torch.randint(len(pictures), (BATCH,))]
        sigma = (torch.randn(BATCH) * 1.2 - 1).exp()
        s = sigma[:, None]
        loss = (
            (s**2 + DATA**2) / (s * DATA) ** 2 * (denoised(net, x + s * torch.randn_like(x), sigma) - x) ** 2
        ).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rate.step()
    with torch.no_grad():
        noises = [*torch.linspace(math.log(MOST), math.log(LEAST), NOISES).exp(), torch.tensor(0.0)]
        x = torch.randn(n, pictures.shape[1]) * MOST
        for now, later in pairwise(noises):
            slope = (x - denoised(net, x, now.expand(n))) / now
            there = x + (later - now) * slope
            if later > 0:
                slope = (slope + (there - denoised(net, there, later.expand(n))) / later) / 2
            x = x + (later - now) * slope
    return (x.clamp(-1, 1).numpy().astype(float).reshape(n, *train.shape[1:]) + 1) / 2
