"""Learning rates and averaging, both tied to the progress of a run."""

import math

import torch

FINAL_LR_RATIO = 1e-3
HALVINGS = 6  # MultiStep: the rate halves after each sixth of the run (the paper: every 500 of 3000 iterations)
EMA_POWER = 16.0


def learning_rate(kind, iteration, progress, peak, warmup):
    """Linear warm-up in iterations times the schedule `kind` ("cosine" or "multistep") over progress 0..1."""
    return peak * min(1.0, (iteration + 1) / max(1, warmup)) * SCHEDULES[kind](min(progress, 1.0))


def _cosine(progress):
    return FINAL_LR_RATIO + (1 - FINAL_LR_RATIO) * 0.5 * (1 + math.cos(math.pi * progress))


def _multistep(progress):
    return 0.5 ** min(HALVINGS - 1, int(progress * HALVINGS))


SCHEDULES = {"cosine": _cosine, "multistep": _multistep}


def averaging_share(iteration):
    """Weight of the newest weights in the moving average after `iteration` >= 1 steps.

    Power-function averaging (arXiv 2312.02696, section 3.1): the memory is a fixed share of the run so far, about
    1/(EMA_POWER + 1), so that no length has to be known in advance.
    """
    return 1 - (1 - 1 / iteration) ** (EMA_POWER + 1)


@torch.no_grad()
def update_average(average, model, iteration):
    share = averaging_share(iteration)
    for kept, current in zip(average.parameters(), model.parameters()):
        kept.lerp_(current, share)
