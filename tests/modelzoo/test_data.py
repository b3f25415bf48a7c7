"""Clips as tensors: standardised, in the networks' axis order, with honest stand-ins."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelzoo.data import (
    ClipDataset,
    Normalisation,
    Sample,
    check_split,
    equal_intervals,
    fit_normalisation,
    load_batches,
    stream_input,
    target_of,
)
from modelzoo.errors import SplitError
from modelzoo.features import Features
from modelzoo.manifest import ManifestRow, read_manifest
from modelzoo.specs import StreamSpec, get_spec
from tests.modelzoo.conftest import SmallWorld

SPEC = get_spec("Compact_Video_A2+Music_A2")
SHA = "0" * 64


def labelled_as(*labels: str | None) -> list[ManifestRow]:
    return [ManifestRow(f"c{i}", "m", SHA, "g", "train", label) for i, label in enumerate(labels)]


def test_training_clips_are_standardised_per_channel(world: SmallWorld) -> None:
    manifest = read_manifest(world.manifest)
    rows = manifest.in_split("train")
    normalisation = fit_normalisation(manifest, rows, world.store, SPEC)
    dataset = ClipDataset(manifest, rows, world.store, SPEC, normalisation)
    for name, shape in (("music", (2, 64, 323)), ("video", (3, 64, 64, 8))):
        values = torch.stack([dataset[i].inputs[name] for i in range(len(dataset))]).double()
        assert values.shape[1:] == shape
        axes = [0, *range(2, values.dim())]
        assert values.mean(axes).abs().max() < 1e-2
        assert (values.std(axes) - 1).abs().max() < 1e-2


def test_pictures_are_height_width_frame() -> None:
    video = np.zeros((4, 2, 2, 3), np.uint8)
    video[3, 0, 1, 2] = 10
    features: Features = {"video": video, "has_video": np.array([1], np.uint8)}
    plain = Normalisation({"video": (0, 0, 0)}, {"video": (1, 1, 1)})
    values = stream_input(features, StreamSpec("video", "video", "A2"), plain)
    assert values.shape == (3, 2, 2, 4)
    assert values[2, 0, 1, 3] == 10
    slow = stream_input(features, StreamSpec("slow", "video", "A1", n_frames=2), plain)
    assert torch.equal(slow, values[..., [1, 3]])


def test_absent_modality_is_the_mean_of_the_training_clips() -> None:
    features: Features = {"music": np.full((2, 4, 4), -100, np.float16), "has_music": np.array([0], np.uint8)}
    normalisation = Normalisation({"music": (-30, 0)}, {"music": (10, 1)})
    assert not stream_input(features, StreamSpec("music", "music", "A2"), normalisation).any()


def test_normalisation_survives_json() -> None:
    normalisation = Normalisation({"music": (0.1, 0.2)}, {"music": (1.0, 2.0)})
    assert Normalisation.from_json(normalisation.to_json()) == normalisation


def test_modality_that_no_clip_has_is_left_alone(world: SmallWorld) -> None:
    manifest = read_manifest(world.manifest)
    normalisation = fit_normalisation(manifest, [], world.store, SPEC)
    assert normalisation.mean["music"] == (0.0, 0.0)
    assert normalisation.std["video"] == (1.0, 1.0, 1.0)


@given(n_given=st.integers(1, 200), n_wanted=st.integers(1, 200))
def test_positions_are_ordered_and_within_what_is_given(n_given: int, n_wanted: int) -> None:
    positions = equal_intervals(n_given, n_wanted)
    assert len(positions) == n_wanted
    assert (np.diff(positions) >= 0).all()
    assert positions[0] >= 0
    assert positions[-1] < n_given
    if n_wanted <= n_given:
        assert len(set(positions.tolist())) == n_wanted


def test_target_is_the_label_or_if_wanted_the_peoples_distribution() -> None:
    row = ManifestRow("c", "m", SHA, "g", "train", "Fear", {"Fear": 0.75, "Sad": 0.25})
    assert target_of(row).tolist() == [0, 1, 0, 0, 0, 0]
    assert target_of(row, has_soft_targets=True).tolist() == [0, 0.75, 0, 0, 0.25, 0]
    assert target_of(labelled_as("Fear")[0], has_soft_targets=True).tolist() == [0, 1, 0, 0, 0, 0]
    assert target_of(labelled_as(None)[0]).sum() == 0


def test_split_without_labels_is_refused() -> None:
    with pytest.raises(SplitError, match="Split 'train' holds no labelled clip"):
        check_split(labelled_as(None, None), "train")


def test_split_of_one_emotion_is_refused() -> None:
    with pytest.raises(SplitError, match="All 2 labelled clips of split 'train' are 'Sad'"):
        check_split(labelled_as("Sad", None, "Sad"), "train")


def test_two_emotions_are_enough() -> None:
    check_split(labelled_as("Sad", "Fear"), "train")


class Numbers(Sequence[Sample]):
    def __len__(self) -> int:
        return 20

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return Sample({"x": torch.tensor([float(index)])}, torch.zeros(6))


@pytest.mark.parametrize("n_threads", [0, 3])
def test_batches_come_in_order_however_they_are_read(n_threads: int) -> None:
    batches = [[3, 1], [4], [0, 2, 5], [7], [9], [8]]
    read = [
        b.inputs["x"].flatten().int().tolist() for b in load_batches(Numbers(), batches, n_threads=n_threads)
    ]
    assert read == batches


def test_validation_clips_may_all_show_one_emotion() -> None:
    """With a dozen clips there may be no other; the measures say what can be said."""
    check_split(labelled_as("Sad", None, "Sad"), "validation")
