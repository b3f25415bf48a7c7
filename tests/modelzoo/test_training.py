"""Training learns, repeats itself, and resumes bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from modelzoo.data import Sample
from modelzoo.errors import CheckpointError, TrainingError
from modelzoo.networks import EmotionNet, build
from modelzoo.options import TrainingConfig
from modelzoo.training import EpochReport, batch_order, fit, predict, refresh_statistics

CONFIG = TrainingConfig(epochs=4, batch_size=4, learning_rate=3e-3)


class Pitches:
    """Spectrograms with one bright band for each of three emotions: learnable in a few steps."""

    def __init__(self, n: int, seed: int = 0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.music = torch.randn(n, 2, 24, 8, generator=generator)
        self.kinds = [i % 3 for i in range(n)]
        for i, kind in enumerate(self.kinds):
            self.music[i, 0, 8 * kind : 8 * kind + 4] += 4

    def __len__(self) -> int:
        return len(self.kinds)

    def __getitem__(self, index: int) -> Sample:
        return Sample({"music": self.music[index]}, torch.eye(6)[self.kinds[index]])


TRAIN, VALIDATION = Pitches(18), Pitches(9, seed=1)


def new_net(seed: int = 0) -> EmotionNet:
    torch.manual_seed(seed)
    return build("Compact_Music_A2", width=0.5)


def weights(net: EmotionNet) -> dict[str, Tensor]:
    return net.state_dict()


def equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def stop_after(n: int) -> Callable[[EpochReport], None]:
    def stop(report: EpochReport) -> None:
        if report.epoch == n:
            raise KeyboardInterrupt

    return stop


def test_it_learns_what_can_be_learnt() -> None:
    net = new_net()
    result = fit(net, TRAIN, VALIDATION, replace(CONFIG, epochs=16))
    first, last = result.history[0], result.history[-1]
    assert last.train_loss < first.train_loss / 2
    assert last.validation_accuracy == 1.0


def test_network_is_left_with_the_weights_of_its_best_epoch() -> None:
    net = new_net()
    result = fit(net, TRAIN, VALIDATION, replace(CONFIG, schedule="constant"))
    losses = [report.validation_loss for report in result.history]
    assert result.best_epoch == 1 + int(np.argmin(losses))
    probs = predict(net, VALIDATION)
    truth = np.array(VALIDATION.kinds)
    assert -np.log(probs[np.arange(9), truth]).mean() == pytest.approx(min(losses), abs=1e-6)


def test_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    runs = []
    for seed in (0, 0, 1):
        net = new_net()
        fit(net, TRAIN, VALIDATION, replace(CONFIG, epochs=1, seed=seed))
        runs.append(weights(net))
    assert equal(runs[0], runs[1])
    assert not equal(runs[0], runs[2])


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_killed_and_resumed_run_ends_with_the_same_bits(tmp_path: Path, killed_after: int) -> None:
    whole = new_net()
    expected = fit(whole, TRAIN, VALIDATION, CONFIG)
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(new_net(), TRAIN, VALIDATION, CONFIG, checkpoint_path=path, on_epoch=stop_after(killed_after))
    told: list[int] = []
    resumed = new_net(seed=99)  # whatever it starts with, the checkpoint decides
    result = fit(
        resumed, TRAIN, VALIDATION, CONFIG, checkpoint_path=path, on_epoch=lambda r: told.append(r.epoch)
    )
    assert told == list(range(killed_after + 1, 5))
    assert equal(weights(whole), weights(resumed))
    assert result.best_epoch == expected.best_epoch
    assert [r.train_loss for r in result.history] == [r.train_loss for r in expected.history]


def test_run_killed_before_its_first_epoch_ends_resumes_from_zero(tmp_path: Path) -> None:
    class Killed(Pitches):
        def __getitem__(self, index: int) -> Sample:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(new_net(), Killed(18), VALIDATION, CONFIG, checkpoint_path=path)
    whole, resumed = new_net(), new_net(seed=99)
    fit(whole, TRAIN, VALIDATION, CONFIG)
    fit(resumed, TRAIN, VALIDATION, CONFIG, checkpoint_path=path)
    assert equal(weights(whole), weights(resumed))


def test_finished_run_started_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    first, again = new_net(), new_net(seed=99)
    fit(first, TRAIN, VALIDATION, CONFIG, checkpoint_path=path)
    before = path.read_bytes()
    fit(again, TRAIN, VALIDATION, CONFIG, checkpoint_path=path, on_epoch=stop_after(4))
    assert equal(weights(first), weights(again))
    assert path.read_bytes() == before


def test_checkpoint_of_another_run_is_refused_by_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    short = replace(CONFIG, epochs=1)
    fit(new_net(), TRAIN, VALIDATION, short, checkpoint_path=path, identity={"spec": "A"})
    with pytest.raises(
        CheckpointError, match="belongs to a run with spec 'A', not 'B'; use the same options"
    ):
        fit(new_net(), TRAIN, VALIDATION, short, checkpoint_path=path, identity={"spec": "B"})
    with pytest.raises(CheckpointError, match=r"learning_rate 0.003, not 1.0"):
        config = replace(short, learning_rate=1.0)
        fit(new_net(), TRAIN, VALIDATION, config, checkpoint_path=path, identity={"spec": "A"})


def test_patience_ends_a_run_that_no_longer_improves() -> None:
    config = replace(CONFIG, epochs=30, patience=1, learning_rate=0.05, schedule="constant")
    result = fit(new_net(), TRAIN, VALIDATION, config)
    assert len(result.history) == result.best_epoch + 1 < 30


def test_loss_that_is_no_number_stops_the_run() -> None:
    broken = Pitches(6)
    broken.music[0] = torch.nan
    with pytest.raises(TrainingError, match="The loss is nan in epoch 1; lower the learning rate"):
        fit(new_net(), broken, VALIDATION, CONFIG)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 1}, "batch norm needs at least 2"),
        ({"learning_rate": 0}, "use a positive number"),
        ({"learning_rate": float("nan")}, "use a positive number"),
        ({"patience": 0}, "patience is 0"),
    ],
)
def test_impossible_option_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        replace(CONFIG, **change)


def test_statistics_are_those_of_the_data_at_the_present_weights() -> None:
    """The first normalised channel's running mean equals the plain mean over one batch of everything."""
    net = new_net()
    batch = Sample({"music": TRAIN.music}, torch.zeros(18, 6))
    block = net.trunks["music"][0]  # type: ignore[index]
    seen: list[Tensor] = []
    handle = block.out.register_forward_hook(lambda _m, _i, out: seen.append(out.detach()))
    refresh_statistics(net, iter([batch, batch]), torch.device("cpu"))
    handle.remove()
    assert torch.allclose(block.norm.running_mean, seen[0].mean(dim=(0, 2, 3)), atol=1e-5)
    assert block.norm.momentum == 0.01


