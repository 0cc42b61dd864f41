"""Fills missing pixels exactly as the engine does for networks (lib/image/missing): a membrane, curves at its rim."""

import numpy as np

SWEEPS = 12  # of Gauss and Seidel at each scale

REACH = 3  # px from known values up to which they are continued by slopes and curvatures
WINDOW = 5  # px around the nearest known value to which the surface is fitted
SIGMA = 1.5  # px, of the weights
RIDGE = 1e-6
POWERS = [(degree - y, y) for degree in range(5) for y in range(degree + 1)]  # of x and y
TERMS = 6
PRODUCTS = [[POWERS.index((x + a, y + b)) for a, b in POWERS[:TERMS]] for x, y in POWERS[:TERMS]]


def _squares(reach):
    """Offsets (rows, columns) of a square window, row by row."""
    axis = np.arange(-reach, reach + 1)
    return np.repeat(axis, axis.size), np.tile(axis, axis.size)


def _weighted():
    """(places of the window, powers)."""
    y, x = _squares(WINDOW)
    weights = np.exp(-(x * x + y * y) / (2 * SIGMA**2))
    return np.stack([weights * x**a * y**b for a, b in POWERS], axis=1)


WEIGHTED = _weighted()


def fill(codes, valid):
    """(H,W,C) uint8, of which (H,W) bool `valid` are there -> the same with the others filled."""
    if valid.all() or not valid.any():
        return codes.copy() if valid.any() else np.zeros_like(codes)
    values = np.where(valid[..., None], codes, 0).astype(np.float32)
    _membrane(values, valid)
    _curve_edges(values, valid)
    filled = np.floor(np.clip(values.astype(np.float64), 0, 255) + 0.5).astype(np.uint8)
    return np.where(valid[..., None], codes, filled)


def _membrane(values, valid):
    """Solves Laplace's equation where nothing is known, in place, from coarse to fine."""
    if valid.all():
        return
    coarse, known = _shrunk(values, valid)
    if valid.shape != (1, 1):
        _membrane(coarse, known)
    guess = coarse.repeat(2, axis=0).repeat(2, axis=1)[: valid.shape[0], : valid.shape[1]]
    values[~valid] = guess[~valid]
    _relax(values, valid)


def _shrunk(values, valid):
    """Half as large: means of the known values of two by two."""
    (height, width), channels = valid.shape, values.shape[2]
    pad = ((0, height % 2), (0, width % 2))
    known = np.pad(valid, pad).reshape((height + 1) // 2, 2, -1, 2)
    sums = np.pad(np.where(valid[..., None], values, 0).astype(np.float64), (*pad, (0, 0)))
    sums = sums.reshape(*known.shape, channels).sum(axis=(1, 3))
    count = known.sum(axis=(1, 3))
    return (sums / np.maximum(count, 1)[..., None]).astype(np.float32), count > 0


def _relax(values, valid):
    """Sweeps of Gauss and Seidel over the rows, in place: each unknown value becomes the mean of its neighbours.

    A value waits for those above and left of it in its own sweep, and for those below and right in the sweep before.
    So sweep s can do all of diagonal t - 2 s at the step t, which are neighbours in the order of parity and diagonal.
    """
    height, width = valid.shape
    field = np.pad(values, ((1, 1), (1, 1), (0, 0))).reshape(-1, values.shape[2])
    inside = np.pad(np.ones(valid.shape), 1).ravel()
    rows, columns = np.nonzero(~valid)
    order = np.lexsort((rows + columns, (rows + columns) % 2))
    diagonals = (rows + columns)[order]
    places = ((rows + 1) * (width + 2) + columns + 1)[order]
    around = places[:, None] + np.array([-1, 1, -width - 2, width + 2])
    counts = inside[around].sum(axis=1)[:, None]
    parts = np.searchsorted(diagonals % 2, [0, 1, 2])
    for step in range(diagonals.min(), diagonals.max() + 2 * SWEEPS - 1):
        start, end = parts[step % 2], parts[step % 2 + 1]
        start, end = start + np.searchsorted(diagonals[start:end], [step - 2 * SWEEPS + 2, step + 1])
        beside = field[around[start:end]].astype(np.float64)
        sums = beside[:, 0] + beside[:, 1] + beside[:, 2] + beside[:, 3]
        field[places[start:end]] = sums / np.maximum(counts[start:end], 1)
    values[~valid] = field.reshape(height + 2, width + 2, -1)[1:-1, 1:-1][~valid]


def _curve_edges(values, valid):
    """Continues known values by a quadratic surface around the nearest, in place, where fewer than half are known."""
    places, nearest = _nearest(valid)
    if not places.size:
        return
    y, x = _squares(WINDOW)
    at = (nearest[:, 0, None] + y + WINDOW, nearest[:, 1, None] + x + WINDOW)
    known = np.pad(valid, WINDOW)[at].astype(np.float64)
    around = np.pad(values, ((WINDOW, WINDOW), (WINDOW, WINDOW), (0, 0)))[at] * known[..., None]
    moments = known @ WEIGHTED
    matrices = moments[:, PRODUCTS]
    matrices[:, range(1, TERMS), range(1, TERMS)] += RIDGE * moments[:, :1]
    surfaces = np.linalg.solve(matrices, np.einsum("pt,kpc->ktc", WEIGHTED[:, :TERMS], around))
    dy, dx = (places - nearest).T
    terms = np.stack([dx**a * dy**b for a, b in POWERS[:TERMS]], axis=1)
    values[places[:, 0], places[:, 1]] = np.einsum("kt,ktc->kc", terms, surfaces)


def _nearest(valid):
    """Places (K,2) that are continued, and the known one that is nearest to each, the first row by row."""
    y, x = _squares(REACH)
    rows, columns = np.nonzero(~valid)
    at = (rows[:, None] + y + REACH, columns[:, None] + x + REACH)
    known = np.pad(valid, REACH)[at]
    excess = 2 * known.sum(axis=1) - np.pad(np.ones(valid.shape, int), REACH)[at].sum(axis=1)
    best = np.where(known, y * y + x * x, np.inf).argmin(axis=1)
    chosen = known.any(axis=1) & (excess < 0)
    places = np.stack([rows, columns], axis=1)[chosen]
    return places, places + np.stack([y, x], axis=1)[best[chosen]]
