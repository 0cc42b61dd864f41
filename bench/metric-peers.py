"""Image-quality metrics of scikit-image and piq, timed on request: a JSON object a line in, a JSON object a line out.

{"peers": true}  -> {"skimage": version or null, "piq": version or null}
{"peer": "piq", "metric": "ssim", "width": 2048, "height": 1536, "threads": 1}
  -> {"seconds": of one call, "value": found}
"""

import json
import sys
import time

import numpy as np

try:
    import skimage
    from skimage import metrics
except ImportError:
    skimage = None
try:
    import piq
    import torch
except ImportError:
    piq = None


def frame(width, height, seed):
    """The same samples as bench/metrics.mjs makes."""
    y, x = np.mgrid[:height, :width]
    noise = ((x * 7919 + y * 104729 + seed * 1299709) % 256) / 8
    return np.floor(110 + 60 * np.sin(x / 9) * np.cos(y / 7) + noise).astype(np.uint8)


def skimage_call(metric, a, b):
    if metric == 'psnr':
        return lambda: metrics.peak_signal_noise_ratio(a, b, data_range=255)
    return lambda: metrics.structural_similarity(
        a.astype(float), b.astype(float), gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )


def piq_call(metric, a, b):
    x, y = (torch.from_numpy(image.astype(np.float64))[None, None] / 255 for image in (a, b))
    if metric == 'ssim':
        return lambda: piq.ssim(x, y, data_range=1.0, downsample=False).item()
    if metric == 'ssimPooled':
        return lambda: piq.ssim(x, y, data_range=1.0, downsample=True).item()
    return lambda: {'psnr': piq.psnr, 'msSsim': piq.multi_scale_ssim}[metric](x, y, data_range=1.0).item()


def answer(request):
    if request.get('peers'):
        return {'skimage': skimage and skimage.__version__, 'piq': piq and piq.__version__}
    a, b = (frame(request['width'], request['height'], seed) for seed in (1, 2))
    if request['peer'] == 'piq':
        torch.set_num_threads(request['threads'])
    run = (piq_call if request['peer'] == 'piq' else skimage_call)(request['metric'], a, b)
    begin = time.perf_counter()
    value = run()
    return {'seconds': time.perf_counter() - begin, 'value': float(value)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
