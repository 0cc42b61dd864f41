"""Networks beside the generator, and ways to a generator other than training it."""

import pytest
import torch

from train.network.discriminator import MultiScaleDiscriminator, PatchDiscriminator, SelfAttention, pyramid
from train.network.grow import deepen, widen
from train.network.grow import main as grow_main
from train.network.mimo_unet import MIMOUNet, initialise
from train.network.official import load_official
from train.network.weights import load_float, mixed, save_float


def visible(num_res, base, seed=0):
    """A random network whose every part shows in its output."""
    generator = torch.Generator().manual_seed(seed)
    model = initialise(MIMOUNet(num_res, base), generator).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.uniform_(-0.05, 0.05, generator=generator)
    return model


@pytest.mark.parametrize("num_res, base", [(2, 16), (3, 8), (5, 16)])
def test_growing_keeps_the_function(num_res, base):
    model, generator = visible(2, 8), torch.Generator().manual_seed(1)
    grown = deepen(widen(model, base, generator), num_res, generator)
    assert (grown.num_res, grown.base) == (num_res, base)
    image = torch.rand(1, 3, 32, 40)
    with torch.no_grad():
        for ours, theirs in zip(grown(image), model(image)):
            torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=1e-4)


def test_copies_of_a_channel_learn_to_differ():
    wide = widen(visible(1, 8), 16, torch.Generator().manual_seed(1)).train()
    wide(torch.rand(1, 3, 32, 32))[2].square().mean().backward()
    gradient = wide.Encoder[0].layers[0].main[0].main[0].weight.grad
    assert not torch.allclose(gradient[:8], gradient[8:])


def test_networks_do_not_shrink():
    with pytest.raises(ValueError, match="at least the 8"):
        widen(MIMOUNet(1, 8), 4, torch.Generator())
    with pytest.raises(ValueError, match="at least the 2"):
        deepen(MIMOUNet(2, 8), 1, torch.Generator())


def test_weights_grow_from_the_command_line(tmp_path):
    save_float(tmp_path / "a.safetensors", visible(1, 8), {"training": "{}", "degradation": "{}"})
    grow_main(
        [str(tmp_path / "a.safetensors"), "-o", str(tmp_path / "b.safetensors"), "--base", "16", "--num-res", "2"]
    )
    model, metadata = load_float(tmp_path / "b.safetensors")
    assert (model.num_res, model.base) == (2, 16) and "grown_from" in metadata["training"]


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("wrapped", [False, True])
def test_official_checkpoints_are_imported(tmp_path, legacy, wrapped):
    model = MIMOUNet(2, 16)
    content = {"model": model.state_dict(), "epoch": 3} if wrapped else model.state_dict()
    torch.save(content, tmp_path / "net.pkl", _use_new_zipfile_serialization=not legacy)
    imported = load_official(tmp_path / "net.pkl")
    for (key, a), b in zip(model.state_dict().items(), imported.state_dict().values()):
        assert torch.equal(a, b), key


class Trap:
    """Unpickling it would run a function."""

    def __reduce__(self):
        return (open, ("executed", "w"))


def test_other_checkpoints_are_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.pkl").write_text("no pickle")
    torch.save({"model": {"weight": torch.ones(1)}}, "other.pkl")
    torch.save({"model": {**MIMOUNet(1, 8).state_dict(), "extra": torch.ones(1)}}, "extra.pkl")
    torch.save({"model": Trap()}, "trap.pkl")
    for name, message in (
        ("text", "no checkpoint"),
        ("other", "feat_extract.0"),
        ("extra", "extra"),
        ("trap", "no checkpoint"),
    ):
        with pytest.raises(ValueError, match=message):
            load_official(tmp_path / f"{name}.pkl")
    assert not (tmp_path / "executed").exists()


def test_weights_are_mixed_linearly():
    a, b = visible(1, 8, 0), visible(1, 8, 1)
    between = mixed(a.state_dict(), b.state_dict(), 0.25)
    for name, tensor in between.items():
        torch.testing.assert_close(tensor, 0.75 * a.state_dict()[name] + 0.25 * b.state_dict()[name])
    with pytest.raises(ValueError, match="expected 0 to 1"):
        mixed(a.state_dict(), b.state_dict(), 2)


def test_each_output_has_its_patch_discriminator():
    outputs, degraded = pyramid(torch.rand(2, 3, 64, 64)), torch.rand(2, 3, 64, 64)
    scores = MultiScaleDiscriminator(8)(outputs, degraded)
    assert len(scores) == 3 and all(s.shape[:2] == (2, 1) and s.shape[2] > 1 for s in scores)
    assert tuple(PatchDiscriminator(4, 3).eval()(torch.rand(1, 6, 256, 256)).shape[2:]) == (35, 35)
    with pytest.raises(ValueError, match="crops >= 64"):
        MultiScaleDiscriminator(8)(pyramid(torch.rand(1, 3, 32, 32)), torch.rand(1, 3, 32, 32))


def test_every_convolution_of_a_discriminator_has_spectral_norm_one():
    network = PatchDiscriminator(8, 3)
    for _ in range(30):
        network(torch.rand(1, 6, 64, 64))
    for module in network.eval().modules():
        if isinstance(module, torch.nn.Conv2d):
            largest = torch.linalg.svdvals(module.weight.detach().flatten(1))[0].item()
            assert largest == pytest.approx(1, abs=0.1)


def test_attention_starts_as_the_identity_and_mixes_positions():
    attention = SelfAttention(16).eval()
    x = torch.rand(1, 16, 6, 6)
    assert torch.equal(attention(x), x)
    with torch.no_grad():
        attention.gamma.fill_(1)
        q, k, v = (layer(x)[0].flatten(1) for layer in (attention.query, attention.key, attention.value))
        expected = torch.stack([(torch.softmax(q[:, i] @ k, dim=0) * v).sum(dim=1) for i in range(36)], dim=1)
        torch.testing.assert_close(attention(x)[0].flatten(1), expected + x[0].flatten(1), atol=1e-5, rtol=1e-4)
