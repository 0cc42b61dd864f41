"""Procedural scenes for tests: dead leaves (Lee, Mumford, Huang 2001), free of any licence.

Occluding disks with radii of density r^-3 and random colours have the spectra of natural images.
"""

import numpy as np


def dead_leaves(height, width, seed, disks=600, radii=(2.0, 40.0)):
    """(height,width,3) uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    image = np.empty((height, width, 3), np.uint8)
    image[:] = rng.integers(40, 200, 3)
    low, high = radii[0] ** -2, radii[1] ** -2
    for _ in range(disks):
        radius = (low + rng.random() * (high - low)) ** -0.5  # inverse of the cumulative of r^-3
        row, column = rng.uniform(0, height), rng.uniform(0, width)
        inside = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
        image[inside] = rng.integers(0, 256, 3)
    return image
