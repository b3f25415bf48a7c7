"""Plain functions that make rows as the real services would leave them.

Every argument has a default; a test names what it is about. Names count upwards, so they are unique in a test
run; nothing is random.
"""

import hashlib
import itertools
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F

from annotations import releasing
from annotations import services as people
from annotations.models import Annotator, Assignment, Demand, Vote
from annotations.next_clip import LEASE
from annotations.roles import Role, set_roles
from curation.emotions import Emotion
from curation.models import Clip, ClipLabel, Dataset, Release, Source, SourceGroup, Split
from worker.models import Job, Prediction, TrainingRun

SPEC = "Music_A0_noSE"
COUNTRIES = ("KR", "NP", "MX", "EG", "FR")
MOMENT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def sha256(text: str) -> str:
    """A made-up but fixed hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def make_dataset(**values: Any) -> Dataset:
    """A dataset; three votes a clip, five seconds heard."""
    n = next(_numbers)
    return Dataset.objects.create(
        **{"slug": f"set-{n}", "name": f"Set {n}", "licence": "CC BY 4.0", **values}
    )


def make_group(dataset: Dataset | None = None, *, split: str = Split.NONE, name: str = "") -> SourceGroup:
    """A group of sources."""
    name = name or f"song-{next(_numbers):04d}"
    return SourceGroup.objects.create(dataset=dataset or make_dataset(), name=name, split=split)


def make_source(group: SourceGroup | None = None, **values: Any) -> Source:
    """A music video of three minutes, in a group of its own unless told."""
    n = next(_numbers)
    group = group or make_group()
    defaults = {
        "title": f"Song {n}",
        "artist": "The Synthesised",
        "file_name": f"song-{n}.mp4",
        "sha256": sha256(f"source {n}"),
        "duration_s": 180.0,
    }
    return Source.objects.create(dataset=group.dataset, group=group, **{**defaults, **values})


def make_clip(
    source: Source | None = None,
    *,
    dataset: Dataset | None = None,
    group: SourceGroup | None = None,
    split: str = Split.NONE,
    start_s: float | None = None,
    in_queue: bool = True,
    wanted: int | None = None,
    **values: Any,
) -> Clip:
    """A ready clip with its label and its place in the queue. Its files are names only.

    A new source and group are made unless given; `start_s` follows the source's last clip.
    """
    if source is None:
        source = make_source(group or make_group(dataset, split=split))
    start_ms = round(start_s * 1000) if start_s is not None else 30_000 * source.clips.count()
    clip = Clip(dataset=source.dataset, source=source, start_ms=start_ms, end_ms=start_ms + 30_000)
    clip.media = f"clips/{clip.key}/clip.mp4"
    clip.poster = f"clips/{clip.key}/poster.jpg"
    clip.media_sha256 = sha256(clip.key)
    clip.facts = {"width": 640, "height": 360, "fps": 25.0, "sample_rate_hz": 44_100, "duration_s": 30.0}
    clip.peaks, clip.loudness_lufs, clip.state = [0.1, 0.9], -23.0, Clip.State.READY
    for name, value in values.items():
        setattr(clip, name, value)
    clip.save()
    ClipLabel.objects.create(clip=clip)
    if in_queue and clip.state == Clip.State.READY:
        people.want_votes(clip=clip)
        if wanted is not None:
            Demand.objects.filter(clip=clip).update(wanted=wanted)
    return clip


def make_user(name: str, *roles: str) -> User:
    """An account with roles. Its password is never used: tests log in by force."""
    user = User.objects.create(username=name)
    set_roles(user=user, roles=set(roles))
    return user


def make_annotator(name: str = "", *, country: str = "KR", consented: bool = True) -> Annotator:
    """A person who labels."""
    annotator = people.annotator_of(make_user(name or f"person-{next(_numbers)}", Role.ANNOTATOR))
    annotator.country = country
    annotator.save(update_fields=["country"])
    if consented:
        people.give_consent(annotator=annotator)
    return annotator


def make_annotators(n: int) -> list[Annotator]:
    """Several people, from several countries in turn."""
    return [make_annotator(country=COUNTRIES[i % len(COUNTRIES)]) for i in range(n)]


def make_lease(clip: Clip, annotator: Annotator, *, now: datetime = MOMENT) -> Assignment:
    """A place on this very clip, lent out as the queue would."""
    Demand.objects.filter(clip=clip).update(n_leased=F("n_leased") + 1)
    return Assignment.objects.create(
        annotator=annotator,
        clip=clip,
        reason=Assignment.Reason.FEWEST_VOTES,
        served_at=now,
        leased_until=now + LEASE,
    )


def make_vote(
    clip: Clip | None = None,
    annotator: Annotator | None = None,
    *,
    emotion: str = Emotion.SAD,
    now: datetime = MOMENT,
    key: uuid.UUID | None = None,
    **answer: Any,
) -> Vote:
    """One answer to one clip, through the real service."""
    annotator = annotator or make_annotator()
    lease = make_lease(clip or make_clip(), annotator, now=now)
    return people.record_vote(
        assignment=lease,
        annotator=annotator,
        answer=people.Answer(emotion=str(emotion), **{"seconds_heard": 20.0, "locale": "en", **answer}),
        key=key or uuid.uuid4(),
        now=now + timedelta(seconds=30),
    )


def make_agreed_clip(
    source: Source | None = None,
    *,
    emotion: str = Emotion.SAD,
    by: Sequence[Annotator] | None = None,
    **clip_values: Any,
) -> Clip:
    """A clip on which as many people as its dataset wants have answered the same."""
    clip = make_clip(source, **clip_values)
    for annotator in by if by is not None else make_annotators(clip.dataset.votes_per_clip):
        make_vote(clip, annotator, emotion=emotion)
    clip.refresh_from_db()
    return clip


def make_release(
    dataset: Dataset | None = None,
    *,
    splits: Sequence[str] = (Split.TRAIN, Split.TRAIN, Split.VALIDATION, Split.VALIDATION, Split.TEST),
    emotions: Sequence[str] = (Emotion.SAD, Emotion.EXCITED),
    note: str = "",
    by: User | None = None,
) -> Release:
    """A frozen release with one agreed clip in a group of its own for each of `splits`, emotions in turn."""
    dataset = dataset or make_dataset()
    voters = make_annotators(dataset.votes_per_clip)
    for split, emotion in zip(splits, itertools.cycle(emotions), strict=False):
        make_agreed_clip(dataset=dataset, split=split, emotion=emotion, by=voters)
    return releasing.freeze(dataset=dataset, by=by, note=note)


def make_job(kind: str = Job.Kind.TRAINING, **values: Any) -> Job:
    """A queued job about nothing in particular."""
    return Job.objects.create(**{"kind": kind, "subject_id": next(_numbers), **values})


def make_run(release: Release | None = None, **values: Any) -> TrainingRun:
    """A run that is queued."""
    release = release or make_release()
    defaults = {
        "spec": SPEC,
        "epochs": 3,
        "batch_size": 4,
        "learning_rate": 0.001,
        "seed": 1,
        "config_sha256": sha256("configuration"),
        "code_version": "test",
    }
    run = TrainingRun.objects.create(release=release, **{**defaults, **values})
    run.job = make_job(Job.Kind.TRAINING, subject_id=run.pk, dataset=release.dataset, total=run.epochs)
    run.save(update_fields=["job"])
    return run


def make_trained_run(
    release: Release | None = None, *, probs: Mapping[Clip, Sequence[float]] | None = None, **values: Any
) -> TrainingRun:
    """A run that has a model and has scored: the clips in `probs`, else all that the loop may see.

    Without `probs` every clip gets a different doubt between "Sad" and "Fear", the later clip the greater.
    """
    history = [
        {
            "event": "epoch",
            "epoch": i,
            "train_loss": 1 / i,
            "val_loss": 1 / i,
            "val_accuracy": 1 - 1 / (i + 1),
        }
        for i in (1, 2, 3)
    ]
    metrics = {"test": {"accuracy": 0.75, "macro_f1": 0.7}}
    run = make_run(
        release, **{"model_sha256": sha256("model"), "history": history, "metrics": metrics, **values}
    )
    Job.objects.filter(pk=run.job_id).update(state=Job.State.SUCCEEDED, done=run.epochs, finished_at=MOMENT)
    if probs is None:
        seen = (
            Clip.objects.filter(dataset=run.release.dataset).ready().exclude(source__group__split=Split.TEST)
        )
        clips = list(seen.order_by("pk"))
        probs = {clip: doubtful((i + 1) / (len(clips) + 1)) for i, clip in enumerate(clips)}
    learnt = set(run.release.items.filter(split=Split.TRAIN).values_list("clip__source__group_id", flat=True))
    Prediction.objects.bulk_create(
        Prediction(run=run, clip=c, probs=list(p), is_out_of_fold=c.source.group_id not in learnt)
        for c, p in probs.items()
    )
    return run


def doubtful(doubt: float) -> list[float]:
    """Six probabilities: certain of "Sad" at 0, torn between "Sad" and "Fear" at 1."""
    return [0.0, doubt / 2, 0.0, 0.0, 1 - doubt / 2, 0.0]
