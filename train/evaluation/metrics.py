"""Figures of restored images, (H,W,3) with full scale 1."""

import numpy as np

BORDER = 16  # pixels cut on each side
WINDOW_SIGMA, WINDOW_REACH = 1.5, 5
C1, C2 = 0.01**2, 0.03**2
LUMINANCE = np.array([0.299, 0.587, 0.114])  # BT.601
DOWNSAMPLED_SIDE = 256


def inner(image, border=BORDER):
    cut = slice(border, -border) if border else slice(None)
    return np.asarray(image, np.float64)[cut, cut]


def psnr(image, reference, border=BORDER):
    """dB, one mean over all pixels and channels."""
    error = np.mean((inner(image, border) - inner(reference, border)) ** 2)
    return float(-10 * np.log10(error)) if error > 0 else float("inf")


def ssim(image, reference, border=BORDER):
    """SSIM of Wang et al. 2004 on luminance: 11x11 Gaussian of 1.5, population covariance, mean of the valid part."""
    x, y = (inner(values, border) @ LUMINANCE for values in (image, reference))
    return _ssim(x, y)


def ssim_downsampled(image, reference, border=BORDER):
    """The same after averaging over blocks of round(side / 256), as in Wang's ssim.m."""
    x, y = (inner(values, border) @ LUMINANCE for values in (image, reference))
    factor = max(1, round(min(x.shape) / DOWNSAMPLED_SIDE))
    return _ssim(_block_mean(x, factor), _block_mean(y, factor))


def _ssim(x, y):
    mean_x, mean_y = _window(x), _window(y)
    variance_x, variance_y = _window(x * x) - mean_x**2, _window(y * y) - mean_y**2
    covariance = _window(x * y) - mean_x * mean_y
    similar = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    return float(np.mean(similar / ((mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2))))


def _window(plane):
    """Weighted means over the window, valid part."""
    axis = np.arange(-WINDOW_REACH, WINDOW_REACH + 1)
    line = np.exp(-0.5 * (axis / WINDOW_SIGMA) ** 2)
    line /= line.sum()
    size = 2 * WINDOW_REACH
    rows = sum(w * plane[i : plane.shape[0] - size + i] for i, w in enumerate(line))
    return sum(w * rows[:, i : plane.shape[1] - size + i] for i, w in enumerate(line))


def _block_mean(plane, factor):
    height, width = (side // factor for side in plane.shape)
    return plane[: height * factor, : width * factor].reshape(height, factor, width, factor).mean(axis=(1, 3))


def colour_shift(image, reference, border=BORDER):
    """Largest difference of a channel's mean, in 8-bit levels."""
    means = [inner(values, border).mean(axis=(0, 1)) for values in (image, reference)]
    return float(255 * np.abs(means[0] - means[1]).max())


def band_ratio_error(image, reference, border=BORDER):
    """Median error of (a - b) / (a + b) over the three pairs of bands, a vegetation index if one is infrared."""
    ratios = []
    for values in (inner(image, border), inner(reference, border)):
        a, b = values[..., [0, 1, 2]], values[..., [1, 2, 0]]
        ratios.append((a - b) / np.maximum(a + b, 1 / 255))
    return float(np.median(np.abs(ratios[0] - ratios[1])))


def overshoot(edge, low, high, border=BORDER):
    """How far the mean profile across a vertical edge leaves [low, high], as a share of the step."""
    profile = inner(edge, border).mean(axis=(0, 2))
    return float(max(low - profile.min(), profile.max() - high, 0) / (high - low))
