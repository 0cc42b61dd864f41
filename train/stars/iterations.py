"""Learn how many Richardson-Lucy iterations restore star frames best:

    python -m train.stars.iterations -o models/stars/iterations.json

Simulates fields of trailed stars, finds the best number of each by trying all, and trains two ensembles of three bagged
networks: 'paper' on the mean of |H| alone, as published, and 'networks' on what the kernel passes of a star, the SNR,
the width of the stars and the side of the windows. Prints both, and the power law, on fields that were not trained on.
"""

import argparse
import json
import math
import os
from pathlib import Path

import numpy as np
import torch

from .fields import MOST_ITERATIONS
from .networks import predict, round_all, train_ensemble
from .pairs import read_or_simulate

PAIRS = 1708  # as published
TEST_PAIRS = 200
INPUTS = {"paper": ["m"], "networks": ["passed", "snr", "sigma", "side"]}
KEPT = {"paper": 100, "networks": 0}  # pairs that the package keeps for the similarity
NEIGHBOURS = {"paper": 40, "networks": 0}
TRAIN_SEED, TEST_SEED = 1, 2


def inputs_of(pairs, kind):
    columns = np.array([[pair[key] for key in INPUTS[kind]] for pair in pairs])
    return columns if kind == "paper" else np.log(columns)


def fit_power_law(pairs):
    logs = np.log([[pair["m"], pair["iterations"]] for pair in pairs])
    exponent, offset = np.polyfit(logs[:, 0], logs[:, 1], 1)
    return {"scale": round_all(math.exp(offset)), "exponent": round_all(exponent)}


def train_model(pairs, seed):
    random = np.random.default_rng(seed)
    y = np.log([pair["iterations"] for pair in pairs])
    model = {"kind": "star-iterations", "most": MOST_ITERATIONS, "powerLaw": fit_power_law(pairs)}
    for kind in ("paper", "networks"):
        kept = random.choice(len(pairs), KEPT[kind], replace=False)
        model[kind] = train_ensemble(inputs_of(pairs, kind), y, kept, NEIGHBOURS[kind], random)
    return model


def predicted(model, pairs, kind):
    """Iterations, (n,)."""
    if kind == "powerLaw":
        logs = [math.log(model[kind]["scale"]) + model[kind]["exponent"] * math.log(pair["m"]) for pair in pairs]
    else:
        logs = [predict(model[kind], x) for x in inputs_of(pairs, kind)]
    return np.clip(np.rint(np.exp(logs)), 1, MOST_ITERATIONS).astype(int)


def loss_in_db(pair, count):
    """What the PSNR lacks to the best; beyond the tried iterations that of the last."""
    errors = pair["errors"]
    return 10 * math.log10(errors[min(count, len(errors)) - 1] / min(errors))


def report(model, pairs):
    best = np.array([pair["iterations"] for pair in pairs])
    for kind in ("powerLaw", "paper", "networks"):
        counts = predicted(model, pairs, kind)
        off = np.abs(counts / best - 1)
        losses = [loss_in_db(pair, count) for pair, count in zip(pairs, counts)]
        print(
            f"{kind}: off by {np.median(off):.1%} (median), {np.quantile(off, 0.95):.0%} (95 %); "
            f"PSNR loss {np.median(losses):.3f} (median), {np.mean(losses):.3f} (mean), "
            f"{np.quantile(losses, 0.95):.2f} dB (95 %)"
        )


def write(model, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(model, separators=(",", ":")) + "\n")
    os.replace(temporary, path)


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.stars.iterations", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--run", type=Path, default=Path("train/runs/iterations"), help="folder of the simulated pairs")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--test-pairs", type=int, default=TEST_PAIRS)
    args = parser.parse_args(argv)
    torch.set_num_threads(1)
    pairs = read_or_simulate(args.run / "train.json", args.pairs, TRAIN_SEED)
    model = train_model(pairs, TRAIN_SEED)
    report(model, read_or_simulate(args.run / "test.json", args.test_pairs, TEST_SEED))
    write(model, args.output)


if __name__ == "__main__":
    main()
