"""`python -m modelzoo`, from manifest to predictions."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from modelzoo import runs
from modelzoo.__main__ import main
from modelzoo.checkpoints import load_checkpoint, load_model
from modelzoo.events import EventLog
from modelzoo.labels import EMOTIONS
from modelzoo.manifest import write_manifest
from modelzoo.process import Terminated
from modelzoo.specs import SPECS
from tests.modelzoo.conftest import SmallWorld

SPEC = "Compact_Music_A2"


@pytest.fixture(autouse=True)
def no_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command in this process leaves pytest's own signal handling alone."""
    monkeypatch.setattr("modelzoo.__main__.exit_on_sigterm", lambda: None)


def train_arguments(world: SmallWorld, run_dir: Path, *more: str) -> list[str]:
    return [
        "train", "--manifest", str(world.manifest), "--features", str(world.features), "--run-dir", str(run_dir),
        "--spec", SPEC, "--width", "0.25", "--epochs", "3", "--workers", "1", "--device", "cpu", *more,
    ]  # fmt: skip


def events(run_dir: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run_dir / "events.jsonl").read_text().splitlines()]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def trained(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modelzoo.__main__.exit_on_sigterm", lambda: None)
        assert main(train_arguments(world, run_dir)) == 0
    return run_dir


def test_list_prints_every_network_or_those_of_a_pattern(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(SPECS)
    assert main(["list", "Music_A2*"]) == 0
    assert "Music_A2_SE" in capsys.readouterr().out


def test_params_compares_with_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["params", "Music_A2*"]) == 0
    assert capsys.readouterr().out.count("exact") == 2


def test_training_tells_its_story(trained: Path) -> None:
    story = events(trained)
    started = story[0]
    assert {**started, "t": 0, "n_parameters": 0} == {
        "event": "started", "spec": SPEC, "n_parameters": 0, "n_train": 12, "n_validation": 6, "n_test": 6,
        "device": "cpu", "resumed_from_epoch": 0, "t": 0,
    }  # fmt: skip
    assert [e for e in story if e["event"] == "features"][-1] == {
        "event": "features",
        "done": 24,
        "total": 24,
    }
    epochs = [e for e in story if e["event"] == "epoch"]
    assert [(e["epoch"], e["epochs"]) for e in epochs] == [(1, 3), (2, 3), (3, 3)]
    assert set(epochs[0]) == {
        "event", "epoch", "epochs", "train_loss", "validation_loss", "validation_accuracy",
        "validation_macro_f1", "samples_per_s", "t",
    }  # fmt: skip
    assert story[-1]["event"] == "finished"


def test_training_leaves_metrics_and_a_model_that_says_where_it_comes_from(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    for split in ("validation", "test"):
        assert metrics[split]["n_clips"] == 6
        assert metrics[split]["labels"] == list(EMOTIONS)
        assert sum(map(sum, metrics[split]["confusion"])) == 6
    provenance = load_model(trained / "model.safetensors").provenance
    assert (provenance.spec, provenance.width, provenance.seed) == (SPEC, 0.25, 0)
    assert provenance.epoch == metrics["best_epoch"]
    assert len(provenance.manifest_sha256) == 64


def test_score_writes_one_distribution_per_clip_in_order(
    world: SmallWorld, trained: Path, tmp_path: Path
) -> None:
    out, log = tmp_path / "predictions.jsonl", tmp_path / "events.jsonl"
    arguments = ["score", "--model", str(trained / "model.safetensors"), "--manifest", str(world.manifest),
                 "--features", str(world.features), "--out", str(out), "--events", str(log)]  # fmt: skip
    assert main(arguments) == 0
    rows = lines(out)
    assert [row["clip"] for row in rows] == [row.clip for row in world.rows]
    for row in rows:
        assert list(row["probs"]) == list(EMOTIONS)
        assert sum(row["probs"].values()) == pytest.approx(1)
    assert [e["event"] for e in lines(log)][:: len(lines(log)) - 1] == ["started", "finished"]


def test_features_are_extracted_ahead_and_again_at_once(
    world: SmallWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        arguments = ["features", "--manifest", str(world.manifest), "--features", str(world.features),
                     "--spec", SPEC, "--events", str(tmp_path / "e.jsonl")]  # fmt: skip
        assert main(arguments) == 0
    assert "The features of 24 clips" in capsys.readouterr().out
    assert lines(tmp_path / "e.jsonl")[-1] == {"event": "features", "done": 24, "total": 24}


def test_run_stopped_after_an_epoch_resumes_to_the_same_model_and_tells_each_epoch_once(
    world: SmallWorld, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit = EventLog.emit

    def killed_before_telling(log: EventLog, event: str, **fields: Any) -> None:
        if fields.get("epoch") == 2:
            raise Terminated
        emit(log, event, **fields)

    monkeypatch.setattr(EventLog, "emit", killed_before_telling)
    with pytest.raises(SystemExit) as caught:
        main(train_arguments(world, tmp_path))
    assert caught.value.code == 143
    monkeypatch.setattr(EventLog, "emit", emit)
    assert main(train_arguments(world, tmp_path)) == 0
    story = events(tmp_path)
    assert [e["resumed_from_epoch"] for e in story if e["event"] == "started"] == [0, 2]
    assert [e["epoch"] for e in story if e["event"] == "epoch"] == [1, 2, 3]
    assert (tmp_path / "model.safetensors").read_bytes() == (trained / "model.safetensors").read_bytes()
    assert (tmp_path / "metrics.json").read_bytes() == (trained / "metrics.json").read_bytes()


def test_sigterm_leaves_a_valid_checkpoint_and_143(world: SmallWorld, trained: Path, tmp_path: Path) -> None:
    arguments = train_arguments(world, tmp_path, "--num-threads", "1", "--die-with-parent")
    arguments[arguments.index("3")] = "5000"
    process = subprocess.Popen([sys.executable, "-m", "modelzoo", *arguments])
    log = tmp_path / "events.jsonl"
    deadline = time.monotonic() + 60
    while not (log.exists() and '"epoch"' in log.read_text()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)  # another process: there is nothing to wait on but its file
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 143
    state = load_checkpoint(tmp_path / "checkpoint.pt")
    assert state is not None
    assert state["epoch"] >= 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".tmp") == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--spec", "Compact_Musik"], "No network is called 'Compact_Musik'; did you mean Compact_Music_A2"),
        (["--manifest", "/nowhere.jsonl"], "Manifest '/nowhere.jsonl' cannot be opened"),
        (["--epochs", "0"], "epochs is 0; train for at least 1."),
        (["--width", "2"], "is not a share"),
    ],
)
def test_bad_input_is_a_sentence_here_and_in_the_events(
    world: SmallWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: list[str], message: str
) -> None:
    assert main(train_arguments(world, tmp_path, *change)) == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert message in events(tmp_path)[-1]["reason"]


def test_empty_split_is_refused_before_anything_is_computed(world: SmallWorld, tmp_path: Path) -> None:
    write_manifest(tmp_path / "m.jsonl", [row for row in world.rows if row.split != "validation"])
    assert main(train_arguments(world, tmp_path, "--manifest", str(tmp_path / "m.jsonl"))) == 1
    assert "Split 'validation' holds no labelled clip" in events(tmp_path)[-1]["reason"]
    assert len(events(tmp_path)) == 1


def test_dataset_without_test_clips_says_null(world: SmallWorld, tmp_path: Path) -> None:
    rows = [row for row in world.rows if row.split != "test"]
    media = [
        type(r)(**{**{f: getattr(r, f) for f in r.__slots__}, "media": str(world.manifest.parent / r.media)})
        for r in rows
    ]
    write_manifest(tmp_path / "m.jsonl", media)
    arguments = train_arguments(world, tmp_path, "--manifest", str(tmp_path / "m.jsonl"), "--epochs", "1")
    assert main([*arguments, "--soft-targets"]) == 0
    assert json.loads((tmp_path / "metrics.json").read_text())["test"] is None


def test_other_options_do_not_resume_a_run(world: SmallWorld, trained: Path) -> None:
    before = (trained / "model.safetensors").read_bytes()
    assert main(train_arguments(world, trained, "--seed", "1")) == 1
    assert "belongs to a run with seed 0, not 1" in events(trained)[-1]["reason"]
    assert (trained / "model.safetensors").read_bytes() == before


def test_unexpected_error_is_told_and_not_hidden(
    world: SmallWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(runs, "read_manifest", broken)
    with pytest.raises(ZeroDivisionError):
        main(train_arguments(world, tmp_path))
    assert events(tmp_path)[-1]["reason"] == "An unexpected ZeroDivisionError stopped the run: oops"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_gpu_that_is_not_there_is_a_sentence(world: SmallWorld, tmp_path: Path) -> None:
    assert main(train_arguments(world, tmp_path, "--device", "cuda")) == 1
    assert "torch finds no GPU; use --device auto or cpu" in events(tmp_path)[-1]["reason"]


def test_number_of_workers_is_at_least_one(world: SmallWorld, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        main(train_arguments(world, tmp_path, "--workers", "0"))
    assert caught.value.code == 2
