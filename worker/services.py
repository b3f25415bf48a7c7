"""What researchers set in motion. Keyword-only, atomic, with errors that are sentences."""

import hashlib
import json
import uuid
from collections import Counter
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from annotations import services as people
from curation.models import Clip, Release, Split
from modelzoo import specs
from modelzoo.errors import ModelZooError
from worker import acquisition, jobs
from worker.errors import CannotTrain, NothingToSurface, NoTrainedModel
from worker.models import Job, Prediction, Round, TrainingRun


class Recipe(NamedTuple):
    """How to train: everything but the data."""

    spec: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int


def check_can_train(release: Release, spec: str) -> None:
    """Raises `CannotTrain` for an unknown network or a release too small to learn from."""
    try:
        specs.get_spec(spec)
    except ModelZooError as error:
        raise CannotTrain(str(error)) from error
    splits = Counter(release.items.values_list("split", flat=True))
    for split in (Split.TRAIN, Split.VALIDATION, Split.TEST):
        if not splits[split]:
            raise CannotTrain(
                _(
                    "Release %(version)s has no clip in %(split)s; split more sources and freeze a new release."
                )
                % {"version": release.version, "split": split.label}
            )
    if release.items.filter(split=Split.TRAIN).values("emotion").distinct().count() < 2:
        raise CannotTrain(
            _(
                "All clips of release %(version)s in %(split)s show the same emotion; a network needs at least "
                "two there. Split more sources and freeze a new release."
            )
            % {"version": release.version, "split": Split.TRAIN.label}
        )


@transaction.atomic
def request_run(
    *, release: Release, recipe: Recipe, by: User | None, key: uuid.UUID | None = None
) -> TrainingRun:
    """Queue a training run on a release. The same `key` twice is one run. Raises `CannotTrain`."""
    check_can_train(release, recipe.spec)
    configuration = json.dumps(recipe._asdict(), sort_keys=True)
    run, created = TrainingRun.objects.get_or_create(
        folder=key or uuid.uuid4(),
        defaults={
            "release": release,
            **recipe._asdict(),
            "config_sha256": hashlib.sha256(configuration.encode()).hexdigest(),
            "code_version": settings.CODE_VERSION,
            "created_by": by,
        },
    )
    if created:
        run.job = Job.objects.create(
            kind=Job.Kind.TRAINING,
            dataset=release.dataset,
            subject_id=run.pk,
            created_by=by,
            total=recipe.epochs,
        )
        run.save(update_fields=["job"])
        jobs.wake(run.job)
    return run


def candidates_of(run: TrainingRun) -> list[acquisition.Candidate]:
    """What the loop may send back, with the run's opinion of it. Raises `NoTrainedModel`."""
    if not run.is_trained or not run.predictions.exists():
        raise NoTrainedModel(
            _(
                "Run %(run)d has not scored any clips, so it cannot say which are uncertain. Wait for its scoring, or retry it."
            )
            % {"run": run.pk}
        )
    rows = Prediction.objects.surfaceable(run).values_list("clip__key", "clip__source__group_id", "probs")
    return [acquisition.Candidate(clip, group, probs) for clip, group, probs in rows]


@transaction.atomic
def surface(
    *,
    run: TrainingRun,
    strategy: str,
    budget: int,
    votes_per_clip: int,
    by: User | None,
    key: uuid.UUID | None = None,
) -> Round:
    """Send the clips a run is most uncertain of back to people. The same `key` twice is one round.

    Raises `NoTrainedModel`, `NothingToSurface`.
    """
    TrainingRun.objects.select_for_update().get(pk=run.pk)  # rounds of one run take turns
    known = Round.objects.filter(key=key).first() if key else None
    if known:
        return known
    candidates = candidates_of(run)
    choices = acquisition.pick(candidates, strategy=strategy, budget=budget)
    if not choices:
        raise NothingToSurface(
            _(
                "No clip can be sent back: all scored clips are in training or test, or are already waiting for people."
            )
        )
    turn = Round.objects.create(
        run=run,
        key=key or uuid.uuid4(),
        strategy=Round.Strategy(strategy),
        budget=budget,
        votes_per_clip=votes_per_clip,
        n_candidates=len(candidates),
        n_requested=len(choices),
        created_by=by,
    )
    clips = Clip.objects.in_bulk([choice.clip for choice in choices], field_name="key")
    people.request_relabels(
        picks=[people.Pick(clips[choice.clip], choice.score) for choice in choices],
        strategy=strategy,
        votes_per_clip=votes_per_clip,
        origin=turn.origin,
        by=by,
    )
    return turn


def advised_recipe(spec: str, *, seed: int) -> Recipe:
    """Good first values for a network: more epochs for the compact ones, which are quick."""
    is_compact = specs.get_spec(spec).paper is None
    return Recipe(
        spec=spec,
        epochs=12 if is_compact else 20,
        batch_size=4 if is_compact else 8,
        learning_rate=1e-3 if is_compact else 1e-4,
        seed=seed,
    )
