"""The dense residual block and its gates, against numbers worked by hand."""

import pytest
import torch

from modelzoo.blocks import ARCHITECTURES, DenseResidualBlock, Exchange, SqueezeExcite
from modelzoo.networks import count_parameters


def zeroed(module: torch.nn.Module) -> None:
    for parameter in module.parameters():
        torch.nn.init.zeros_(parameter)


def test_first_thin_music_block_has_the_parameters_counted_by_hand() -> None:
    """x 9*2*4+4, y 9*6+1, z 5*3*4+4, shortcut 5*2*4+4, out 9*6*8+8, four numbers for each of 8 norms."""
    block = DenseResidualBlock(2, 2, ARCHITECTURES["A2"][0])
    assert count_parameters(block) == 76 + 55 + 64 + 44 + 440 + 32


@pytest.mark.parametrize("n_dims", [2, 3])
@pytest.mark.parametrize("side", [1, 8, 9])
def test_block_halves_every_side_and_keeps_the_odd_rest(n_dims: int, side: int) -> None:
    block = DenseResidualBlock(n_dims, 3, ARCHITECTURES["A2"][0])
    answer = block(torch.randn(2, 3, *[side] * n_dims))
    assert answer.shape == (2, 8, *[(side + 1) // 2] * n_dims)


def test_separable_kernels_span_width_and_time_then_height_and_width() -> None:
    block = DenseResidualBlock(3, 3, ARCHITECTURES["A1"][0])
    kernels = [
        block.x[0].kernel_size,
        block.y[0].kernel_size,
        block.z[0].kernel_size,
        block.shortcut[0].kernel_size,
    ]
    assert kernels == [(1, 5, 5), (5, 5, 1), (1, 3, 3), (3, 3, 1)]
    assert block.y[0].out_channels == 1


def test_only_a0_normalises_inside_the_block() -> None:
    inner = {
        name: count_parameters(DenseResidualBlock(2, 2, ARCHITECTURES[name][0]).inner_norms)
        for name in ("A0", "A1")
    }
    assert inner == {"A0": 4 * 4 * (2 + 8), "A1": 0}


def test_norm_keeps_keras_defaults() -> None:
    norm = DenseResidualBlock(2, 2, ARCHITECTURES["A2"][0]).norm
    assert isinstance(norm, torch.nn.BatchNorm2d)
    assert (norm.eps, norm.momentum) == (1e-3, 0.01)


def test_block_without_weights_answers_zero_at_every_place() -> None:
    block = DenseResidualBlock(2, 2, ARCHITECTURES["A2"][0]).eval()
    zeroed(block)
    assert torch.equal(block(torch.randn(1, 2, 4, 4)), torch.zeros(1, 8, 2, 2))


def test_gate_without_weights_is_the_identity() -> None:
    """Both sigmoids of zero are one half, and x/2 + x/2 is x."""
    gate, x = SqueezeExcite(2, 8, 4), torch.randn(2, 8, 3, 5)
    zeroed(gate)
    assert torch.equal(gate(x), x)


def test_gate_adds_two_matrices_and_one_place_filter() -> None:
    assert count_parameters(SqueezeExcite(3, 32, 8)) == 2 * 32 * 4 + 32


def test_channel_gate_scales_whole_channels() -> None:
    """One channel, all weights 1, constant 2: 2 * sigmoid(2) twice, since both gates see 2."""
    gate = SqueezeExcite(2, 1, 1)
    for parameter in gate.parameters():
        torch.nn.init.ones_(parameter)
    answer = gate(torch.full((1, 1, 2, 2), 2.0))
    assert torch.allclose(answer, 4 * torch.sigmoid(torch.tensor(2.0)) * torch.ones(1, 1, 2, 2))


def test_exchange_lets_each_stream_see_the_other() -> None:
    exchange, a, b = Exchange(2, 8, 1), torch.randn(1, 8, 4, 4), torch.randn(1, 8, 2, 2)
    before = exchange(a, b)
    after = exchange(a, b + 1)
    assert not torch.equal(before[0], after[0])
    assert before[1].shape == b.shape


def test_exchange_sums_the_squeezes() -> None:
    """Moving one unit of mean from one stream to the other changes no channel gate."""
    exchange, a, b = Exchange(2, 4, 2), torch.randn(1, 4, 3, 3), torch.randn(1, 4, 3, 3)
    for gate in exchange.gates:
        assert isinstance(gate, SqueezeExcite)
        torch.nn.init.zeros_(gate.place.weight)
    before = exchange(a, b)[0] / a
    after = exchange(a + 1, b - 1)[0] / (a + 1)
    assert torch.allclose(before, after, atol=1e-5)


def test_exchange_of_all_five_stages_adds_what_the_paper_counts() -> None:
    widths, ratios = (32, 64, 128, 256, 512), (4, 8, 16, 16, 16)
    assert sum(count_parameters(Exchange(3, c, r)) for c, r in zip(widths, ratios, strict=True)) == 91_072
