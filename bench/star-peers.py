"""The steps of a star frame by scipy and scikit-image, timed on request: JSON in, JSON out, one object a line.

{"peers": true} -> {"scipy": version or null, "skimage": version or null}
{"path": of 16-bit samples, "side": 1024, "length": 20, "angle": 20, ...}
  -> {"seconds": of each step, "places": [[x, y], ...]}
"""

import json
import sys
import time

import numpy as np

try:
    import scipy
    from scipy import ndimage, optimize, signal, special
except ImportError:
    scipy = None
try:
    import skimage
    from skimage import feature, restoration
except ImportError:
    skimage = None

BLOCK = 64
SIGMA = np.sqrt(1 + 1 / 12)


def streak(x, y, length, angle):
    """Density of a trail of flux 1 around the origin, y downwards."""
    p, q = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    root = SIGMA * np.sqrt(2)
    along = (special.erf((p + length / 2) / root) - special.erf((p - length / 2) / root)) / (2 * length)
    return along * np.exp(-((q / root) ** 2)) / (SIGMA * np.sqrt(2 * np.pi))


def sky(frame):
    """Plane above the background, by medians of blocks interpolated bilinearly; noise."""
    rows, columns = frame.shape[0] // BLOCK, frame.shape[1] // BLOCK
    blocks = frame.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(rows, columns, -1)
    levels = np.median(blocks, axis=2)
    spreads = 1.4826 * np.median(np.abs(blocks - levels[..., None]), axis=2)
    level = ndimage.zoom(levels, BLOCK, order=1, mode='nearest', grid_mode=True)
    return frame - level, np.median(spreads)


def detect(plane, sigma, kernel, threshold):
    response = signal.fftconvolve(plane, kernel[::-1, ::-1], mode='same')
    limit = threshold * sigma * np.sqrt(np.sum(kernel**2))
    peaks = feature.peak_local_max(response, min_distance=kernel.shape[0] // 4, threshold_abs=limit)
    return [(x, y, response[y, x] / np.sum(kernel**2)) for y, x in peaks]


def fit(plane, sigma, found, length, angle, gain):
    """Place, flux and background of every star by least squares, weighted by the noise of the samples."""
    reach = int(np.ceil(length / 2 + 4 * SIGMA + 3))

    def place_of(x, y, flux):
        left, top = max(0, x - reach), max(0, y - reach)
        part = plane[top : y + reach + 1, left : x + reach + 1]
        rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]]
        weight = 1 / np.sqrt(sigma**2 + np.maximum(part, 0) / gain)

        def residuals(values):
            model = values[2] * streak(columns - values[0], rows - values[1], length, angle) + values[3]
            return ((model - part) * weight).ravel()

        result = optimize.least_squares(residuals, [x, y, flux, 0.0], method='lm')
        np.linalg.inv(result.jac.T @ result.jac)
        return [float(result.x[0]), float(result.x[1])]

    return [place_of(*star) for star in found]


def restore(plane, found, kernel, window, iterations):
    peak = plane.max()
    for x, y, _ in found:
        left = min(max(0, x - window // 2), plane.shape[1] - window)
        top = min(max(0, y - window // 2), plane.shape[0] - window)
        part = np.clip(plane[top : top + window, left : left + window] / peak, 1e-6, None).astype(np.float32)
        restoration.richardson_lucy(part, kernel, num_iter=iterations, clip=False)


def answer(request):
    if request.get('peers'):
        return {'scipy': scipy and scipy.__version__, 'skimage': skimage and skimage.__version__}
    side, length, angle = request['side'], request['length'], np.radians(request['angle'])
    frame = np.fromfile(request['path'], np.uint16).reshape(side, side)
    reach = int(np.ceil(length / 2 + 4 * SIGMA))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = streak(columns, rows, length, angle)
    seconds = {}

    def timed(step, run):
        begin = time.perf_counter()
        result = run()
        seconds[step] = time.perf_counter() - begin
        return result

    with scipy.fft.set_workers(request['threads']):
        plane, sigma = timed('sky', lambda: sky(frame.astype(np.float32)))
        found = timed('detect', lambda: detect(plane, sigma, kernel, request['threshold']))
        places = timed('fit', lambda: fit(plane, sigma, found, length, angle, request['gain']))
        blur = kernel.astype(np.float32) / kernel.sum()
        timed('restore', lambda: restore(plane, found, blur, request['window'], request['iterations']))
    return {'seconds': seconds, 'places': places}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
