"""Classical deconvolution with the true kernel, tuned on the truth: what a network has to beat.

The methods are those of `perifocal deconvolve`. Each has one strength to tune; the strengths with the best PSNR and
with the best SSIM are taken independently, which flatters the classical side.
"""

import tempfile
from pathlib import Path

import numpy as np

from .metrics import psnr, ssim
from .restorers import run_engine

# Name -> method on the command line, the option that is tuned, its values.
METHODS = {
    "Wiener": ("wiener", "--nsr", np.geomspace(1e-2, 10, 10)),
    "Richardson-Lucy": ("rl", "--iterations", [5, 10, 15, 25, 40, 60, 100, 150]),
    "hyper-Laplacian": ("hyper-laplacian", "--lambda", np.geomspace(1000, 100000, 9)),
}


def best(engine, blurred, condition, reference):
    """Name -> {psnr, ssim} of each method over its strengths; reference: (H,W,3) with full scale 1."""
    with tempfile.TemporaryDirectory() as folder:
        kernel = Path(folder, "kernel.npy")
        np.save(kernel, condition.kernel.numpy())
        return {name: _best_of(engine, blurred, kernel, reference, *method) for name, method in METHODS.items()}


def _best_of(engine, blurred, kernel, reference, method, option, values):
    def arguments(source, target, value):
        strength = str(value) if isinstance(value, int) else f"{value:.6g}"
        return [
            "deconvolve",
            source,
            "-o",
            target,
            "--psf",
            str(kernel),
            "--method",
            method,
            option,
            strength,
            "--quiet",
        ]

    tried = [
        run_engine(engine, blurred, lambda *files, value=value: arguments(*files, value)) / 255 for value in values
    ]
    return {
        "psnr": max(psnr(image, reference) for image in tried),
        "ssim": max(ssim(image, reference) for image in tried),
    }
