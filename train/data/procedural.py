"""Generated scenes, free of any licence: for tests, and as additional volume.

Dead leaves (Lee, Mumford, Huang 2001): occluding disks with radii of density r^-3 and random colours have the
spectra of natural images. A landscape adds what satellites see besides: relief, fields, roads and roofs. Panels
have the long straight edges beside flat areas at which a restorer overshoots.
"""

import numpy as np


def dead_leaves(height, width, seed, disks=600, radii=(2.0, 40.0), greys=None):
    """(height,width,3) uint8; channels are independent, or with `greys` nearly the same, from that (low, high)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    image = np.empty((height, width, 3), np.uint8)
    image[:] = rng.integers(40, 200, 3)
    low, high = radii[0] ** -2, radii[1] ** -2
    for _ in range(disks):
        radius = (low + rng.random() * (high - low)) ** -0.5  # inverse of the cumulative of r^-3
        row, column = rng.uniform(0, height), rng.uniform(0, width)
        inside = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
        image[inside] = rng.uniform(*greys) * rng.uniform(0.7, 1, 3) if greys else rng.integers(0, 256, 3)
    return image


def panels(height, width, seed, greys):
    """(height,width,3) uint8: occluding grey rectangles of half sides 10-80 px: straight steps between wide flats."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), rng.uniform(*greys), np.uint8)
    for _ in range(height * width // 1500):
        angle = rng.choice([0.0, rng.uniform(0, np.pi)])  # half of them along the pixels
        _rectangle(image, angle, rng.uniform(10, 80, 2), rng.uniform(*greys), rng)
    return image


def landscape(height, width, seed):
    """(height,width,3) uint8: relief of spectrum 1/f, parcels in one common direction, roads, roofs."""
    rng = np.random.default_rng(seed)
    ground = np.array([0.30, 0.33, 0.24]) + rng.uniform(-0.08, 0.08, 3)
    image = ground + 0.12 * relief(height, width, rng)[:, :, None] * rng.uniform(0.6, 1.4, 3)
    angle = rng.uniform(0, np.pi)
    for _ in range(max(4, height * width // 3000)):
        _field(image, angle + rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.05), rng)
    for _ in range(max(2, (height + width) // 120)):
        _road(image, rng)
    for _ in range(height * width // 600):
        _rectangle(image, angle, rng.uniform(1.5, 6, 2), rng.uniform(0.1, 0.95) * rng.uniform(0.8, 1, 3), rng)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def relief(height, width, rng):
    """Noise of amplitude spectrum 1/f, zero mean, unit deviation."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    values = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((height, width))) / frequency, s=(height, width))
    return values / values.std()


def _coordinates(image, angle, rng):
    """Pixel coordinates along and across a direction about a random point."""
    height, width = image.shape[:2]
    rows = np.arange(height)[:, None] - rng.uniform(0, height)
    columns = np.arange(width)[None] - rng.uniform(0, width)
    return columns * np.cos(angle) + rows * np.sin(angle), rows * np.cos(angle) - columns * np.sin(angle)


def _rectangle(image, angle, half_sides, colour, rng):
    along, across = _coordinates(image, angle, rng)
    image[(np.abs(along) < half_sides[0]) & (np.abs(across) < half_sides[1])] = colour


def _field(image, angle, rng):
    """A parcel with furrows."""
    along, across = _coordinates(image, angle, rng)
    inside = (np.abs(along) < rng.uniform(8, 40)) & (np.abs(across) < rng.uniform(6, 25))
    furrows = 0.03 * np.sin(across * rng.uniform(0.8, 2.5))
    colour = np.array([0.35, 0.38, 0.25]) + rng.uniform(-0.15, 0.2, 3)
    image[inside] = colour + furrows[inside][:, None]


def _road(image, rng):
    along, across = _coordinates(image, rng.uniform(0, np.pi), rng)
    bend = rng.uniform(0, 12) * np.sin(along / rng.uniform(30, 120))
    image[np.abs(across + bend) < rng.uniform(0.7, 2.2)] = rng.uniform(0.4, 0.8)
