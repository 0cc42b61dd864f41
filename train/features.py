"""Train the feature network of the perceptual loss: python -m train.features --data FOLDER --out FILE.

Self-supervised: it tells the family and the strength of the blur, the noise and the rotation of degraded crops of
the same scenes. No weights from elsewhere.
"""

import argparse
import math
import time

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch.nn import functional as F
from tqdm import tqdm

from .data.crops import CropSampler, load_scenes
from .degrade.config import FAMILIES, PRESETS
from .degrade.draw import draw
from .degrade.synthesise import degrade
from .network.vgg import TASKS, Classifier, VGGFeatures, initialise_features
from .network.weights import replace_file

CONFIG = PRESETS["stage1"]
STRENGTHS = (1.0, 2.0, 4.0)  # px of standard deviation or so, borders of the four answers
NOISES = (0.002, 0.005, 0.01)
CLASSES = ("identity", *FAMILIES[:4])
NORMALISING_BATCHES = 4


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.features", description=__doc__)
    parser.add_argument("--data", required=True, help="folder of sharp images, or an index of one")
    parser.add_argument("--out", required=True, help="file of the features (safetensors)")
    parser.add_argument("--width", type=int, default=64, help="channels of the first block")
    parser.add_argument("--iterations", type=int, default=4000)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=96)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(argv)


def answers(drawn, turns):
    """The right answer of each task."""
    strength = drawn.blur_sigma + drawn.radius / 2 + drawn.length / 4 + 2 * drawn.spin
    return {
        "family": CLASSES.index(drawn.family),
        "strength": int(np.searchsorted(STRENGTHS, strength)),
        "noise": int(np.searchsorted(NOISES, drawn.noise_sigma)),
        "rotation": turns,
    }


def labelled_batch(sampler, rng, count):
    """Degraded crops, each turned by a multiple of 90 degrees, and the answers of each task as (N,) tensors."""
    margin = CONFIG.margin()
    draws = [draw(rng, CONFIG) for _ in range(count)]
    turns = rng.integers(4, size=count).tolist()
    crops = degrade(sampler.batch(count), draws, margin, CONFIG)
    turned = torch.stack([torch.rot90(crop, k, (1, 2)) for crop, k in zip(crops, turns)])
    truth = [answers(*pair) for pair in zip(draws, turns)]
    return turned, {task: torch.tensor([t[task] for t in truth]) for task in TASKS}


def train_features(args):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rng = np.random.default_rng(args.seed)
    size = args.crop + 2 * CONFIG.margin()
    sampler = CropSampler(load_scenes(args.data, size), size, rng)
    torch.manual_seed(args.seed)
    features = initialise_features(VGGFeatures(args.width), torch.Generator().manual_seed(args.seed))
    classifier = Classifier(features).to(device)
    optimiser = torch.optim.Adam(classifier.parameters(), lr=args.lr)
    end, bar = time.monotonic() + 60 * args.minutes, tqdm(range(args.iterations), unit="it")
    for _ in bar:
        crops, truth = labelled_batch(sampler, rng, args.batch)
        found = classifier(crops.to(device))
        loss = sum(F.cross_entropy(found[task], truth[task].to(device)) for task in TASKS)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        bar.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
        if time.monotonic() > end:
            break
    measure_deviations(features, [labelled_batch(sampler, rng, args.batch)[0] for _ in range(NORMALISING_BATCHES)])
    save_features(args.out, features)
    return features, loss.item()


@torch.no_grad()
def measure_deviations(features, batches):
    """Sets the deviation of each layer over the batches."""
    device = features.deviations.device
    deviations = [[layer.std() for layer in features.raw(crops.to(device))] for crops in batches]
    features.deviations.copy_(torch.tensor(deviations).mean(dim=0).clamp(min=1e-6))


def save_features(path, features):
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in features.state_dict().items()}
    replace_file(path, lambda file: file.write(save(state, metadata={"width": str(features.width)})))


def load_features(path):
    with safe_open(str(path), framework="pt") as file:
        metadata = file.metadata() or {}
    if "width" not in metadata:
        raise ValueError(f"{path} holds no feature network: expected a file of python -m train.features")
    features = VGGFeatures(int(metadata["width"]))
    features.load_state_dict(load_file(str(path)))
    return features.eval()


if __name__ == "__main__":
    train_features(parse_arguments())
