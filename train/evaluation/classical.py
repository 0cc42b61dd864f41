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
    return {name: tuned(engine, blurred, condition.kernel, reference, *method) for name, method in METHODS.items()}


def tuned(engine, blurred, kernel, reference, method, option, values):
    """{psnr, ssim} of one method, the best over the values of an option."""
    strengths = [str(value) if isinstance(value, int) else f"{value:.6g}" for value in values]
    tried = [deconvolve(engine, blurred, kernel, ["--method", method, option, value]) / 255 for value in strengths]
    return {
        "psnr": max(psnr(image, reference) for image in tried),
        "ssim": max(ssim(image, reference) for image in tried),
    }


def deconvolve(engine, blurred, kernel, options):
    """What `deconvolve` makes of a uint8 image with the kernel, a (K,K) tensor."""
    with tempfile.TemporaryDirectory() as folder:
        psf = Path(folder, "kernel.npy")
        np.save(psf, kernel.numpy())
        words = ["--psf", str(psf), *options, "--quiet"]
        return run_engine(engine, blurred, lambda source, target: ["deconvolve", source, "-o", target, *words])
