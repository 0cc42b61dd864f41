"""What the engine does to residuals so that grey stays grey and a uniform frame as it is (docs/model-format.md)."""

import torch
from torch.nn import functional as F

EQUAL_REACH = 2  # pixels around one in which channels must be equal to share their residuals
QUIET_REACH = 16  # pixels around one in which the input must be constant for its residual to be nothing
PAIRS = ((0, 1), (1, 2), (0, 2))


def neutral(codes, fine):
    """(3,H,W) uint8 input and its residuals -> residuals as float64. Windows end at the rims."""
    codes, fine = codes.double(), fine.double()
    quiet = (_largest(codes, QUIET_REACH) == -_largest(-codes, QUIET_REACH)).all(0)
    fine = torch.where(quiet, torch.zeros_like(fine), fine)
    sums, counts = fine.clone(), torch.ones_like(fine)
    for a, b in PAIRS:
        differs = (codes[a] != codes[b]).double()
        shares = _largest(differs[None], EQUAL_REACH)[0] == 0
        sums[a] += fine[b] * shares
        sums[b] += fine[a] * shares
        counts[a] += shares
        counts[b] += shares
    return sums / counts


def _largest(planes, reach):
    """The largest value up to `reach` pixels around each."""
    return F.max_pool2d(planes[None], 2 * reach + 1, stride=1, padding=reach)[0]