def test_probabilities_sum_to_one_and_do_not_depend_on_the_batch_size() -> None:
    net = new_net()
    probs = predict(net, TRAIN, batch_size=18)
    assert probs.sum(axis=1) == pytest.approx(np.ones(18))
    assert predict(net, TRAIN, batch_size=5) == pytest.approx(probs, abs=1e-5)


def test_no_clips_give_no_probabilities() -> None:
    assert predict(new_net(), Pitches(0)).shape == (0, 6)


@given(n=st.integers(2, 40), batch_size=st.integers(2, 9), seed=st.integers(0, 5))
def test_every_clip_is_in_one_batch_and_none_is_alone(n: int, batch_size: int, seed: int) -> None:
    batches = batch_order(n, batch_size, torch.Generator().manual_seed(seed))
    assert sorted(i for batch in batches for i in batch) == list(range(n))
    assert all(2 <= len(batch) <= batch_size + 1 for batch in batches)


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_soft_targets_are_learnt(optimizer: Any) -> None:
    class Torn(Pitches):
        def __getitem__(self, index: int) -> Sample:
            inputs, _ = super().__getitem__(index)
            return Sample(inputs, torch.tensor([0.5, 0.5, 0, 0, 0, 0]))

    net = new_net()
    result = fit(net, Torn(12), Torn(6), replace(CONFIG, epochs=6, optimizer=optimizer))
    probs = predict(net, Torn(6))
    best = result.history[result.best_epoch - 1]
    assert best.validation_loss == pytest.approx(-np.log(probs[:, :2]).mean(), abs=1e-6)
    assert result.history[-1].train_loss < result.history[0].train_loss
