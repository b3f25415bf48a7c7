"""Files a run leaves: whole, and refused when they are not what they say."""

import json
import pickle
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from modelzoo.checkpoints import (
    Provenance,
    load_checkpoint,
    load_model,
    random_states,
    restore_random_states,
    save_checkpoint,
    save_model,
)
from modelzoo.errors import CheckpointError
from modelzoo.inputs import COMPACT
from modelzoo.networks import build
from modelzoo.specs import get_spec

SPEC = get_spec("Compact_Music_A2")
STATISTICS = {"mean": {"music": [0.0, 0.0]}, "std": {"music": [1.0, 1.0]}}


def provenance(**changes: Any) -> Provenance:
    values: dict[str, Any] = {
        "spec": SPEC.name, "normalisation": STATISTICS, "manifest_sha256": "ab", "seed": 7,
        "settings": SPEC.settings.to_json(), "width": 0.25, "epoch": 3, "code_version": "1.0",
    }  # fmt: skip
    return Provenance(**{**values, **changes})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "model.safetensors"
    save_model(path, build(SPEC, width=0.25), provenance())
    return path


def with_header(path: Path, header: dict[str, str]) -> None:
    save_file(load_file(path), path, metadata=header)


def test_loaded_model_answers_as_the_saved_one(tmp_path: Path) -> None:
    net, x = build(SPEC, width=0.25).eval(), {"music": torch.randn(2, 2, 64, 40)}
    save_model(tmp_path / "m", net, provenance())
    loaded = load_model(tmp_path / "m")
    assert torch.equal(loaded.net(x).logits, net(x).logits)
    assert not loaded.net.training
    assert loaded.provenance == provenance()
    assert loaded.normalisation.to_json() == STATISTICS


def test_same_model_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    save_model(tmp_path / "again", load_model(model).net, provenance())
    assert (tmp_path / "again").read_bytes() == model.read_bytes()


def test_missing_or_damaged_model_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_model(tmp_path / "none")
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_model(model)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["Sad", "Happy"]}, "answers Sad, Happy; expected Excited, Fear"),
        ({"format_version": 99}, "format 99, newer than 1; update"),
        (
            {"settings": COMPACT.to_json() | {"n_mels": 32}},
            "trained on other inputs than 'Compact_Music_A2' has",
        ),
        (
            {"spec": "Music_A1_SE", "settings": get_spec("Music_A1_SE").settings.to_json()},
            "do not fit network",
        ),
        ({"width": 0.5}, "do not fit network 'Compact_Music_A2' at width 0.5"),
        ({"mood": "blue"}, "does not say where it comes from"),
    ],
)
def test_model_of_something_else_is_refused(model: Path, changes: dict[str, Any], message: str) -> None:
    with_header(model, {"modelzoo": json.dumps({**asdict(provenance()), **changes})})
    with pytest.raises(CheckpointError, match=message):
        load_model(model)


def test_model_without_provenance_is_refused(model: Path) -> None:
    with_header(model, {})
    with pytest.raises(CheckpointError, match="does not say where it comes from"):
        load_model(model)


def test_absent_checkpoint_is_none(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "none.pt") is None


@pytest.mark.parametrize("content", [b"", b"rubbish", pickle.dumps(Path("/"), protocol=2)])
def test_damaged_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged; delete it"):
        load_checkpoint(path)


def test_half_a_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, {"format": 1, "x": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(path)


@pytest.mark.parametrize("state", [{"format": 99}, {}])
def test_checkpoint_of_another_format_is_refused(tmp_path: Path, state: dict[str, Any]) -> None:
    save_checkpoint(tmp_path / "c.pt", state)
    with pytest.raises(CheckpointError, match="another format than 1"):
        load_checkpoint(tmp_path / "c.pt")


def test_checkpoint_runs_no_code_when_read(tmp_path: Path) -> None:
    torch.save({"format": 1, "x": Path("/")}, tmp_path / "c.pt")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(tmp_path / "c.pt")


def test_random_generators_go_on_where_they_were(tmp_path: Path) -> None:
    def draw() -> list[float]:
        return [random.random(), random.gauss(), float(np.random.normal()), float(torch.randn(()))]

    draw()
    save_checkpoint(tmp_path / "c.pt", {"format": 1, "random": random_states()})
    expected = draw()
    draw()
    state = load_checkpoint(tmp_path / "c.pt")
    assert state is not None
    restore_random_states(state["random"])
    assert draw() == expected
