"""`python -m modelzoo`: list networks, count them, extract features, train, score.

Exit codes: 0 done; 1 failed, with one sentence on standard error and in the events; 2 wrong usage; 143 ended by
SIGTERM, with a valid checkpoint left behind.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from modelzoo.errors import ModelZooError
from modelzoo.events import EventLog
from modelzoo.options import TrainingConfig
from modelzoo.process import die_with_parent, exit_on_sigterm, sleep_while_waiting
from modelzoo.runs import Setting, TrainRequest, run_features, run_score, run_train
from modelzoo.specs import list_specs

DEFAULTS = TrainingConfig()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code; SIGTERM leaves through `SystemExit`."""
    options = _parser().parse_args(arguments)
    sleep_while_waiting()
    command = options.command
    if command == "list":
        return _list(options.pattern)
    if command == "params":
        return _params(options.pattern)
    exit_on_sigterm()
    if options.die_with_parent is not None:
        die_with_parent(options.die_with_parent or None)
    log = EventLog(options.run_dir / "events.jsonl" if command == "train" else options.events)
    return _reported({"features": _features, "train": _train, "score": _score}[command], options, log)


def _reported(
    job: Callable[[argparse.Namespace, EventLog], None], options: argparse.Namespace, log: EventLog
) -> int:
    try:
        job(options, log)
    except (ModelZooError, OSError) as error:
        log.emit("failed", reason=str(error))
        print(error, file=sys.stderr)
        return 1
    except Exception as error:
        # The boundary of the process: whoever reads the events must not wait for a run that is gone.
        log.emit("failed", reason=f"An unexpected {type(error).__name__} stopped the run: {error}")
        raise
    return 0


def _list(pattern: str) -> int:
    for spec in list_specs(pattern):
        print(f"{spec.name:<44} {spec.paper or 'ours':<16} {spec.n_parameters:>12,}")
    return 0


def _params(pattern: str) -> int:
    """Build every row and compare its count with the published one."""
    import torch

    from modelzoo.networks import build, count_parameters

    n_wrong = 0
    for spec in list_specs(pattern):
        with torch.device("meta"):
            n = count_parameters(build(spec))
        n_wrong += n != spec.n_parameters
        verdict = "exact" if n == spec.n_parameters else "WRONG"
        print(f"{spec.name:<44} {spec.n_parameters:>12,} {n:>12,} {verdict}")
    return 1 if n_wrong else 0


def _features(options: argparse.Namespace, log: EventLog) -> None:
    n = run_features(options.manifest, options.spec, _setting(options), log)
    print(f"The features of {n} clips are in {options.features}.")


def _train(options: argparse.Namespace, log: EventLog) -> None:
    config = TrainingConfig(
        epochs=options.epochs,
        batch_size=options.batch_size,
        learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        optimizer=options.optimizer,
        schedule=options.schedule,
        patience=options.patience,
        seed=options.seed,
    )
    request = TrainRequest(
        options.manifest, options.spec, options.run_dir, config, options.width, options.soft_targets
    )
    run_train(request, _setting(options), log)
    print(f"The trained network and its metrics are in {options.run_dir}.")


def _score(options: argparse.Namespace, log: EventLog) -> None:
    n = run_score(options.model, options.manifest, options.out, _setting(options), log)
    print(f"The probabilities of {n} clips are in {options.out}.")


def _setting(options: argparse.Namespace) -> Setting:
    return Setting(
        options.features,
        options.workers,
        getattr(options, "num_threads", None),
        getattr(options, "device", "auto"),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m modelzoo", description="The networks of Moodreel.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, text in (
        ("list", "the networks, their table in the paper, their parameters"),
        ("params", "build every network and compare its parameters with the paper"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("pattern", nargs="?", default="*", help="shell pattern, such as 'Video_A3*'")
    features = commands.add_parser("features", help="extract and store the features of every clip")
    features.add_argument("--spec", required=True, help="network whose inputs are wanted")
    train = commands.add_parser("train", help="train a network; resumes if the run folder has a checkpoint")
    _add_training(train)
    score = commands.add_parser("score", help="probabilities of every clip")
    score.add_argument("--model", type=Path, required=True, help="a model.safetensors left by train")
    score.add_argument("--out", type=Path, required=True, help="predictions, JSON lines")
    for command in (features, train, score):
        _add_common(command)
    for command in (features, score):
        command.add_argument("--events", type=Path, help="append events here instead of standard error")
    for command in (train, score):
        command.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
        command.add_argument("--num-threads", type=_positive, help="torch threads")
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--manifest", type=Path, required=True, help="JSON lines, one clip each")
    command.add_argument("--features", type=Path, required=True, help="folder of the feature store")
    command.add_argument(
        "--workers", type=_positive, default=os.cpu_count() or 1, help="processes that extract"
    )
    command.add_argument(
        "--die-with-parent", type=int, nargs="?", const=0, metavar="PID",
        help="end with the process that started this one (Linux); its id, if it may be gone already",
    )  # fmt: skip


def _add_training(command: argparse.ArgumentParser) -> None:
    command.add_argument("--spec", required=True, help="name of a network, see 'list'")
    command.add_argument("--run-dir", type=Path, required=True, help="where checkpoint, model and metrics go")
    command.add_argument("--epochs", type=int, default=DEFAULTS.epochs)
    command.add_argument("--batch-size", type=int, default=DEFAULTS.batch_size)
    command.add_argument("--learning-rate", type=float, default=DEFAULTS.learning_rate)
    command.add_argument("--weight-decay", type=float, default=DEFAULTS.weight_decay)
    command.add_argument("--optimizer", default=DEFAULTS.optimizer, choices=["adamw", "adam"])
    command.add_argument("--schedule", default=DEFAULTS.schedule, choices=["cosine", "constant"])
    command.add_argument(
        "--patience", type=int, help="stop after so many epochs without a better validation loss"
    )
    command.add_argument("--seed", type=int, default=DEFAULTS.seed)
    command.add_argument("--width", type=float, default=1.0, help="share of the paper's filters")
    command.add_argument("--soft-targets", action="store_true", help="learn the people's distribution")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a number of at least 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
