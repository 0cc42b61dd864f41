import hashlib
import json

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator

from train.data.procedural import dead_leaves
from train.degrade.config import PRESETS
from train.evaluation.conditions import defocus, degraded
from train.evaluation.metrics import psnr
from train.evaluation.restorers import restore_float
from train.export import Crops
from train.network.graph import equalisable_pairs, network
from train.network.mimo_unet import MIMOUNet, initialise
from train.network.weights import read_tensors, write_tensors
from train.optimise.losses import restoration_loss
from train.quantisation.aware import FakeQuantised, refine
from train.quantisation.calibrate import affine, percentile
from train.quantisation.equalise import equalise
from train.quantisation.int_model import ACCUMULATOR_LIMIT, IntModel, accumulator_bound, to_padded_batch
from train.quantisation.integers import check_bounds, from_file, to_file
from train.quantisation.onnx_graph import onnx_model
from train.quantisation.post_training import quantise
from train.quantisation.statistics import observe

NUM_RES, BASE = 2, 16


@pytest.fixture(scope="module")
def model():
    """Random weights with a visible residual: heads and block ends are not scaled down."""
    net = initialise(MIMOUNet(NUM_RES, BASE), torch.Generator().manual_seed(1)).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.dim() == 1:
                parameter.uniform_(-0.05, 0.05, generator=torch.Generator().manual_seed(2))
    return net


@pytest.fixture(scope="module")
def crops():
    scenes = [degraded(dead_leaves(64, 64, seed, disks=150), defocus(3.0, 0.005)) for seed in range(8)]
    return torch.from_numpy(np.stack(scenes)).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
def quantised(model, crops):
    """Tensors with float64 values, and the equalised network."""
    return quantise(model, crops)


@pytest.fixture(scope="module")
def tensors(quantised):
    """Arrays of the model file."""
    return to_file(quantised[0])


def simulate(tensors):
    return IntModel(from_file(tensors), NUM_RES, BASE)


def test_equalisation_leaves_the_float_network_alone(model, crops):
    balanced = initialise(MIMOUNet(NUM_RES, BASE), torch.Generator())
    balanced.load_state_dict(model.state_dict())
    equalise(balanced, observe(balanced, [crops]))
    with torch.no_grad():
        torch.testing.assert_close(balanced(crops)[2], model(crops)[2], atol=2e-5, rtol=0)
    first_weight = lambda net: net.Encoder[0].layers[0].main[0].main[0].weight
    assert not torch.equal(first_weight(balanced), first_weight(model))


def test_every_hidden_tensor_with_one_reader_is_equalised():
    pairs = equalisable_pairs(network(8, 16))
    assert len(pairs) == 6 * 8 + 2 * 4 + 2 + 4  # ResBlocks, SCM chains, inside AFFs, into Convs


def test_integer_model_is_close_to_the_float_one(model, tensors):
    image = degraded(dead_leaves(61, 74, 99), defocus(3.0, 0.005))
    restored = simulate(tensors).restore(image)
    assert restored.shape == image.shape and restored.dtype == np.uint8
    assert psnr(restored / 255, restore_float(model, image)) > 35


def test_float32_accumulators_are_the_exact_integers(tensors, crops):
    class Exact(IntModel):
        def accumulate(self, key, x):
            accumulators = super().accumulate(key, x)
            self.weights[key] = self.weights[key].double()
            assert torch.equal(accumulators.double(), super().accumulate(key, x.double())), key
            self.weights[key] = self.weights[key].float()
            return accumulators

    with torch.no_grad():
        residual = Exact(from_file(tensors), NUM_RES, BASE).residual(torch.round(crops[:1] * 255))
    assert torch.equal(residual, residual.round()) and residual.abs().max() > 0


def test_every_channel_respects_the_accumulator_bound(tensors):
    for spec in network(NUM_RES, BASE):
        zeros = np.repeat(tensors[f"{spec.key}.input_zero_point"], spec.widths)
        bound = accumulator_bound(tensors[f"{spec.key}.weight"], tensors[f"{spec.key}.bias"], zeros, spec.transposed)
        assert bound.shape == (spec.out,) and bound.max() < ACCUMULATOR_LIMIT, spec.key


def test_accumulator_bound_is_reached_by_the_worst_input():
    rng = np.random.default_rng(0)
    weight, zeros = rng.integers(-127, 128, (4, 3, 3, 3)), np.array([-128, 5, 0])
    highest = np.where(weight > 0, (127 - zeros)[:, None, None], (-128 - zeros)[:, None, None])
    lowest = np.where(weight > 0, (-128 - zeros)[:, None, None], (127 - zeros)[:, None, None])
    reached = np.maximum((weight * highest).sum((1, 2, 3)), -(weight * lowest).sum((1, 2, 3)))
    assert (accumulator_bound(weight, np.zeros(4), zeros) == reached).all()


def test_tensors_follow_the_format(tensors):
    specs = network(NUM_RES, BASE)
    assert tensors["Encoder.2.trunk_scale"] == tensors["Decoder.0.trunk_scale"]
    assert not any(name.startswith("ConvsOut") for name in tensors)
    for spec in specs:
        weight = tensors[f"{spec.key}.weight"]
        assert weight.dtype == np.int8 and weight.min() >= -127
        assert tensors[f"{spec.key}.bias"].dtype == np.int32
        for position, source in enumerate(spec.sources):
            scale = tensors[f"{spec.key}.input_scale"][position]
            zero = tensors[f"{spec.key}.input_zero_point"][position]
            if source == "image":
                assert (scale, zero) == (np.float32(1 / 255), -128)
            elif not source.endswith(".input"):
                assert scale == tensors[f"{source}.output_scale"][0], (spec.key, source)
                assert zero == tensors[f"{source}.output_zero_point"][0], (spec.key, source)
        if spec.relu:
            assert tensors[f"{spec.key}.output_zero_point"][0] == -128, spec.key
    assert tensors["feat_extract.5.main.0.output_scale"][0] == np.float32(1 / 4080)
    for name, values in tensors.items():
        if name.endswith("scale"):
            assert values.dtype == np.float32 and np.isfinite(values).all() and (values > 0).all(), name


