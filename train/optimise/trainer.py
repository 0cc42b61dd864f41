"""One training run: everything a checkpoint must restore, and one step."""

import copy
import dataclasses
import json
import math

import numpy as np
import torch

from ..data.crops import CropSampler, load_scenes, with_generated
from ..degrade import config as degradations
from ..degrade.draw import draw
from ..degrade.synthesise import degrade_with_gaps
from ..features import load_features
from ..network.mimo_unet import MIMOUNet, initialise
from ..network.missing import missing_pixels, there
from ..network.weights import load_float
from ..network.winograd import use_winograd
from .adversary import Adversary
from .checkpoint import check_shape
from .losses import Distillation, label_pyramid, perceptual_loss, restoration_loss
from .precision import use_bfloat16
from .schedule import learning_rate, update_average

MAX_GRADIENT_NORM = 1.0
GAN_LR_RATIO = 0.1  # of the generator's rate while the discriminators play


class BadBatch(FloatingPointError):
    """A loss or gradient that is not finite; `batch` says what led to it."""

    def __init__(self, message, batch):
        super().__init__(message)
        self.batch = batch


class Trainer:
    """Weights, their average, optimisers, random states and counters of a run (arguments: train.train)."""

    def __init__(self, args):
        self.args = args
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.bfloat16 = use_bfloat16(args.precision, self.device)
        self.config = degradations.load_config(args.degradation)
        self.margin = self.config.margin()
        self.rng = np.random.default_rng(args.seed)
        torch.manual_seed(args.seed)
        size = args.crop + 2 * self.margin
        scenes = with_generated(load_scenes(args.data, size, args.holdout), args.generated, size, args.seed)
        self.sampler = CropSampler(scenes, size, self.rng)
        model = initialise(MIMOUNet(args.num_res, args.base), torch.Generator().manual_seed(args.seed))
        if args.init:
            model = _initial(args)
        if args.winograd:
            self._use_winograd(model)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self._prepare_losses()
        self.iteration, self.seconds, self.discriminator = 0, 0.0, None

    def _use_winograd(self, model):
        if self.device.type != "cpu" or self.bfloat16:
            kind = "bfloat16" if self.bfloat16 else "float32"
            raise ValueError(f"--winograd computes in float32 on CPUs, this run in {kind} on {self.device}: omit it")
        use_winograd(model)

    def _prepare_losses(self):
        args, parameters = self.args, list(self.model.parameters())
        self.distillation = self.features = self.adversary = self.before_gan = None
        if args.teacher:
            teacher = load_float(args.teacher)[0].to(self.device, memory_format=torch.channels_last)
            self.distillation = Distillation(teacher, self.model).to(self.device)
            parameters += self.distillation.parameters()
        if args.features:
            self.features = load_features(args.features).to(self.device).requires_grad_(False)
        self.optimiser = torch.optim.Adam(parameters, lr=args.lr)

    def progress(self):
        """Share of the run that is done, by iterations or by time, whichever is further."""
        return max(self.iteration / self.args.iterations, self.seconds / 60 / self.args.minutes)

    def in_gan_phase(self):
        return self.args.adversarial > 0 and self.progress() >= self.args.adversarial_from

    def start_gan_phase(self):
        """Keeps the averaged weights, which serve PSNR, and brings in the discriminators."""
        self.before_gan = copy.deepcopy(self.average.state_dict())
        self.adversary = Adversary(self.device, self.args.discriminator_width, self.args.seed)

    def batch(self):
        """Degraded and sharp crops, (N,3,crop,crop) each, which pixels are there (None: all), and what was drawn."""
        m = self.margin
        wide = self.sampler.batch(self.args.batch).to(self.device)
        draws = [draw(self.rng, self.config) for _ in range(self.args.batch)]
        shaped = lambda t: t.contiguous(memory_format=torch.channels_last)
        degraded, valid = degrade_with_gaps(wide, draws, m, self.config)
        return shaped(degraded), shaped(wide[..., m:-m, m:-m] if m else wide), valid, draws

    def step(self):
        """One iteration; returns (loss, gradient norm before clipping)."""
        if self.in_gan_phase() and self.adversary is None:
            self.start_gan_phase()
        self._set_learning_rate()
        degraded, sharp, valid, draws = self.batch()
        with self._autocast(), missing_pixels(self.model, valid):
            outputs = self.model(degraded)
        outputs = there(outputs, label_pyramid(sharp), valid)
        if self.adversary:
            self.discriminator = self.adversary.learn(outputs, sharp, degraded)
        loss = self.loss(outputs, degraded, sharp, valid)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_GRADIENT_NORM)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise self._bad_batch(loss.item(), norm.item(), draws)
        self.optimiser.step()
        self.iteration += 1
        update_average(self.average, self.model, self.iteration)
        return loss.item(), norm.item()

    def _autocast(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)

    def loss(self, outputs, degraded, sharp, valid=None):
        """valid: (N,1,H,W) bool of the pixels that are there; elsewhere `outputs` are as in the sharp crops."""
        total = restoration_loss(outputs, label_pyramid(sharp))
        if self.distillation:
            with self._autocast():
                total = total + self.distillation(degraded, outputs, valid)
        if self.features:
            total = total + self.args.perceptual * perceptual_loss(self.features, outputs[2], sharp)
        if self.adversary:
            total = total + self.args.adversarial * self.adversary.judge(outputs, degraded)
        return total

    def _set_learning_rate(self):
        rate = learning_rate(self.args.schedule, self.iteration, self.progress(), self.args.lr, self.args.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = rate * (GAN_LR_RATIO if self.adversary else 1.0)

    def _bad_batch(self, loss, norm, draws):
        crops = list(zip(self.sampler.origins, map(dataclasses.asdict, draws)))
        return BadBatch(
            f"loss {loss}, gradient norm {norm} at iteration {self.iteration} on "
            f"{'; '.join(self.sampler.origins)}: the last checkpoint is kept; resume with a smaller --lr",
            {"iteration": self.iteration, "crops": crops},
        )

    def state(self):
        return {
            "config": {"num_res": self.args.num_res, "base": self.args.base},
            "arguments": vars(self.args),
            "degradation": json.loads(degradations.to_json(self.config)),
            "model": self.model.state_dict(),
            "ema": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
            "iteration": self.iteration,
            "seconds": self.seconds,
            "adapter": self.distillation.state_dict() if self.distillation else None,
            "adversary": self.adversary.state() if self.adversary else None,
            "before_gan": self.before_gan,
        }

    def restore(self, state):
        check_shape(state, self.args.num_res, self.args.base, "the checkpoint")
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["ema"])
        if self.distillation and state["adapter"]:
            self.distillation.load_state_dict(state["adapter"])
        if state.get("adversary"):
            self.adversary = Adversary(self.device, self.args.discriminator_width, self.args.seed)
            self.adversary.restore(state["adversary"])
            self.before_gan = state["before_gan"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.rng.bit_generator.state = state["rng"]
        self.iteration, self.seconds = state["iteration"], state["seconds"]


def _initial(args):
    model, _ = load_float(args.init)
    if (model.num_res, model.base) != (args.num_res, args.base):
        raise ValueError(
            f"{args.init} holds {model.num_res} blocks of base {model.base}, the command asks for {args.num_res} of "
            f"{args.base}: change --num-res and --base, or grow the weights with python -m train.network.grow"
        )
    return model.train()
