import hashlib
import json

import numpy as np
import pytest
import torch

from train.evaluate import compare, defocused, evaluate, markdown, psnr, restore_float, restorers_of
from train.export import export, parse_arguments
from train.graph import equalisable_pairs, network
from train.int_model import ACCUMULATOR_LIMIT, IntModel, accumulator_bound, to_padded_batch
from train.model import MIMOUNet, initialise
from train.quantise import affine, equalise, observe, quantise
from train.synthetic import dead_leaves
from train.train import train
from train.weights import load_float, read_tensors, save_half, write_tensors

from .test_train import arguments

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
    scenes = [defocused(dead_leaves(64, 64, seed, disks=150), 3.0, 0.005) for seed in range(8)]
    return torch.from_numpy(np.stack(scenes)).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
def tensors(model, crops):
    return quantise(model, crops)


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
    image = defocused(dead_leaves(61, 74, 99), 3.0, 0.005)
    restored = IntModel(tensors, NUM_RES, BASE).restore(image)
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

    residual = Exact(tensors, NUM_RES, BASE).residual(torch.round(crops[:1] * 255).to(torch.uint8))
    assert residual.dtype == torch.int16 and residual.abs().max() > 0


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
    simulation = IntModel(tensors, NUM_RES, BASE)
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


def test_half_precision_weights_come_back(model, tmp_path):
    save_half(tmp_path / "w.safetensors", model, {"training": "{}"})
    loaded, metadata = load_float(tmp_path / "w.safetensors")
    assert metadata["training"] == "{}"
    for a, b in zip(model.parameters(), loaded.parameters()):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)


def test_a_run_exports_and_its_weights_start_another(scene_folder, tmp_path):
    train(arguments(scene_folder, tmp_path / "run", "--iterations", "3"))
    places = ["--data", str(scene_folder), "--out", str(tmp_path), "--weights", str(tmp_path)]
    options = ["--name", "tiny", "--crops", "4", "--crop", "32"]
    path = export(parse_arguments(["--run", str(tmp_path / "run"), *places, *options]))
    tensors, metadata = read_tensors(path)
    assert metadata["graph"] == "mimo-unet" and metadata["num_res"] == "1" and metadata["base"] == "8"
    assert json.loads(metadata["training"])["iterations"] == 3
    weights = tmp_path / "tiny.fp16.safetensors"
    continued = train(arguments(scene_folder, tmp_path / "next", "--iterations", "1", "--init", str(weights)))
    assert continued.iteration == 1
    model, _ = load_float(weights)
    rows = evaluate({"leaves": dead_leaves(64, 64, 3)}, restorers_of(model, tensors, metadata), [(2.5, 0.002)])
    assert list(rows[0]) == ["scene", "radius", "noise", "blurred", "float", "int8"]
    assert markdown(rows).count("\n") == 2


def test_psnr_closed_form_and_blur_lowers_it():
    flat = np.zeros((40, 40, 3))
    assert psnr(flat + 0.1, flat) == pytest.approx(20)
    sharp = dead_leaves(64, 64, 8)
    rows = [compare(sharp, radius, 0.005, {})["blurred"] for radius in (0.0, 2.0, 4.0)]
    assert rows[0] > rows[1] > rows[2]


def test_images_are_padded_by_reflection_at_the_far_ends():
    image = dead_leaves(18, 17, 8)
    padded = to_padded_batch(image)[0].permute(1, 2, 0).numpy()
    assert padded.shape == (20, 20, 3)
    assert np.array_equal(padded[18:, :17], image[[16, 15]])
    assert np.array_equal(padded[:18, 17:], image[:, [15, 14, 13]])
