"""Settings with which each peer is fitted in a moment."""

_SIZE = {"rounds": 50, "width": 8, "depth": 1}
SMALL = {
    **dict.fromkeys(("gan", "wgan_clip", "wgan_gp", "wgan_div", "gan_qp", "denoiser", "masked_autoencoder"), _SIZE),
    **{name: {**_SIZE, "latent": 2} for name in ("vae", "vae_fixed_gamma", "two_stage_vae", "bottleneck")},
    "infomax": {"rounds": 50, "width": 4, "latent": 3, "batch_size": 8},
    "gmm": {"n_components": 3},
    "rbm": {"n_components": 8, "n_iter": 2, "gibbs_steps": 5},
    "patch_denoiser": {"window": 2},
}
