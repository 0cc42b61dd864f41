"""Missing pixels in training: their shapes, how they are filled, what the network sees and what losses count."""

import numpy as np
import pytest
import torch

from train.data.procedural import landscape
from train.degrade.config import Degradation, DegradationConfig
from train.degrade.draw import draw
from train.degrade.fill import fill
from train.degrade.gaps import KINDS, LEAST_SHARE, gap_mask, valid_of
from train.degrade.synthesise import degrade, degrade_with_gaps
from train.network.mimo_unet import MIMOUNet, initialise
from train.network.missing import blocks_of, missing_pixels, there
from train.optimise.losses import Distillation, label_pyramid, restoration_loss


@pytest.fixture(scope="module")
def network():
    return initialise(MIMOUNet(1, 8), torch.Generator().manual_seed(3)).eval()


@pytest.mark.parametrize("kind", KINDS)
def test_gaps_leave_enough_and_are_the_same_for_a_seed(kind):
    masks = [gap_mask(kind, 48, seed) for seed in range(12)]
    assert all(np.array_equal(mask, gap_mask(kind, 48, seed)) for seed, mask in enumerate(masks))
    assert all(LEAST_SHARE <= mask.mean() < 1 for mask in masks)
    assert len({mask.tobytes() for mask in masks}) == len(masks)


def test_gaps_are_drawn_as_often_as_asked_for():
    rng = np.random.default_rng(2)
    gaps = [draw(rng, DegradationConfig(gap_fraction=0.4)).gap for _ in range(500)]
    assert 0.3 < np.mean([gap != "" for gap in gaps]) < 0.5 and set(gaps) == {"", *KINDS}
    assert not any(draw(rng, DegradationConfig()).gap for _ in range(20))


def test_crops_keep_what_is_there_and_whole_ones_have_no_mask():
    sharp = torch.rand(2, 3, 64, 64)
    draws = [Degradation("defocus", radius=2.0, seed=5), Degradation("defocus", radius=2.0, seed=6, gap="round")]
    degraded, valid = degrade_with_gaps(sharp, draws, 8)
    whole = degrade(sharp, draws, 8)
    assert valid.shape == (2, 1, 48, 48) and valid[0].all() and not valid[1].all()
    assert torch.equal(torch.where(valid, degraded, 0), torch.where(valid, whole, 0))
    assert torch.isfinite(degraded).all() and not torch.equal(degraded[1], whole[1])
    assert degrade_with_gaps(sharp, draws[:1] * 2, 8)[1] is None is valid_of(draws[:1], 48)


def test_a_fill_continues_slopes_and_leaves_flat_areas_flat():
    valid = np.ones((24, 32), bool)
    valid[:, 17:] = False
    ramp = np.repeat(np.arange(32, dtype=np.uint8)[None] * 5, 24, axis=0)[..., None]
    assert np.array_equal(fill(ramp, valid)[:, :20], ramp[:, :20])
    assert (fill(np.full((24, 32, 3), 77, np.uint8), valid) == 77).all()
    assert not fill(ramp, np.zeros_like(valid)).any() and np.array_equal(fill(ramp, valid | True), ramp)


def test_a_border_along_blocks_is_seen_as_the_rim_of_an_image(network):
    """To the bits of rounding: what lies under the gap is not seen at any scale."""
    image = torch.from_numpy(landscape(32, 48, 4)).permute(2, 0, 1)[None].float() / 255
    valid = torch.ones(1, 1, 32, 48, dtype=torch.bool)
    valid[..., 28:] = False
    with torch.no_grad():
        with missing_pixels(network, valid):
            seen = network(image)
        alone, whole = network(image[..., :28]), network(image)
    for scale, out, expected, other in zip((4, 2, 1), seen, alone, whole):
        torch.testing.assert_close(out[..., : 28 // scale], expected, atol=1e-5, rtol=0)
        assert (other[..., : 28 // scale] - expected).abs().max() > 1e-3
    assert not any(module._forward_pre_hooks for module in network.modules())


def test_a_block_with_one_pixel_is_seen():
    valid = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    valid[..., 3, 7] = True
    assert blocks_of(valid).tolist() == [[[[0, 1], [0, 0]]]] and blocks_of(None) is None


def test_errors_where_pixels_are_missing_cost_nothing_and_teach_nothing():
    sharp, valid = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16, dtype=torch.bool)
    valid[..., :8] = False
    labels = label_pyramid(sharp)
    outputs = [label.clone().requires_grad_() for label in labels]
    with torch.no_grad():
        for out in outputs:
            out[..., : out.shape[-1] // 2] += 0.5
    assert restoration_loss(there(outputs, labels, valid), labels).item() == 0
    with torch.no_grad():
        for out in outputs:
            out += 0.1
    restoration_loss(there(outputs, labels, valid), labels).backward()
    for out in outputs:
        half = out.shape[-1] // 2
        assert not out.grad[..., :half].any() and out.grad[..., half:].all()


def test_a_teacher_sees_the_same_gaps(network):
    """A student that is its own teacher has nothing to learn, wherever pixels are missing."""
    student, teacher = (initialise(MIMOUNet(1, 8), torch.Generator().manual_seed(3)) for _ in range(2))
    distillation = Distillation(teacher, student)
    torch.nn.init.dirac_(distillation.adapter.weight), torch.nn.init.zeros_(distillation.adapter.bias)
    image, valid = torch.rand(1, 3, 32, 32), torch.from_numpy(gap_mask("slanted", 32, 1))[None, None]
    with missing_pixels(student, valid):
        outputs = student(image)
    assert distillation(image, outputs, valid).item() == pytest.approx(0, abs=1e-6)
