"""Pairs of what is known of a frame and its best number of iterations, simulated and kept in a file."""

import json
import os

import numpy as np

from .fields import draw_field, find_optimum


def simulate_pairs(count, seed):
    """`count` pairs (fields.find_optimum), the same for the same seed."""
    random = np.random.default_rng(seed)
    pairs = []
    while len(pairs) < count:
        pair = find_optimum(draw_field(random))
        if pair is not None:
            pairs.append(pair)
    return pairs


def read_or_simulate(path, count, seed):
    """The pairs of a file, or simulated ones, written there under a temporary name first."""
    if path.exists():
        pairs = json.loads(path.read_text())
        if len(pairs) != count:
            raise SystemExit(f"{path} holds {len(pairs)} pairs instead of {count}: delete it, or name another folder")
        return pairs
    pairs = simulate_pairs(count, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(pairs))
    os.replace(temporary, path)
    return pairs
