"""Richardson-Lucy of others, timed on request: a JSON object a line in, a JSON object a line out.

{"peers": true}  -> {"scipy": version or null, "skimage": version or null}
{"peer": "skimage", "width": 2048, "height": 1536, "radius": 16, "threads": 1} -> {"seconds": of one iteration}
"""

import json
import sys
import time
from functools import partial

import numpy as np

try:
    import scipy
    import scipy.fft
except ImportError:
    scipy = None
try:
    import skimage
    from skimage.restoration import richardson_lucy
except ImportError:
    skimage = None


def scene(width, height, radius):
    image = np.random.default_rng(1).random((height, width), dtype=np.float32) * 0.5 + 0.2
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    kernel = (x * x + y * y <= radius * radius).astype(np.float32)
    return image, kernel / kernel.sum()


def pocketfft_iteration(image, kernel, threads):
    """A plain iteration with a stored transform of the PSF, padded by its radius: what one would write with scipy."""
    shape = [scipy.fft.next_fast_len(side + kernel.shape[0] - 1, real=True) for side in image.shape]
    padded = np.zeros(shape, np.float32)
    padded[: kernel.shape[0], : kernel.shape[1]] = kernel
    otf = scipy.fft.rfft2(padded, workers=threads)
    conjugate = np.conj(otf)
    observed = np.zeros(shape, np.float32)
    observed[: image.shape[0], : image.shape[1]] = image
    estimate = np.full(shape, 0.5, np.float32)

    def blur(x, transfer):
        return scipy.fft.irfft2(scipy.fft.rfft2(x, workers=threads) * transfer, s=shape, workers=threads)

    def iterate():
        nonlocal estimate
        estimate = estimate * blur(observed / np.maximum(blur(estimate, otf), 1e-6), conjugate)

    return iterate


def seconds_of(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def answer(request):
    if request.get('peers'):
        return {'scipy': scipy and scipy.__version__, 'skimage': skimage and skimage.__version__}
    image, kernel = scene(request['width'], request['height'], request['radius'])
    if request['peer'] == 'scipy':
        iterate = pocketfft_iteration(image, kernel, request['threads'])
        return {'seconds': min(seconds_of(iterate) for _ in range(3))}
    with scipy.fft.set_workers(request['threads']):
        one, three = (seconds_of(partial(richardson_lucy, image, kernel, n)) for n in (1, 3))
    return {'seconds': (three - one) / 2}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
