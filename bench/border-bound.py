"""What classical methods reach beside missing pixels: a JSON object a line in, a JSON object a line out.

{"peers": true} -> {"scipy": version or null}
{"side": 144, "missing": 40, "sigma": 0.005, "samples": [...], "kernel": [[...]]}
  -> {"hyper-laplacian": [restored, ...], "wiener": [...], "richardson-lucy": [...]}

Samples are of a square whose first `missing` columns are missing, row by row. The data term leaves these out, and what
is beyond the square, exactly: least squares are solved by conjugate gradients to the end. Of Wiener's filter and of
Richardson-Lucy there are several results, of other weights and numbers of iterations.
"""

import json
import sys

import numpy as np

try:
    import scipy
    from scipy import fft, ndimage
except ImportError:
    scipy = None

PAD = 16
ALPHA = 2 / 3
BETAS = [(2 * np.sqrt(2)) ** step for step in range(6)]
WEIGHTS = [0.002, 0.004, 0.008, 0.016, 0.03]
ITERATIONS = range(8, 30, 2)


def shrink(values, beta):
    """argmin |w|^alpha + beta / 2 (w - v)^2."""
    size = np.abs(values)
    w = np.maximum(size, 1e-9)
    for _ in range(6):
        slope = ALPHA * w ** (ALPHA - 1) + beta * (w - size)
        w = np.maximum(w - slope / (ALPHA * (ALPHA - 1) * w ** (ALPHA - 2) + beta), 1e-9)
    is_better = w**ALPHA + beta / 2 * (w - size) ** 2 < beta / 2 * size**2
    return np.where(is_better, np.sign(values) * w, 0)


class Problem:
    def __init__(self, samples, missing, kernel):
        self.shape = [side + 2 * PAD for side in samples.shape]
        self.known = np.zeros(self.shape, np.float32)
        self.known[PAD:-PAD, PAD + missing : -PAD] = 1
        self.samples = np.pad(samples, PAD) * self.known
        nearest = ndimage.distance_transform_edt(self.known == 0, return_distances=False, return_indices=True)
        smooth = ndimage.gaussian_filter(self.samples[tuple(nearest)], 4)
        self.start = np.where(self.known > 0, self.samples, smooth)
        padded = np.zeros(self.shape, np.float32)
        padded[: kernel.shape[0], : kernel.shape[1]] = kernel
        centre = [-(side // 2) for side in kernel.shape]
        self.otf = fft.rfft2(np.roll(padded, centre, (0, 1)))
        waves = [2 - 2 * np.cos(2 * np.pi * f) for f in (fft.fftfreq(self.shape[0]), fft.rfftfreq(self.shape[1]))]
        self.roughness = (waves[0][:, None] + waves[1][None]).astype(np.float32)

    def filter(self, image, transfer):
        return fft.irfft2(fft.rfft2(image) * transfer, s=self.shape)

    def blur(self, image):
        return self.filter(image, self.otf)

    def blur_back(self, image):
        return self.filter(image, np.conj(self.otf))

    def least_squares(self, weight, other, start, steps):
        """Solves (H' M H + weight D' D) x = H' M y + weight other."""
        inverse = 1 / (np.abs(self.otf) ** 2 + weight * self.roughness + 1e-6)

        def apply(x):
            return self.blur_back(self.known * self.blur(x)) + weight * self.filter(x, self.roughness)

        x = start.copy()
        rest = self.blur_back(self.samples) + weight * other - apply(x)
        direction = scaled = self.filter(rest, inverse)
        power = np.vdot(rest, scaled)
        for _ in range(steps):
            image = apply(direction)
            step = power / np.vdot(direction, image)
            x = x + step * direction
            rest = rest - step * image
            scaled = self.filter(rest, inverse)
            power, before = np.vdot(rest, scaled), power
            direction = scaled + power / before * direction
        return x

    def hyper_laplacian(self, sigma):
        weight = 5 * sigma ** (-4 / 3)
        x = self.start
        for beta in BETAS:
            across = shrink(np.roll(x, -1, 1) - x, beta)
            down = shrink(np.roll(x, -1, 0) - x, beta)
            other = np.roll(across, 1, 1) - across + np.roll(down, 1, 0) - down
            x = self.least_squares(beta / weight, other, x, 25)
        return [x]

    def wiener(self):
        return [self.least_squares(weight, 0, self.start, 50) for weight in WEIGHTS]

    def richardson_lucy(self):
        """With the extrapolation of Biggs and Andrews, as the product has it."""
        share = self.blur_back(self.known)
        worth = np.where(share > 0.01, 1 / np.maximum(share, 0.01), 0)
        x = before = np.full(self.shape, self.samples.sum() / self.known.sum(), np.float32)
        change = last = None
        results = []
        for iteration in range(ITERATIONS.stop):
            pace = 0.0
            if change is not None and last is not None:
                pace = float(np.clip(np.vdot(change, last) / np.vdot(last, last), 0, 1))
            ahead = np.maximum(x + pace * (x - before), 1e-6)
            ratio = self.known * self.samples / np.maximum(self.blur(ahead), 1e-6)
            x, before = np.maximum(ahead * worth * self.blur_back(ratio), 0), x
            change, last = x - ahead, change
            if iteration + 1 in ITERATIONS:
                results.append(x)
        return results


def answer(request):
    if request.get("peers"):
        return {"scipy": scipy and scipy.__version__}
    side = request["side"]
    samples = np.array(request["samples"], np.float32).reshape(side, side)
    problem = Problem(samples, request["missing"], np.array(request["kernel"], np.float32))
    results = {
        "hyper-laplacian": problem.hyper_laplacian(request["sigma"]),
        "wiener": problem.wiener(),
        "richardson-lucy": problem.richardson_lucy(),
    }
    inner = slice(PAD, -PAD)
    return {name: [x[inner, inner].ravel().tolist() for x in found] for name, found in results.items()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
