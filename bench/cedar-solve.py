"""Solves star fields by cedar-solve (PyPI): reads a JSON object a line, answers with one.

The stars of a picture are extracted by its own means. Centroids are taken as they are.
"""

import json
import os
import sys
from importlib.metadata import version

sys.stdout, answers = sys.stderr, sys.stdout  # the solver prints
os.environ.setdefault("OMP_NUM_THREADS", "1")

try:
    import numpy as np
    from PIL import Image
    from tetra3 import Tetra3, get_centroids_from_image
except ImportError:
    Tetra3 = None


def solve(solver, request):
    timeout = request.get("timeoutMs", 60_000)
    options = {"fov_estimate": request["fov"], "return_matches": True, "solve_timeout": timeout}
    if "image" in request:
        try:
            picture = Image.open(request["image"])
            # Of 16 bits: converting would cut off at 255.
            image = np.asarray(picture if picture.mode.startswith("I") else picture.convert("L"), np.float32)
        except OSError as error:
            return {"solved": False, "centroids": 0, "unreadable": str(error)}
        size, centroids = image.shape, get_centroids_from_image(image)[:30]
    else:
        size, centroids = request["size"], np.array(request["centroids"])[:, :2]
    found = solver.solve_from_centroids(centroids, size, **options)
    if found.get("RA") is None:
        return {"solved": False, "centroids": len(centroids), "milliseconds": found.get("T_solve", 0)}
    stars = [[float(v) for v in star[:2]] for star in found["matched_stars"]]
    matches = [
        {"y": float(y), "x": float(x), "ra": ra, "dec": dec}
        for (y, x), (ra, dec) in zip(found["matched_centroids"], stars)
    ]
    return {
        "solved": True,
        "milliseconds": float(found["T_solve"]),
        "rmse": float(found["RMSE"]),
        "falseAlarm": float(found["Prob"]),
        "fov": float(found["FOV"]),
        "ra": float(found["RA"]),
        "dec": float(found["Dec"]),
        "matches": matches,
    }


def main():
    solver = None
    for line in sys.stdin:
        request = json.loads(line)
        if "peers" in request:
            answer = {} if Tetra3 is None else {"cedar-solve": version("cedar-solve")}
        else:
            solver = solver or Tetra3()
            answer = solve(solver, request)
        print(json.dumps(answer), file=answers, flush=True)


main()