def test_affine_grids_hold_zero_and_the_range():
    for low, high in [(0.0, 3.0), (-1.0, 2.0), (-5.0, 0.1)]:
        scale, zero = affine(low, high)
        assert -128 <= zero <= 127
        assert (-128 - zero) * scale == pytest.approx(low, abs=float(scale))
        assert (127 - zero) * scale == pytest.approx(high, abs=float(scale))


def test_sixteen_bit_images_keep_their_depth(tensors):
    image = np.minimum(dead_leaves(20, 24, 5).astype(np.uint32) * 257 + 3, 65535).astype(np.uint16)
    simulation = simulate(tensors)
    restored = simulation.restore(image)
    narrow = simulation.restore(dead_leaves(20, 24, 5))
    assert restored.dtype == np.uint16
    assert np.abs(restored / 257 - narrow).max() <= 1


def test_files_round_trip_aligned_and_hashed(tensors, tmp_path):
    path = tmp_path / "model.safetensors"
    write_tensors(path, tensors, {"name": "test"})
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert (8 + length) % 64 == 0
    header = json.loads(content[8 : 8 + length])
    assert header["__metadata__"]["sha256"] == hashlib.sha256(content[8 + length :]).hexdigest()
    end = 0
    for name, entry in list(header.items())[1:]:
        assert entry["data_offsets"][0] == end, name
        end = entry["data_offsets"][1]
    assert end == len(content) - 8 - length
    read, metadata = read_tensors(path)
    assert metadata["name"] == "test" and read.keys() == tensors.keys()
    for name, values in tensors.items():
        assert np.array_equal(read[name], values) and read[name].dtype == values.dtype, name


def test_percentiles_leave_outliers_out():
    samples = np.concatenate([np.linspace(-1, 2, 100_000), [50.0]])
    scale, zero = percentile(samples, (-1.0, 50.0))
    assert (127 - zero) * scale == pytest.approx(2, abs=0.03) and (-128 - zero) * scale == pytest.approx(-1, abs=0.03)


def test_training_starts_as_the_quantised_network(quantised, crops):
    fake = FakeQuantised(*quantised)
    with torch.no_grad():
        for name, values in fake.tensors().items():
            assert torch.equal(values, quantised[0][name]), name
        restored = fake(crops[:2])
        fine = IntModel(quantised[0], NUM_RES, BASE).residual(crops[:2] * 255)
        torch.testing.assert_close(restored, crops[:2] + fine / 4080, atol=1e-6, rtol=0)


def test_every_weight_bias_and_scale_gets_a_gradient(quantised, crops):
    fake = FakeQuantised(*quantised)
    restoration_loss([fake(crops[:1])], [crops[1:2]]).backward()
    for name, parameter in fake.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_trained_integers_are_the_codes_of_the_forward_pass(quantised, crops):
    """What is exported computes, in the integer model, exactly what the training saw; and it fits the target better."""
    target = crops.flip(0)[:2]
    batches = iter([(crops[:2], target, None)] * 8)
    refined = refine(*quantised, batches, restoration_loss, 8)
    arrays = to_file(refined)
    check_bounds(arrays, NUM_RES, BASE)
    codes = torch.round(crops[:2] * 255)
    with torch.no_grad():
        seen = IntModel(refined, NUM_RES, BASE).residual(codes)
        assert torch.equal(seen, simulate(arrays).residual(codes))
        error = lambda fine: restoration_loss([(codes + fine / 16) / 255], [target]).item()
        assert error(seen) < error(IntModel(quantised[0], NUM_RES, BASE).residual(codes))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_refining_sees_as_many_generated_scenes_as_the_training_before(scene_folder, share):
    crops = Crops(scene_folder, 48, PRESETS["defocus"], share)
    degraded_crops, sharp, _ = crops.take(6)
    assert degraded_crops.shape == sharp.shape == crops.whole(6).shape == (6, 3, 48, 48)
    assert {origin.startswith("generated_") for origin in crops.sampler.origins} == {share == 1.0}


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_the_onnx_graph_computes_the_integer_model(tensors, seed):
    """To the bit with scales of powers of two: its operators then add and round exactly in single precision."""
    power = lambda values: np.float32(2.0) ** np.round(np.log2(values))
    exact = {name: power(values) if name.endswith("scale") else values for name, values in tensors.items()}
    image = degraded(dead_leaves(24, 32, seed, disks=60), defocus(2.0, 0.002))
    model = onnx_model(exact, NUM_RES, BASE)
    onnx.checker.check_model(model, full_check=True)
    batch = to_padded_batch(image).numpy()
    restored = ReferenceEvaluator(model).run(None, {"image": batch})[0][0].transpose(1, 2, 0)
    assert np.array_equal(restored, simulate(exact).restore(image))
    assert np.mean(restored != image) > 0.5


def test_images_are_padded_by_reflection_at_the_far_ends():
    image = dead_leaves(18, 17, 8)
    padded = to_padded_batch(image)[0].permute(1, 2, 0).numpy()
    assert padded.shape == (20, 20, 3)
    assert np.array_equal(padded[18:, :17], image[[16, 15]])
    assert np.array_equal(padded[:18, 17:], image[:, [15, 14, 13]])
