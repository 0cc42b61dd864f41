"""Whole deconvolutions by scikit-image, on request: a JSON object a line in, a JSON object a line out.

{"peers": true}  -> {"skimage": version or null}
{"method": "wiener" or "richardson_lucy", "iterations": 40, "width": 2048, "height": 1536, "radius": 4, "threads": 2,
 "samples": file of RGB bytes, "truth": the same, sharp}
                 -> {"seconds": of the three colours, "psnr": dB}
The balance of the Wiener filter is the one with the best result, the time that of one filter.
"""

import json
import sys
import time

import numpy as np

try:
    import scipy.fft
    import skimage
    from skimage.restoration import richardson_lucy, wiener
except ImportError:
    skimage = None

BALANCES = (0.003, 0.01, 0.03, 0.1, 0.3)


def disk(radius):
    """Area coverage, from 16 x 16 points a pixel."""
    side = int(np.ceil(radius))
    points = (np.arange(16 * (2 * side + 1)) + 0.5) / 16 - side - 0.5
    inside = points[:, None] ** 2 + points[None, :] ** 2 <= radius**2
    kernel = inside.reshape(2 * side + 1, 16, 2 * side + 1, 16).sum((1, 3)).astype(np.float32)
    return kernel / kernel.sum()


def timed(work, planes):
    begin = time.perf_counter()
    restored = np.stack([np.clip(work(plane), 0, 1) for plane in planes], -1)
    return time.perf_counter() - begin, restored


def psnr(restored, truth):
    return float(10 * np.log10(1 / np.mean((np.rint(restored * 255) / 255 - truth) ** 2)))


def read(path, request):
    samples = np.fromfile(path, np.uint8).reshape(request['height'], request['width'], 3)
    return samples.astype(np.float32) / 255


def answer(request):
    if request.get('peers'):
        return {'skimage': skimage and skimage.__version__}
    kernel, truth = disk(request['radius']), read(request['truth'], request)
    planes = np.moveaxis(read(request['samples'], request), -1, 0)
    if request['method'] == 'richardson_lucy':
        works = [lambda plane: richardson_lucy(plane, kernel, request['iterations'])]
    else:
        works = [lambda plane, balance=balance: wiener(plane, kernel, balance, clip=False) for balance in BALANCES]
    with scipy.fft.set_workers(request['threads']):
        tried = [timed(work, planes) for work in works]
    return {
        'seconds': min(seconds for seconds, _ in tried),
        'psnr': max(psnr(restored, truth) for _, restored in tried),
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
