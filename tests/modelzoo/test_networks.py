"""One network class, held to the whole table."""

import pytest
import torch
from torch import Tensor

from modelzoo.errors import InputError, SpecError
from modelzoo.networks import EmotionNet, build, count_parameters
from modelzoo.specs import SPECS, ModelSpec, StreamSpec, get_spec

every_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
WIDTH = 1 / 16


def inputs_of(spec: ModelSpec, n_clips: int = 2) -> dict[str, Tensor]:
    shapes = {2: (2, 32, 48), 3: (3, 12, 12, 2)}
    return {s.name: torch.randn(n_clips, *shapes[s.n_dims]) for s in spec.streams}


@every_spec
def test_parameters_are_exactly_those_the_paper_prints(spec: ModelSpec) -> None:
    with torch.device("meta"):
        assert count_parameters(build(spec)) == spec.n_parameters


@every_spec
def test_every_network_learns_with_every_parameter(spec: ModelSpec) -> None:
    torch.manual_seed(0)
    net = build(spec, width=WIDTH)
    output = net(inputs_of(spec))
    output.logits.square().sum().backward()
    assert output.logits.shape == (2, 6)
    assert output.logits.isfinite().all()
    idle = [n for n, p in net.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert idle == []


@every_spec
def test_a_clip_is_answered_the_same_alone_and_in_a_batch(spec: ModelSpec) -> None:
    torch.manual_seed(0)
    net = build(spec, width=WIDTH).eval()
    inputs = inputs_of(spec)
    alone = net({name: x[1:] for name, x in inputs.items()}).logits
    assert torch.allclose(net(inputs).logits[1:], alone, atol=1e-5)


@pytest.mark.parametrize("name", ["Face_A3_MMTM", "Face_A3_noMMTM"])
def test_streams_of_a_pair_see_each_other_only_with_mmtm(name: str) -> None:
    torch.manual_seed(0)
    net = build(name, width=WIDTH).eval()
    inputs = inputs_of(net.spec, 1)
    n_slow = net.trunks["face_slow"][-1].norm.num_features  # type: ignore[index]
    before = net(inputs).embedding[:, n_slow:]
    after = net({**inputs, "face_slow": inputs["face_slow"] + 1}).embedding[:, n_slow:]
    assert torch.equal(before, after) == (name == "Face_A3_noMMTM")


def test_music_does_not_see_the_video() -> None:
    torch.manual_seed(0)
    net = build("Compact_Video_A2+Music_A2", width=WIDTH).eval()
    inputs = inputs_of(net.spec, 1)
    changed = net({**inputs, "video": inputs["video"] + 1}).embedding
    before = net(inputs).embedding
    half = before.shape[1] // 2
    assert torch.equal(before[:, half:], changed[:, half:])
    assert not torch.equal(before[:, :half], changed[:, :half])


def test_embedding_is_what_the_linear_layer_saw() -> None:
    net = build("Music_A2_SE", width=WIDTH).eval()
    output = net(inputs_of(net.spec))
    assert torch.allclose(net.head(output.embedding), output.logits)


def test_missing_stream_is_named() -> None:
    net = build("Compact_Video_A2+Music_A2", width=WIDTH)
    inputs = inputs_of(net.spec)
    del inputs["music"]
    with pytest.raises(InputError, match="needs the stream 'music', but was given video"):
        net(inputs)
    with pytest.raises(InputError, match="but was given nothing"):
        net({})


@pytest.mark.parametrize("shape", [(2, 2, 8), (2, 3, 8, 8)])
def test_wrong_axes_are_refused_with_those_expected(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"expected \(batch, 2, mel, column\)"):
        build("Music_A2_SE", width=WIDTH)({"music": torch.zeros(shape)})


@pytest.mark.parametrize("width", [0, -1, 1.5])
def test_width_is_a_share(width: float) -> None:
    with pytest.raises(SpecError, match="not a share"):
        build("Music_A2_SE", width=width)


def test_exchange_between_unequal_widths_is_refused() -> None:
    streams = (StreamSpec("a", "video", "A1"), StreamSpec("b", "video", "A2"))
    with pytest.raises(SpecError, match="unequal widths"), torch.device("meta"):
        EmotionNet(ModelSpec("X", streams, 0, None, ("a", "b")))


def test_same_seed_builds_the_same_network() -> None:
    def weights() -> list[Tensor]:
        torch.manual_seed(3)
        return list(build(get_spec("Music_A2_SE"), width=WIDTH).parameters())

    assert all(torch.equal(a, b) for a, b in zip(weights(), weights(), strict=True))


@pytest.mark.gpu
def test_gpu_answers_as_the_cpu_does() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    net = build("Compact_Video_A2+Music_A2", width=WIDTH).eval()
    inputs = inputs_of(net.spec)
    expected = net(inputs).logits
    answer = net.cuda()({name: x.cuda() for name, x in inputs.items()}).logits.cpu()
    assert torch.allclose(answer, expected, atol=1e-2)
