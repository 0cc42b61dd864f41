"""Simulated windows of trailed stars, and the number of Richardson-Lucy iterations that restores them best.

As lib/stars/restore-windows.ts does it: windows of 2 L + 8 sigma, their median but for a pedestal of 3 sigma taken off,
a flat start, the result faded into the frame at the rim.
"""

import math

import numpy as np
import torch

from ..degrade.kernels import motion_kernel

GRID = 256  # side of the grid on which the mean of |H| is taken, whatever the window
PEDESTAL = 3.0  # light left under the sky, in its standard deviations
RIM = 0.125  # of the window's taper, in parts of its side
MOST_ITERATIONS = 400
STEPS_PER_PIXEL = 3  # of a trail: a star is wider than their distance
SUBSAMPLES = 3  # a pixel integrates light: the mean of 3 x 3 points stands for that


def mean_transfer(kernel):
    """m = SUMFC / N^2, the mean of |H| in (0, 1] on the fixed grid (star-sensor A.5)."""
    return torch.fft.fft2(kernel.double(), s=(GRID, GRID)).abs().mean().item()


def light_passed(kernel, sigma):
    """What a kernel passes of a star's spectrum: the mean of |H| on the grid, weighted by that of a Gaussian star."""
    squares = torch.fft.fftfreq(GRID, dtype=torch.float64) ** 2
    weight = torch.exp(-2 * (math.pi * sigma) ** 2 * (squares[:, None] + squares[None]))
    return ((torch.fft.fft2(kernel.double(), s=(GRID, GRID)).abs() * weight).sum() / weight.sum()).item()


def draw_field(random, stars=8):
    """Trails and noise of one frame, for `find_optimum`."""
    length, sigma = log_uniform(random, 3, 45), random.uniform(0.7, 1.6)
    flux = log_uniform(random, 3000, 100_000)
    return {
        "length": length,
        "angle": random.uniform(0, 180),
        "sigma": sigma,
        "fluxes": flux * np.exp(random.uniform(-math.log(2), math.log(2), stars)),
        "places": random.uniform(-0.5, 0.5, (stars, 2)),
        "side": window_side(length, sigma) + 16 * int(random.integers(3)),  # windows that touch become one
        "background": log_uniform(random, 10, 300),
        "read_noise": random.uniform(2, 10),
        "seed": int(random.integers(2**31)),
    }


def log_uniform(random, low, high):
    return low * (high / low) ** random.random()


def window_side(length, sigma):
    return math.ceil(max(32, 2 * length + 2 * math.ceil(4 * sigma)) / 16) * 16


