"""One network class for every row of the table: trunks in lock-step, gates, average, one linear layer."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from modelzoo.blocks import (
    ARCHITECTURES,
    BlockShape,
    DenseResidualBlock,
    Exchange,
    global_average,
    stage_gates,
)
from modelzoo.errors import InputError, SpecError
from modelzoo.labels import N_EMOTIONS
from modelzoo.specs import MMTM_RATIOS, N_STAGES, ModelSpec, StreamSpec, get_spec


class EmotionOutput(NamedTuple):
    """logits: (batch, 6). embedding: (batch, sum of the trunks' widths), what the linear layer saw."""

    logits: Tensor
    embedding: Tensor


class EmotionNet(nn.Module):
    """Late fusion of the streams of `spec`; `width` is the share of the paper's filters.

        music ── 5 blocks ── average ─┐
        video ── 5 blocks ── average ─┼── concatenate ── linear ── logits
        face  ── 5 blocks ── average ─┘

    Streams meet before the end only where the row says MMTM: after each block the named pair gate each other.
    Paper: §3.4 and §4, Tables 2 to 6.
    """

    def __init__(self, spec: ModelSpec, width: float = 1.0) -> None:
        super().__init__()
        if not 0 < width <= 1:
            raise SpecError(f"Width {width} of network {spec.name!r} is not a share; use 0 < width <= 1.")
        self.spec = spec
        self.width = width
        shapes = {s.name: tuple(b.scaled(width) for b in ARCHITECTURES[s.blocks]) for s in spec.streams}
        self.trunks = nn.ModuleDict({s.name: _trunk(s, shapes[s.name]) for s in spec.streams})
        self.gates = nn.ModuleDict(
            {s.name: stage_gates(s.n_dims, shapes[s.name], s.se) for s in spec.streams if s.se}
        )
        self.exchanges = _exchanges(spec, shapes)
        self.head = nn.Linear(sum(shapes[s.name][-1].n_out for s in spec.streams), N_EMOTIONS)

    def forward(self, inputs: dict[str, Tensor]) -> EmotionOutput:
        """`inputs` by stream name: music (batch, 2, mel, column), pictures (batch, 3, height, width, frame).

        All float32 and standardised. Raises `InputError` for a missing stream or a wrong number of axes.
        """
        states = {stream.name: self._checked(inputs, stream) for stream in self.spec.streams}
        for stage in range(N_STAGES):
            for name, blocks in self.trunks.items():
                states[name] = blocks[stage](states[name])  # type: ignore[index]  # a ModuleList
                if name in self.gates:
                    states[name] = self.gates[name][stage](states[name])  # type: ignore[index]
            if self.spec.mmtm:
                a, b = self.spec.mmtm
                states[a], states[b] = self.exchanges[stage](states[a], states[b])
        embedding = torch.cat([global_average(states[stream.name]) for stream in self.spec.streams], dim=1)
        return EmotionOutput(self.head(embedding), embedding)

    def _checked(self, inputs: dict[str, Tensor], stream: StreamSpec) -> Tensor:
        if stream.name not in inputs:
            raise InputError(
                f"Network {self.spec.name!r} needs the stream {stream.name!r}, but was given "
                f"{', '.join(sorted(inputs)) or 'nothing'}; add it to the inputs."
            )
        x = inputs[stream.name]
        channels = 2 if stream.modality == "music" else 3
        if x.dim() != stream.n_dims + 2 or x.shape[1] != channels:
            raise InputError(
                f"Stream {stream.name!r} has shape {tuple(x.shape)}; expected (batch, {channels}, "
                f"{'mel, column' if stream.n_dims == 2 else 'height, width, frame'})."
            )
        return x


def _trunk(stream: StreamSpec, shapes: tuple[BlockShape, ...]) -> nn.ModuleList:
    c_in = 2 if stream.modality == "music" else 3
    inputs = (c_in, *(shape.n_out for shape in shapes[:-1]))
    return nn.ModuleList(
        DenseResidualBlock(stream.n_dims, c, shape) for c, shape in zip(inputs, shapes, strict=True)
    )


def _exchanges(spec: ModelSpec, shapes: dict[str, tuple[BlockShape, ...]]) -> nn.ModuleList:
    if not spec.mmtm:
        return nn.ModuleList()
    a, b = ([s.n_out for s in shapes[name]] for name in spec.mmtm)
    if a != b:
        raise SpecError(
            f"Network {spec.name!r} exchanges between streams of unequal widths {a} and {b}; MMTM sums their "
            "squeezes, so choose architectures with the same filters."
        )
    n_dims = next(stream.n_dims for stream in spec.streams if stream.name == spec.mmtm[0])
    return nn.ModuleList(Exchange(n_dims, c, ratio) for c, ratio in zip(a, MMTM_RATIOS, strict=True))


def _initialise(module: nn.Module) -> None:
    """He-normal kernels and zero biases, as in the authors' code."""
    if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def build(spec: ModelSpec | str, *, width: float = 1.0) -> EmotionNet:
    """A freshly initialised network on the default device, in training mode. Seed torch before the call.

    Raises `SpecError` for an unknown name or an impossible width.
    """
    net = EmotionNet(get_spec(spec) if isinstance(spec, str) else spec, width)
    net.apply(_initialise)
    return net


def count_parameters(net: nn.Module) -> int:
    """Weights plus batch-norm running means and variances: what the paper's tables count."""
    statistics = sum(
        buffer.numel()
        for name, buffer in net.named_buffers()
        if name.endswith(("running_mean", "running_var"))
    )
    return sum(parameter.numel() for parameter in net.parameters()) + statistics
