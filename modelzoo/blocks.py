"""The dense residual block, its five-stage tables A0 to A3, and the gates after it.

Kernels are written in the authors' axis order: (mel, column) for spectrograms and (height, width, frame) for
pictures, so (1, k, k) spans width and frame. Tensors keep that order after batch and channel.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from modelzoo.specs import Architecture, Ratios

_CONV: Final[dict[int, type[nn.Conv2d] | type[nn.Conv3d]]] = {2: nn.Conv2d, 3: nn.Conv3d}
_POOL: Final[dict[int, type[nn.MaxPool2d] | type[nn.MaxPool3d]]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}
_NORM: Final[dict[int, type[nn.BatchNorm2d] | type[nn.BatchNorm3d]]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}

# Keras' defaults, which the authors used: epsilon 1e-3, and momentum .99 is .01 in torch's words.
NORM_EPSILON: Final = 1e-3
NORM_MOMENTUM: Final = 0.01


@dataclass(frozen=True, slots=True)
class BlockShape:
    """Filters and kernel lengths of one block.

    `width` is f, `first` fx. A separable block's convolutions are flat: x and z are (1, k[, k]), y and the
    shortcut are (k[, k], 1), and y has one filter, which is what the paper calls the channel convolution.
    """

    width: int
    first: int
    x: int
    y: int
    z: int
    shortcut: int
    out: int
    is_separable: bool = True

    def scaled(self, share: float) -> "BlockShape":
        """The same block with `share` of its filters, at least one each."""
        return BlockShape(
            max(1, round(self.width * share)), max(1, round(self.first * share)),
            self.x, self.y, self.z, self.shortcut, self.out, self.is_separable,
        )  # fmt: skip

    @property
    def n_out(self) -> int:
        """Channels the block returns."""
        return 2 * self.width


# Paper: §3.4, Figures 3 and 4.
ARCHITECTURES: Final[dict[Architecture, tuple[BlockShape, ...]]] = {
    "A0": (
        BlockShape(8, 8, 13, 9, 5, 1, 5, is_separable=False),
        BlockShape(16, 16, 9, 7, 5, 1, 5, is_separable=False),
        BlockShape(32, 32, 9, 7, 3, 1, 3, is_separable=False),
        BlockShape(64, 64, 9, 5, 3, 1, 3, is_separable=False),
        BlockShape(128, 128, 7, 5, 3, 1, 3, is_separable=False),
    ),
    "A1": (
        BlockShape(16, 16, 5, 5, 3, 3, 3),
        BlockShape(32, 32, 5, 5, 3, 3, 3),
        BlockShape(64, 64, 5, 5, 3, 3, 3),
        BlockShape(128, 128, 3, 3, 3, 3, 3),
        BlockShape(256, 256, 3, 3, 3, 3, 3),
    ),
    "A2": (
        BlockShape(4, 4, 9, 9, 5, 5, 3),
        BlockShape(8, 8, 7, 7, 5, 5, 3),
        BlockShape(16, 16, 7, 7, 3, 3, 3),
        BlockShape(32, 32, 5, 5, 3, 3, 3),
        BlockShape(64, 64, 5, 5, 3, 3, 3),
    ),
    "A3fast": (
        BlockShape(16, 8, 9, 9, 5, 5, 3),
        BlockShape(32, 16, 7, 7, 5, 5, 3),
        BlockShape(64, 32, 7, 7, 3, 3, 3),
        BlockShape(128, 64, 5, 5, 3, 3, 3),
        BlockShape(256, 128, 5, 5, 3, 3, 3),
    ),
}


def _cube(n_dims: int, k: int) -> tuple[int, ...]:
    return (k,) * n_dims


def _filter(n_dims: int, k: int) -> tuple[int, ...]:
    return (1, *_cube(n_dims - 1, k))


def _channel(n_dims: int, k: int) -> tuple[int, ...]:
    return (*_cube(n_dims - 1, k), 1)


def _conv(n_dims: int, c_in: int, c_out: int, kernel: tuple[int, ...]) -> nn.Sequential:
    """Convolution then ReLU, 'same' zero padding, with bias."""
    conv = _CONV[n_dims](c_in, c_out, kernel, padding=tuple(k // 2 for k in kernel))  # type: ignore[arg-type]
    # The tuple's length is n_dims, which mypy cannot see.
    return nn.Sequential(conv, nn.ReLU(inplace=True))


def _norm(n_dims: int, channels: int) -> nn.Module:
    return _NORM[n_dims](channels, eps=NORM_EPSILON, momentum=NORM_MOMENTUM)


class DenseResidualBlock(nn.Module):
    """One stage: (batch, c_in, *space) to (batch, 2 width, *ceil(space / 2)).

        input ──┬─ x ─┬─ y ─┬─ z ─── pool ─┐
                ├─────┴─────┘              + ── out
                └─ shortcut ──────── pool ─┘

    Every convolution's answer is concatenated with the block's input (input first). A0 normalises after each
    concatenation; the separable blocks only at the end. Paper: §3.4, Figures 3 and 4.
    """

    def __init__(self, n_dims: int, c_in: int, shape: BlockShape) -> None:
        super().__init__()
        inner = 1 if shape.is_separable else shape.width
        flat = _filter if shape.is_separable else _cube
        tall = _channel if shape.is_separable else _cube
        c_x, c_y, c_z = c_in + shape.first, c_in + inner, c_in + shape.width
        self.x = _conv(n_dims, c_in, shape.first, flat(n_dims, shape.x))
        self.y = _conv(n_dims, c_x, inner, tall(n_dims, shape.y))
        self.z = _conv(n_dims, c_y, shape.width, flat(n_dims, shape.z))
        self.shortcut = _conv(n_dims, c_in, shape.width, tall(n_dims, shape.shortcut))
        self.out = _conv(n_dims, c_z, shape.n_out, _cube(n_dims, shape.out))
        channels = (c_x, c_y, c_z, c_z)
        self.inner_norms = nn.ModuleList(
            nn.Identity() if shape.is_separable else _norm(n_dims, c) for c in channels
        )
        self.norm = _norm(n_dims, shape.n_out)
        # Keras' 'same' pooling: an odd side keeps its last row.
        self.pool = _POOL[n_dims](2, ceil_mode=True)

    def forward(self, given: Tensor) -> Tensor:
        norm_x, norm_y, norm_z, norm_s = self.inner_norms
        x = norm_x(torch.cat((given, self.x(given)), dim=1))
        y = norm_y(torch.cat((given, self.y(x)), dim=1))
        z = norm_z(torch.cat((given, self.z(y)), dim=1))
        shortcut = norm_s(torch.cat((given, self.shortcut(given)), dim=1))
        answer: Tensor = self.norm(self.out(self.pool(shortcut) + self.pool(z)))
        return answer


def global_average(x: Tensor) -> Tensor:
    """(batch, channel, *space) to (batch, channel)."""
    return x.flatten(2).mean(dim=2)


class SqueezeExcite(nn.Module):
    """Concurrent spatial and channel gate (scSE): x*g + x*q, of the same shape as x.

    g = sigmoid(W2 relu(W1 squeeze)) weighs channels, q = sigmoid(conv1x1(x)) weighs places; nothing has a bias.
    The squeeze is given rather than computed so that two streams can share one. Paper: §3.4.
    """

    def __init__(self, n_dims: int, channels: int, ratio: int) -> None:
        super().__init__()
        hidden = max(1, channels // ratio)
        self.squeeze = nn.Linear(channels, hidden, bias=False)
        self.excite = nn.Linear(hidden, channels, bias=False)
        self.place = _CONV[n_dims](channels, 1, 1, bias=False)

    def forward(self, x: Tensor, squeeze: Tensor | None = None) -> Tensor:
        squeeze = global_average(x) if squeeze is None else squeeze
        channel = torch.sigmoid(self.excite(torch.relu(self.squeeze(squeeze))))
        place = torch.sigmoid(self.place(x))
        return x * channel.reshape(*channel.shape, *[1] * (x.dim() - 2)) + x * place


class Exchange(nn.Module):
    """What the paper calls MMTM: two gates that see the sum of both streams' squeezes.

    Not Joze et al.'s module (concatenated squeeze, biases, 2*sigmoid, no place gate); see docs/deviations.md.
    """

    def __init__(self, n_dims: int, channels: int, ratio: int) -> None:
        super().__init__()
        self.gates = nn.ModuleList(SqueezeExcite(n_dims, channels, ratio) for _ in range(2))

    def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        squeeze = global_average(a) + global_average(b)
        gate_a, gate_b = self.gates
        return gate_a(a, squeeze), gate_b(b, squeeze)


def stage_gates(n_dims: int, shapes: tuple[BlockShape, ...], ratios: Ratios) -> nn.ModuleList:
    """One gate per stage."""
    return nn.ModuleList(
        SqueezeExcite(n_dims, shape.n_out, ratio) for shape, ratio in zip(shapes, ratios, strict=True)
    )
