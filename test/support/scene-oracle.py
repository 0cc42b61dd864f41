"""NIQE and BRISQUE by numpy and scipy: reads a JSON request from standard input, prints the scores as JSON.

From the definitions of their papers and the conventions of the authors' releases.
"""

import json
import sys

import numpy as np
from scipy import ndimage, special

SHAPES = np.arange(0.2, 10.0005, 0.001)
SHIFTS = [(0, 1), (1, 0), (1, 1), (1, -1)]


def asymmetric(values):
    ratios = special.gamma(2 / SHAPES) ** 2 / (special.gamma(1 / SHAPES) * special.gamma(3 / SHAPES))
    left, right = (np.sqrt(np.mean(values[side] ** 2)) for side in (values < 0, values > 0))
    g = left / right
    wanted = np.mean(np.abs(values)) ** 2 / np.mean(values**2) * (g**3 + 1) * (g + 1) / (g**2 + 1) ** 2
    return SHAPES[np.argmin((ratios - wanted) ** 2)], left, right


def symmetric(values):
    ratios = special.gamma(1 / SHAPES) * special.gamma(3 / SHAPES) / special.gamma(2 / SHAPES) ** 2
    variance = np.mean(values**2)
    return SHAPES[np.argmin(np.abs(variance / np.mean(np.abs(values)) ** 2 - ratios))], variance


def normalise(image, mode):
    taps = np.exp(-(np.arange(-3, 4) ** 2) / (2 * (7 / 6) ** 2))
    taps /= taps.sum()

    def smooth(values):
        return ndimage.correlate1d(ndimage.correlate1d(values, taps, 0, mode=mode), taps, 1, mode=mode)

    mean = smooth(image)
    return (image - mean) / (np.sqrt(np.abs(smooth(image * image) - mean**2)) + 1)


def cubic(x):
    x = np.abs(x)
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def halve(image):
    """imresize(image, 0.5): a stretched cubic of the distance of pixel centres, normalised; the edges are mirrored."""
    for axis in (0, 1):
        count = image.shape[axis]
        centres = 2 * np.arange((count + 1) // 2) + 0.5
        places = np.floor(centres)[:, None].astype(int) + np.arange(-5, 7)
        weights = cubic((places - centres[:, None]) / 2)
        weights /= weights.sum(1, keepdims=True)
        mirrored = np.concatenate([np.arange(count), np.arange(count)[::-1]])[places % (2 * count)]
        taken = np.moveaxis(image, axis, 0)[mirrored]
        image = np.moveaxis(np.einsum('ij,ij...->i...', weights, taken), 0, axis)
    return image


def block_features(block):
    features = []
    for product in [block, *(block * np.roll(block, shift, (0, 1)) for shift in SHIFTS)]:
        alpha, left, right = asymmetric(product)
        scale = np.sqrt(special.gamma(1 / alpha) / special.gamma(3 / alpha))
        mean = (right - left) * scale * special.gamma(2 / alpha) / special.gamma(1 / alpha)
        features += (
            [alpha, (left + right) * scale / 2] if product is block else [alpha, mean, left * scale, right * scale]
        )
    return features


def niqe(grey, model):
    rows, columns = (side // 96 for side in grey.shape)
    image = grey[: rows * 96, : columns * 96]
    scales = []
    for side in (96, 48):
        normal = normalise(image, 'nearest')
        scales.append(
            [
                block_features(normal[y * side : (y + 1) * side, x * side : (x + 1) * side])
                for y in range(rows)
                for x in range(columns)
            ]
        )
        image = halve(image)
    features = np.concatenate(scales, 1)
    difference = np.array(model['mean']) - np.nanmean(features, 0)
    whole = features[~np.isnan(features).any(1)]
    covariance = (np.array(model['covariance']) + np.cov(whole, rowvar=False)) / 2
    return np.sqrt(difference @ np.linalg.pinv(covariance, rcond=36 * 2**-52, hermitian=True) @ difference)


def brisque(grey, model):
    features = []
    image = grey
    for _ in range(2):
        normal = normalise(image, 'constant')
        features += symmetric(normal)
        for shift in SHIFTS:
            alpha, left, right = asymmetric(normal * np.roll(normal, shift, (0, 1)))
            scale = np.sqrt(special.gamma(1 / alpha) / special.gamma(3 / alpha))
            mean = (right - left) * scale * special.gamma(2 / alpha) / special.gamma(1 / alpha)
            features += [alpha, mean, left**2, right**2]
        image = halve(image)
    low, high = np.array(model['ranges']).T
    scaled = -1 + 2 * (np.array(features) - low) / (high - low)
    distances = ((np.array(model['vectors']) - scaled) ** 2).sum(1)
    return np.array(model['coefficients']) @ np.exp(-model['gamma'] * distances) - model['rho']


request = json.load(sys.stdin)
samples = np.array(request['frame']['data'], float).reshape(request['frame']['height'], request['frame']['width'], -1)
full = {8: 255, 16: 65535, 32: 1}[request['frame']['depth']]
luminance = samples[..., :3] @ [0.299, 0.587, 0.114] if samples.shape[2] > 2 else samples[..., 0]
rounded = np.floor(np.clip(luminance * (255 / full), 0, 255) + 0.5)
read = {name: json.load(open(path)) for name, path in request['models'].items()}
print(json.dumps({name: globals()[model['kind']](rounded, model) for name, model in read.items()}))
