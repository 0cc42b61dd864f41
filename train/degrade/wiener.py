"""Wiener's filter, as `perifocal deconvolve --method wiener --prior gradient` applies it to a tile.

X = conj(H) Y / (|H|^2 + nsr (4 sin^2(pi fx) + 4 sin^2(pi fy))). What lies beyond the edges is not known: a blend of the
borders is its first guess, which the filter's own prediction then mends.
"""

import math

import torch

from .blur import centred

INDEPENDENT = 48  # px from which on one edge does not feel what continues the other
PREDICTION_NSR = 0.002
PASSES, SLOWEST = 8, 0.03  # of Chebyshev's semi-iteration
LEAST_DENOMINATOR = 1e-12
LEAST_NOISE = 1 / 255 / math.sqrt(12)  # of rounding
# Standard deviation of the differences of neighbours that it takes a scene to have. Measured on Sentinel-2 scenes: the
# best of .01 to .15 in PSNR, within 0.2 dB, for disks of 2.5 to 10 px and motion of 12 px and noise of .002 to .02.
SCENE_GRADIENT = 0.1


def regularisation(noise):
    """The nsr for a frame with noise of this standard deviation, full scale 1: what the refiner is trained for."""
    return (max(noise, LEAST_NOISE) / SCENE_GRADIENT) ** 2


def wiener(images, kernel, nsr):
    """(C,H,W) planes blurred by the odd square `kernel` -> restored planes, not clamped; boundary `bertero`."""
    height, width = images.shape[-2:]
    padded = _continued(images, *map(_padded, (height, width), _reaches(kernel)))
    shape = padded.shape[-2:]
    transfer = torch.fft.rfft2(centred(kernel, *shape).to(images))
    power, penalty = transfer.abs().square(), _penalty(*shape).to(images)
    predicted = 1 / (power + PREDICTION_NSR * penalty).clamp(min=LEAST_DENOMINATOR)
    for step in _relaxations():
        gain = (power + (1 - step) * PREDICTION_NSR * penalty) * predicted
        padded = torch.fft.irfft2(torch.fft.rfft2(padded) * gain, s=shape)
        padded[..., :height, :width] = images
    inverse = transfer.conj() / (power + nsr * penalty).clamp(min=LEAST_DENOMINATOR)
    return torch.fft.irfft2(torch.fft.rfft2(padded) * inverse, s=shape)[..., :height, :width]


def _reaches(kernel):
    """Rows and columns from the middle of the kernel to its farthest tap."""
    return [int((taps.nonzero() - kernel.shape[0] // 2).abs().max()) for taps in (kernel.sum(1), kernel.sum(0))]


def _padded(side, reach):
    """A length that is quick to transform, a multiple of 16, and leaves room for a continuation."""
    wanted = math.ceil((side + min(max(INDEPENDENT, 4 * reach), 12 * reach)) / 16)
    while not _is_smooth(wanted):
        wanted += 1
    return 16 * wanted


def _is_smooth(number):
    for prime in (2, 3, 5, 7):
        while number % prime == 0:
            number //= prime
    return number == 1


def _continued(images, rows, columns):
    """Padded at the end: the last value fades into the first by a squared sine."""
    for axis, size in ((-2, rows), (-1, columns)):
        count = size - images.shape[axis]
        share = torch.sin(math.pi / 2 * torch.arange(1, count + 1, dtype=torch.float64) / (count + 1)) ** 2
        share = share.to(images).unsqueeze(-1 if axis == -2 else 0)
        last, first = images.narrow(axis, images.shape[axis] - 1, 1), images.narrow(axis, 0, 1)
        images = torch.cat([images, (1 - share) * last + share * first], dim=axis)
    return images


def _penalty(rows, columns):
    squares = lambda size: 4 * torch.sin(math.pi * torch.arange(size, dtype=torch.float64) / size) ** 2
    return squares(rows)[:, None] + squares(columns)[None, : columns // 2 + 1]


def _relaxations():
    for step in range(PASSES):
        root = math.cos(math.pi * (2 * _stable_place(step, PASSES) + 1) / (2 * PASSES))
        yield 2 / (1 + SLOWEST + (1 - SLOWEST) * root)


def _stable_place(step, passes):
    """Place of a step among those of its schedule, such that large and small ones alternate (Lebedev, Finogenov)."""
    if passes == 1:
        return 0
    place = _stable_place(step // 2, passes // 2)
    return passes - 1 - place if step % 2 else place
