import pytest
import torch

from train.network.graph import network
from train.network.mimo_unet import MIMOUNet, count_parameters, initialise


@pytest.mark.parametrize(
    "num_res, base, parameters",
    [(8, 32, 6_807_171), (20, 32, 16_107_651), (8, 16, 1_705_923), (20, 16, 4_033_731)],
)
def test_parameter_counts_are_the_published_ones(num_res, base, parameters):
    assert count_parameters(MIMOUNet(num_res, base)) == parameters


def test_state_dict_has_the_official_keys_and_shapes():
    state = MIMOUNet(8, 32).state_dict()
    assert len(state) == 244
    shapes = {
        "SCM2.main.3.main.0": (61, 32, 1, 1),
        "SCM1.conv.main.0": (128, 128, 1, 1),
        "feat_extract.3.main.0": (128, 64, 4, 4),
        "feat_extract.5.main.0": (3, 32, 3, 3),
        "FAM1.merge.main.0": (128, 128, 3, 3),
        "AFFs.0.conv.0.main.0": (32, 224, 1, 1),
        "AFFs.1.conv.1.main.0": (64, 64, 3, 3),
        "Convs.0.main.0": (64, 128, 1, 1),
        "ConvsOut.0.main.0": (3, 128, 3, 3),
        "Encoder.2.layers.7.main.1.main.0": (128, 128, 3, 3),
        "Decoder.0.layers.3.main.0.main.0": (128, 128, 3, 3),
    }
    for key, shape in shapes.items():
        assert tuple(state[f"{key}.weight"].shape) == shape, key


@pytest.mark.parametrize("num_res, base", [(8, 32), (2, 16)])
def test_layer_table_matches_the_float_network(num_res, base):
    state = MIMOUNet(num_res, base).state_dict()
    kept = [k for k in state if k.endswith(".weight") and "ConvsOut" not in k]
    weights = {k[: -len(".weight")]: tuple(state[k].shape[:2]) for k in kept}
    table = {s.key: (sum(s.widths), s.out) if s.transposed else (s.out, sum(s.widths)) for s in network(num_res, base)}
    assert table == weights


def test_outputs_are_three_scales():
    outputs = MIMOUNet(1, 8)(torch.rand(2, 3, 24, 32))
    assert [tuple(o.shape) for o in outputs] == [(2, 3, 6, 8), (2, 3, 12, 16), (2, 3, 24, 32)]


def test_sizes_that_are_no_multiple_of_four_are_rejected():
    with pytest.raises(ValueError, match="multiples of 4"):
        MIMOUNet(1, 8)(torch.rand(1, 3, 22, 32))


@pytest.mark.parametrize("phase, above, below", [(0, 238, 238), (1, 239, 237), (2, 240, 236), (3, 241, 235)])
def test_receptive_field_of_each_row_phase(phase, above, below):
    """Limits of mimo-unet.md section 5, n = 8; positive weights leave no path cancelled."""
    model = MIMOUNet(8, 8).double()
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, 0.01)
    height, row = 520, 260 + phase
    x = torch.rand(1, 3, height, 4, dtype=torch.float64, requires_grad=True)
    model(x)[2][0, :, row].sum().backward()
    rows = x.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert (row - rows.min().item(), rows.max().item() - row) == (above, below)


def test_phase_shift_by_four_pixels_moves_the_output_by_four():
    model = initialise(MIMOUNet(1, 8), torch.Generator().manual_seed(0)).eval()
    wide = torch.rand(1, 3, 152, 152)
    with torch.no_grad():
        here, shifted = model(wide[..., :148, :148])[2], model(wide[..., 4:, 4:])[2]
    inner = slice(70, 76)
    moved = slice(66, 72)
    torch.testing.assert_close(here[..., inner, inner], shifted[..., moved, moved], atol=1e-5, rtol=0)
