"""Fixed crops of places that are not trained on: their PSNR, and a sheet to look at."""

import numpy as np
import torch
from PIL import Image

from ..data.crops import CropSampler, load_scenes
from ..degrade.draw import draw
from ..degrade.synthesise import degrade
from ..network.weights import replace_file

CROPS = 8
SEED = 11


class Validation:
    """Degraded and sharp crops (N,3,S,S), drawn once."""

    def __init__(self, source, holdout, config, size):
        rng, margin = np.random.default_rng(SEED), config.margin()
        scenes = load_scenes(source, size + 2 * margin, holdout, held_out=True)
        wide = CropSampler(scenes, size + 2 * margin, rng).batch(CROPS)
        self.degraded = degrade(wide, [draw(rng, config) for _ in range(CROPS)], margin, config)
        self.sharp = wide[..., margin : margin + size, margin : margin + size]

    @torch.no_grad()
    def run(self, model, path):
        """Mean PSNR in dB of the crops; rows of degraded, restored, sharp go to the picture `path`."""
        device = next(model.parameters()).device
        restored = model(self.degraded.to(device))[2].float().cpu().clamp(0, 1)
        rows = torch.cat([self.degraded, restored, self.sharp], dim=3)  # side by side
        sheet = torch.cat(list(rows), dim=1).permute(1, 2, 0)
        pixels = (sheet * 255).round().byte().numpy()
        replace_file(path, lambda file: Image.fromarray(pixels).save(file, format="PNG"))
        errors = (restored - self.sharp).square().mean(dim=(1, 2, 3)).clamp(min=1e-12)
        return (-10 * torch.log10(errors)).mean().item()
