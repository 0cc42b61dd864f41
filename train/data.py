"""Sharp training scenes: decoded once into memory, cropped and augmented at random."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

IMAGE_SUFFIXES = {".png", ".webp", ".jpg", ".jpeg", ".tif", ".tiff"}

# Sampling share of each origin by relevance, not by area (README of the data folder).
ORIGIN_SHARES = {
    ("s2_", "l5_", "l7_", "naip_"): 0.45,
    ("iss_",): 0.35,
    ("oam_",): 0.12,
    ("usgs_",): 0.06,
    ("caliterra_",): 0.02,
}
OTHER_SHARE = 0.10  # of files with any other name
LOW_CONTRAST_PREFIX = "iss_"  # photographic frames that need contrast jitter

MAX_NODATA_FRACTION = 0.02  # share of pixels at black (<= 1) or white (>= 254) in all channels
MIN_DEVIATION = 3.0  # 8-bit levels; below it a crop is flat water or cloud
CROP_ATTEMPTS = 30


class Scene(NamedTuple):
    name: str
    pixels: np.ndarray  # (H,W,3) uint8
    probability: float


def list_images(folder):
    files = sorted(p for p in Path(folder).glob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    if not files:
        raise FileNotFoundError(f"no image in {folder}: expected files ending in {sorted(IMAGE_SUFFIXES)}")
    return files


def read_image(path):
    """Any 8-bit image as (H,W,3) uint8; gray is repeated."""
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except OSError as error:
        raise OSError(f"cannot read the image {path} ({error}): remove it or replace it") from error


def load_scenes(folder, min_size):
    """All images of `folder` with their sampling probabilities; each side must be >= `min_size` px."""
    files = list_images(folder)
    images = [read_image(path) for path in files]
    for path, pixels in zip(files, images):
        if min(pixels.shape[:2]) < min_size:
            raise ValueError(
                f"{path} is {pixels.shape[1]}x{pixels.shape[0]} px, smaller than a crop with its blur margin "
                f"({min_size} px): remove it or choose a smaller --crop"
            )
    weights = _sampling_weights([p.name for p in files], [i.shape[0] * i.shape[1] for i in images])
    return [Scene(p.name, i, w) for p, i, w in zip(files, images, weights)]


def _sampling_weights(names, areas):
    """Share of the origin, divided inside it by the square root of the area; sums to one."""
    origins = [next((o for o in ORIGIN_SHARES if name.startswith(o)), None) for name in names]
    weights = np.sqrt(np.asarray(areas, dtype=np.float64))
    for origin in set(origins):
        members = np.array([o == origin for o in origins])
        weights[members] *= ORIGIN_SHARES.get(origin, OTHER_SHARE) / weights[members].sum()
    return weights / weights.sum()


def is_useful(crop):
    """False for crops (H,W,3) uint8 with no-data areas or without structure."""
    nodata = np.mean((crop.max(axis=2) <= 1) | (crop.min(axis=2) >= 254))
    return nodata <= MAX_NODATA_FRACTION and crop.std(axis=(0, 1)).max() >= MIN_DEVIATION


def augment(crop, low_contrast, rng):
    """Random symmetry, channel order, gain and contrast; (H,W,3) uint8 -> float32 in [0,1]."""
    crop = np.rot90(crop, rng.integers(4))
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    values = crop[:, :, rng.permutation(3)].astype(np.float32) / 255
    if low_contrast:
        mean = values.mean(axis=(0, 1))
        values = mean + (values - mean) * rng.uniform(0.8, 2.0)
    return np.clip(values * rng.uniform(0.8, 1.25), 0, 1)


class CropSampler:
    """Endless random crops; every draw comes from `rng`, so its state is the position in the stream."""

    def __init__(self, scenes, size, rng):
        self.scenes, self.size, self.rng = scenes, size, rng
        self.probabilities = [s.probability for s in scenes]

    def crop(self):
        for _ in range(CROP_ATTEMPTS):
            scene = self.scenes[self.rng.choice(len(self.scenes), p=self.probabilities)]
            top = self.rng.integers(scene.pixels.shape[0] - self.size + 1)
            left = self.rng.integers(scene.pixels.shape[1] - self.size + 1)
            crop = scene.pixels[top : top + self.size, left : left + self.size]
            if is_useful(crop):
                return augment(crop, scene.name.startswith(LOW_CONTRAST_PREFIX), self.rng)
        raise ValueError(f"{CROP_ATTEMPTS} crops in a row were flat or without data: check the training images")

    def batch(self, count):
        """(count,3,size,size) float32 tensor in [0,1]."""
        crops = np.stack([self.crop() for _ in range(count)])
        return torch.from_numpy(crops).permute(0, 3, 1, 2).contiguous()
