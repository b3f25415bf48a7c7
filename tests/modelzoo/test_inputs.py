"""Feature settings: the paper's sizes, and a digest that follows every change."""

from dataclasses import fields, replace
from typing import Any

import pytest

from modelzoo.errors import SettingsError
from modelzoo.inputs import COMPACT, PAPER, FeatureSettings


def test_paper_inputs_have_the_papers_shapes() -> None:
    assert PAPER.shapes()["music"] == (2, 128, 1292)
    assert PAPER.shapes()["video"] == (64, 128, 128, 3)
    assert "face" not in PAPER.shapes()


def test_compact_inputs_are_a_quarter_of_the_columns_and_eight_frames() -> None:
    assert COMPACT.shapes()["music"] == (2, 64, 323)
    assert COMPACT.shapes()["video"] == (8, 64, 64, 3)


@pytest.mark.parametrize("name", [field.name for field in fields(FeatureSettings)])
def test_digest_changes_with_every_setting(name: str) -> None:
    assert replace(PAPER, **{name: getattr(PAPER, name) + 1}).digest != PAPER.digest


def test_digest_is_the_same_for_whole_seconds_written_either_way() -> None:
    assert replace(PAPER, duration_s=30).digest == PAPER.digest


def test_settings_survive_json() -> None:
    assert FeatureSettings.from_json(COMPACT.to_json()) == COMPACT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hop": 0}, "hop is 0; it must be positive"),
        ({"n_faces": -1}, "n_faces is -1; use 0"),
        ({"n_mels": 2000}, "n_mels is 2000, more than the 1024 frequencies"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        replace(PAPER, **change)


def test_setting_of_a_newer_version_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="unknown name 'n_smells'"):
        FeatureSettings.from_json({"n_smells": 1})