def starlight(field, side, length):
    """Electrons of the stars, each in the middle of its window, along a trail of `length` px: (stars, side, side)."""
    steps = max(1, math.ceil(STEPS_PER_PIXEL * length))
    along = ((torch.arange(steps, dtype=torch.float64) + 0.5) / steps - 0.5) * length
    turn = math.radians(field["angle"])
    shifts = torch.stack([along * math.sin(turn), along * math.cos(turn)])  # rows, columns
    offsets = (torch.arange(SUBSAMPLES, dtype=torch.float64) + 0.5) / SUBSAMPLES - 0.5
    axis = (torch.arange(side)[:, None] + offsets - side // 2).reshape(-1)
    centres = torch.from_numpy(field["places"])[:, :, None, None] + shifts[None, :, :, None]
    scale = field["sigma"] * math.sqrt(2 * math.pi)
    lines = torch.exp(-((axis - centres) ** 2) / (2 * field["sigma"] ** 2)) / scale
    lines = lines.reshape(*lines.shape[:3], side, SUBSAMPLES).mean(dim=4)
    light = torch.einsum("skr,skc->src", lines[:, 0], lines[:, 1]) / steps
    return torch.from_numpy(field["fluxes"])[:, None, None] * light


def transfer(kernel, side):
    reach = kernel.shape[0] // 2
    padded = torch.zeros(side, side, dtype=torch.float64)
    padded[: kernel.shape[0], : kernel.shape[1]] = kernel
    return torch.fft.rfft2(padded.roll((-reach, -reach), (0, 1)))


def filtered(images, spectrum):
    return torch.fft.irfft2(torch.fft.rfft2(images) * spectrum, s=images.shape[-2:])


def iterate(observed, spectrum):
    """Estimates of Richardson and Lucy's method, one after the other, from a flat start."""
    estimate = observed.mean(dim=(-2, -1), keepdim=True).clamp_min(1e-6).expand_as(observed)
    while True:
        model = filtered(estimate, spectrum).clamp_min(1e-9)
        estimate = estimate * filtered(observed / model, spectrum.conj()).clamp_min(0)
        yield estimate


def taper(side):
    rim = RIM * side
    distance = torch.minimum(torch.arange(side), side - 1 - torch.arange(side)).double() + 0.5
    line = torch.where(distance >= rim, 1.0, 0.5 - 0.5 * torch.cos(math.pi * distance / rim))
    return line[:, None] * line[None]


def find_optimum(field):
    """One pair, or None where the stars are too faint to be found.

    The means of |H|, sigma and side of the window in px; the SNR, which is the root mean square over the stars of the
    matched filter's, in standard deviations of the sky; and the iterations with the best PSNR and with the smallest
    error of the centroids.
    """
    kernel = motion_kernel(field["length"], field["angle"]).double()
    side = field["side"]
    spectrum = transfer(kernel, side)
    truth, blurred = starlight(field, side, 0), starlight(field, side, field["length"])
    sky = math.sqrt(field["background"] + field["read_noise"] ** 2)
    profiles = blurred / torch.from_numpy(field["fluxes"])[:, None, None]
    snr = torch.from_numpy(field["fluxes"]) * (profiles**2).sum(dim=(1, 2)).sqrt() / sky
    if snr.min() < 6:
        return None
    source = torch.Generator().manual_seed(field["seed"])
    counts = torch.poisson(blurred + field["background"], generator=source)
    counts += field["read_noise"] * torch.randn(counts.shape, generator=source, dtype=torch.float64)
    level = counts.flatten(1).median(dim=1).values[:, None, None]
    observed = (counts - level + PEDESTAL * sky).clamp_min(0)
    best = search(observed, spectrum, truth + field["background"] - level, counts - level, PEDESTAL * sky, field)
    if best is None:
        return None
    known = {"sigma": field["sigma"], "side": side, "snr": (snr**2).mean().sqrt().item()}
    return {"m": mean_transfer(kernel), "passed": light_passed(kernel, field["sigma"]), **known, **best}


def search(observed, spectrum, truth, frame, pedestal, field):
    """The best iterations; the search ends where the error has risen for a while. None where it falls to the end."""
    weight = taper(observed.shape[-1])
    errors, shifts = [], []
    for count, estimate in enumerate(iterate(observed, spectrum), 1):
        shown = weight * (estimate - pedestal) + (1 - weight) * frame
        errors.append(((shown - truth) ** 2).mean().item())
        shifts.append(centroid_error(shown, field))
        best = int(np.argmin(errors)) + 1
        if count > 1.3 * best + 12 or count == MOST_ITERATIONS:
            break
    if best == MOST_ITERATIONS:
        return None
    return {"iterations": best, "centroid_iterations": int(np.argmin(shifts)) + 1, "errors": errors}


def centroid_error(images, field):
    """Root mean square error in px of the centres of gravity within 4 sigma of the truth."""
    side = images.shape[-1]
    axis = torch.arange(side, dtype=torch.float64) - side // 2
    places = torch.from_numpy(field["places"])
    rows, columns = axis[None, :, None] - places[:, 0, None, None], axis[None, None, :] - places[:, 1, None, None]
    light = torch.where(rows**2 + columns**2 <= (4 * field["sigma"]) ** 2, images, 0.0).clamp_min(0)
    total = light.sum(dim=(1, 2)).clamp_min(1e-9)
    off = [(light * offset).sum(dim=(1, 2)) / total for offset in (rows, columns)]
    return (off[0] ** 2 + off[1] ** 2).mean().sqrt().item()
