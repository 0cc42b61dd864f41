"""Deconvolves by scikit-image: reads a JSON request from standard input, prints the result as JSON."""

import json
import sys

import numpy as np
from skimage import restoration

request = json.load(sys.stdin)
image = np.array(request["image"]).reshape(request["height"], request["width"])
psf = np.array(request["psf"]).reshape(request["psfHeight"], request["psfWidth"])
if request["method"] == "richardson-lucy":
    try:
        found = restoration.richardson_lucy(image, psf, num_iter=request["iterations"], clip=False)
    except TypeError:  # Before 0.19 of another name.
        found = restoration.richardson_lucy(image, psf, iterations=request["iterations"], clip=False)
else:
    found = restoration.wiener(image, psf, request["balance"], clip=False)
print(json.dumps(found.ravel().tolist()))
