"""Image-quality metrics by scikit-image, or by numpy and scipy from their definitions: reads a JSON request from
standard input, prints the result as JSON."""

import json
import sys

import numpy as np
from scipy import ndimage
from skimage import filters, metrics


def frame(entry):
    array = np.array(entry["data"], float).reshape(entry["height"], entry["width"], entry["channels"])
    return array[..., : 3 if entry["channels"] > 2 else 1]


def luminance(image):
    return image @ [0.299, 0.587, 0.114] if image.shape[2] == 3 else image[..., 0]


def psnr(a, b, span):
    return metrics.peak_signal_noise_ratio(a, b, data_range=span)


def ssim(a, b, span):
    return metrics.structural_similarity(
        luminance(a), luminance(b), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=span
    )


def ssim_of_channels(a, b, span):
    return metrics.structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=span, multichannel=True
    )


def ssim_pooled(a, b, span):
    side = max(1, round(min(a.shape[:2]) / 256))
    x, y = (
        plane[: plane.shape[0] // side * side, : plane.shape[1] // side * side]
        .reshape(plane.shape[0] // side, side, plane.shape[1] // side, side)
        .mean((1, 3))
        for plane in (luminance(a), luminance(b))
    )
    return ssim(x[..., None], y[..., None], span)


def ms_ssim(a, b, span):
    """Wang, Simoncelli and Bovik 2003, window and pooling as in Wang's own code."""
    x, y = luminance(a), luminance(b)
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()

    def smooth(values):
        for axis in (0, 1):
            values = ndimage.correlate1d(values, taps, axis)
        return values[5:-5, 5:-5]

    product = 1.0
    weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
    for scale, weight in enumerate(weights):
        mx, my = smooth(x), smooth(y)
        structure = (2 * (smooth(x * y) - mx * my) + c2) / (smooth(x * x) - mx**2 + smooth(y * y) - my**2 + c2)
        if scale == len(weights) - 1:
            structure = structure * (2 * mx * my + c1) / (mx**2 + my**2 + c1)
        product *= max(structure.mean(), 0) ** weight
        x, y = (halve(values) for values in (x, y))
    return product


def halve(values):
    padded = np.pad(values, [(0, side % 2) for side in values.shape], mode="edge")
    return (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]) / 4


def edge_sharpness(a, _, span):
    """scikit-image's gradient is larger by the square root of 2."""
    return filters.sobel(luminance(a) / span)[1:-1, 1:-1].mean() / np.sqrt(2)


def whole_windows():
    """Where no pixel of the window of SSIM is missing."""
    count = ndimage.uniform_filter(mask().astype(float), 11, mode="constant")
    return np.isclose(count, 1)


def mask():
    entry = request["frame"]
    return np.array(request["valid"]).reshape(entry["height"], entry["width"]) != 0


def psnr_of_valid(a, b, span):
    return metrics.peak_signal_noise_ratio(a[mask()], b[mask()], data_range=span)


def ssim_of_whole_windows(a, b, span):
    _, full = metrics.structural_similarity(
        luminance(a),
        luminance(b),
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=span,
        full=True,
    )
    return full[5:-5, 5:-5][whole_windows()[5:-5, 5:-5]].mean()


request = json.load(sys.stdin)
first, second = frame(request["frame"]), frame(request["reference"])
print(json.dumps({name: globals()[name](first, second, request["range"]) for name in request["metrics"]}))
