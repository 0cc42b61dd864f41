"""Random crops of scenes in memory: scaled, screened, augmented."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from .images import stretch
from .index import held_out_places, load
from .procedural import dead_leaves, landscape, panels

LOW_CONTRAST_PREFIX = "iss_"  # photographic frames that need contrast jitter

# Box averaging by these factors: 10 m to 40 m of ground sample distance, and their probabilities.
SCALES = {1.0: 0.60, 1.5: 0.15, 2.0: 0.20, 4.0: 0.05}

MAX_NODATA_SHARE = 0.02  # of pixels at black or white in all channels
MIN_DEVIATION = 3 / 255  # below it a crop is flat water or a closed cloud
CLOUD_LEVEL, CLOUD_CHROMA, MAX_CLOUD_SHARE = 0.75, 0.08, 0.9  # bright and colourless pixels
CROP_ATTEMPTS = 30

GENERATED_SIDE, LANDSCAPES = 384, 3
# Steps between flat areas wider than any blur, of high to low contrast, against overshoot: radii in px, greys of 255.
LEAF_RADII, LEAF_GREYS = (4.0, 80.0), ((10, 255), (20, 140), (30, 90))
PANEL_GREYS = ((10, 255), (20, 120), (30, 90))


class Scene(NamedTuple):
    name: str
    pixels: np.ndarray  # (H,W,B) uint8 or uint16
    probability: float


def load_scenes(source, min_size, holdout=0.0, held_out=False):
    """Scenes of a folder or index file, of the training places or of the `holdout` share kept for validation."""
    records, images = load(source)
    for record in records:
        if min(record.width, record.height) < min_size:
            raise ValueError(
                f"{record.file} is {record.width}x{record.height} px, smaller than a crop with its blur margin "
                f"({min_size} px): remove it or choose a smaller --crop"
            )
    aside = held_out_places([record.place for record in records], holdout)
    kept = [(r, i) for r, i in zip(records, images) if (r.place in aside) == held_out]
    if not kept:
        raise ValueError(
            f"{source} shows {len(aside)} place only, which --holdout {holdout} sets aside: use --holdout 0"
        )
    total = sum(record.weight for record, _ in kept)
    deep = lambda image: stretch(image) if image.dtype == np.uint16 else image
    return with_near_infrared([Scene(Path(r.file).name, deep(image), r.weight / total) for r, image in kept])


def with_near_infrared(scenes):
    """The scenes; a lone band NAME_nir joins the bands of NAME_rgb, so that any three of the four make a composite.

    Bands of a composite share little: alone, grey scenes and RGB would teach to average noise over the channels.
    """
    by_stem = {Path(scene.name).stem: scene for scene in scenes}
    frame = lambda scene: (scene.pixels.shape[:2], scene.pixels.dtype)

    def joined(scene):
        stem = Path(scene.name).stem
        colour = by_stem.get(stem[: -len("nir")] + "rgb") if stem.endswith("_nir") else None
        if colour is None or frame(colour) != frame(scene):
            return scene
        return scene._replace(pixels=np.dstack([colour.pixels, scene.pixels[:, :, :1]]))

    return [joined(scene) for scene in scenes]


def with_generated(scenes, share, size, seed):
    """The scenes and generated ones of at least `size` px, which are drawn with probability `share`."""
    if not share:
        return scenes
    side = max(GENERATED_SIDE, size)
    made = [landscape(side, side, seed + i) for i in range(LANDSCAPES)]
    made += [dead_leaves(side, side, seed + i, radii=LEAF_RADII, greys=greys) for i, greys in enumerate(LEAF_GREYS)]
    made += [panels(side, side, seed + i, greys) for i, greys in enumerate(PANEL_GREYS)]
    kept = [scene._replace(probability=scene.probability * (1 - share)) for scene in scenes]
    return kept + [Scene(f"generated_{i}", image, share / len(made)) for i, image in enumerate(made)]


def box_matrix(count, factor):
    """(count, ceil(count * factor)) weights of a box average over `factor` samples each."""
    edges = np.arange(int(np.ceil(count * factor)))[None]
    start = np.arange(count)[:, None] * factor
    overlap = np.minimum(edges + 1, start + factor) - np.maximum(edges, start)
    return (np.clip(overlap, 0, 1) / factor).astype(np.float32)


def box_downscale(values, count, factor):
    """(S,S,B) float32 -> (count,count,B) by box (area) averaging, S = ceil(count * factor)."""
    if factor == 1:
        return values
    weights = box_matrix(count, factor)
    rows = np.tensordot(weights, values, (1, 0))
    return np.tensordot(weights, rows, (1, 1)).transpose(1, 0, 2)


def is_useful(crop):
    """False for crops (H,W,3) in [0,1] with no-data areas, without structure, or of clouds alone."""
    low, high = crop.min(axis=2), crop.max(axis=2)
    nodata = np.mean((high <= 1 / 255) | (low >= 254 / 255))
    cloud = np.mean((low > CLOUD_LEVEL) & (high - low < CLOUD_CHROMA))
    return nodata <= MAX_NODATA_SHARE and cloud <= MAX_CLOUD_SHARE and crop.std(axis=(0, 1)).max() >= MIN_DEVIATION


def augment(crop, low_contrast, rng):
    """Random symmetry, channel order, gain and contrast; (H,W,3) in [0,1] -> the same."""
    crop = np.rot90(crop, rng.integers(4))
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    values = crop[:, :, rng.permutation(3)]
    if low_contrast:
        mean = values.mean(axis=(0, 1))
        values = mean + (values - mean) * rng.uniform(0.8, 2.0)
    return np.clip(values * rng.uniform(0.8, 1.25), 0, 1).astype(np.float32)


class CropSampler:
    """Endless random crops; every draw comes from `rng`, so its state is the position in the stream."""

    def __init__(self, scenes, size, rng, scales=SCALES):
        self.scenes, self.size, self.rng, self.scales = scenes, size, rng, scales
        self.probabilities = [s.probability for s in scenes]
        self.origins = []  # where the crops of the last batch come from, for messages

    def crop(self):
        for _ in range(CROP_ATTEMPTS):
            scene = self.scenes[self.rng.choice(len(self.scenes), p=self.probabilities)]
            values, origin = self._window(scene)
            if is_useful(values):
                self.origins.append(origin)
                return augment(values, scene.name.startswith(LOW_CONTRAST_PREFIX), self.rng)
        raise ValueError(f"{CROP_ATTEMPTS} crops in a row were flat, cloudy or without data: check the training images")

    def _window(self, scene):
        """A random window at a random scale that fits the scene, as (size,size,3) float32, and its description."""
        pixels = scene.pixels
        fits = {f: p for f, p in self.scales.items() if np.ceil(self.size * f) <= min(pixels.shape[:2])} or {1.0: 1.0}
        shares = np.array(list(fits.values()))
        factor = list(fits)[self.rng.choice(len(fits), p=shares / shares.sum())]
        side = int(np.ceil(self.size * factor))
        top, left = (int(self.rng.integers(pixels.shape[axis] - side + 1)) for axis in (0, 1))
        window = pixels[top : top + side, left : left + side, self._bands(pixels.shape[2])]
        values = window.astype(np.float32) / np.iinfo(pixels.dtype).max
        return box_downscale(values, self.size, factor), f"{scene.name} at ({left}, {top}), 1/{factor:g}"

    def _bands(self, count):
        """Grey is repeated; of more than three bands any three make a composite."""
        return self.rng.choice(count, 3, replace=False) if count > 3 else [0, 1, 2] if count == 3 else [0, 0, 0]

    def batch(self, count):
        """(count,3,size,size) float32 tensor in [0,1]."""
        self.origins.clear()
        crops = np.stack([self.crop() for _ in range(count)])
        return torch.from_numpy(crops).permute(0, 3, 1, 2).contiguous()
