"""Random degradations out of a config."""

import math

from .config import PRESETS, Degradation
from .gaps import KINDS

SEED_LIMIT = 2**31
EDGES = ["t", "b", "l", "r", "tl", "tr", "bl", "br"]


def draw(rng, config):
    """One random `Degradation` (numpy generator): uniform blur, log-uniform noise."""
    if config.generic_fraction and rng.random() < config.generic_fraction:
        return draw(rng, PRESETS["stage1"])
    names, shares = zip(*config.families.items())
    family = names[rng.choice(len(names), p=[s / sum(shares) for s in shares])]
    blur = {"family": family, **DRAWS[family](rng, config)}
    if rng.random() < config.identity_fraction:
        blur = {}
    return Degradation(
        **blur,
        electrons=_log_uniform(rng, *config.electrons),
        noise_sigma=_log_uniform(rng, *config.noise_sigma),
        jpeg_quality=int(rng.integers(config.jpeg_quality[0], config.jpeg_quality[1] + 1))
        if rng.random() < config.jpeg_fraction
        else 0,
        chroma_halved=bool(rng.random() < 0.5),
        seed=int(rng.integers(SEED_LIMIT)),
        gap=str(rng.choice(list(KINDS))) if config.gap_fraction and rng.random() < config.gap_fraction else "",
        **(_told(rng, config) if config.deconvolved else {}),
    )


def _log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high))) if low > 0 else rng.uniform(low, high)


def _told(rng, config):
    """What deconvolution is told, and how far from the crop its frame ends."""
    wrong = {}
    if rng.random() < config.wrong_fraction:
        wrong = {"told_zoom": rng.uniform(*config.wrong_zoom)}
        wrong["told_turn"] = rng.uniform(*config.wrong_turn) * rng.choice([-1, 1])
    edges = rng.choice(EDGES) if rng.random() < config.edge_fraction else ""
    return {**wrong, "told_noise": _log_uniform(rng, *config.told_noise), "edges": str(edges)}


def _defocus(rng, config):
    field = rng.random() ** 0.5  # distance of the crop from the middle of the frame, corner = 1
    growth = rng.uniform(*config.corner_growth) * field**2
    return {
        "radius": rng.uniform(*config.radius) * (1 + growth),
        "blur_sigma": rng.uniform(*config.blur_sigma),
        "ratio": rng.uniform(*config.defocus_ratio),
        "angle": rng.uniform(0, 180),
    }


def _gaussian(rng, config):
    return {
        "blur_sigma": rng.uniform(*config.gaussian_sigma),
        "ratio": rng.uniform(*config.gaussian_ratio),
        "angle": rng.uniform(0, 180),
    }


def _motion(rng, config):
    return {"length": rng.uniform(*config.length), "angle": rng.uniform(0, 180)}


def _spin(rng, config):
    distance, bearing = rng.uniform(*config.spin_distance), rng.uniform(0, 2 * math.pi)
    centre = (distance * math.sin(bearing), distance * math.cos(bearing))
    return {"spin": rng.uniform(*config.spin), "centre": centre}


def _kernel(rng, config):
    return {"zoom": rng.uniform(*config.zoom)}


def _measured(rng, config):
    return {"which": int(rng.integers(len(config.measured))), "zoom": rng.uniform(*config.zoom)}


DRAWS = {
    "defocus": _defocus,
    "gaussian": _gaussian,
    "motion": _motion,
    "spin": _spin,
    "kernel": _kernel,
    "measured": _measured,
}
