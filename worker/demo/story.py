"""The demo: from a folder of videos to a trained network and back to a clip that people look at again.

Every step goes through the services and workers that people use; only the annotators are simulated. Each
step looks first whether it has been done, so a second run goes on where the first one stopped.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from annotations import next_clip
from annotations import services as people
from annotations.models import Annotator
from annotations.releasing import freeze
from curation import services as curation
from curation.models import Clip, Dataset, Import, ImportItem, Release
from worker import importing, services
from worker.demo.cast import ANNOTATORS, cue_of, perceive
from worker.demo.material import Material, Row, unlabelled_manifest
from worker.errors import WorkerError
from worker.models import Job, Round, TrainingRun

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
STRATEGY = "entropy"
SECONDS_A_VOTE = 45
POLL_S = 0.25
TELL_S = 6.0


class Story:
    """Tells the demo's story on one dataset. `say` writes a line for the person at the terminal."""

    def __init__(self, dataset: Dataset, say: Callable[[str], None], seed: int) -> None:
        self.dataset = dataset
        self.say = say
        self.seed = seed
        self.researcher = User.objects.get(username="ravi")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and say how long it took."""
        started = time.monotonic()
        yield
        self.say(f"  {title:<60}{time.monotonic() - started:6.1f} s")

    def tell(self, material: Material, recipe: services.Recipe, budget: int) -> None:
        """The whole loop, once. Raises `WorkerError` with the reason of whatever went wrong."""
        with self.step("people: clips imported"):
            self.bring_in(material, material.first, "first-sources.csv")
        if not material.truths:
            self.say("  The clips have no labels, so nobody is simulated; log in as an annotator and begin.")
            return
        with self.step("people: votes of ten simulated annotators"):
            self.vote(self.truths_by_clip(material))
        with self.step("dataset: split by source, release frozen"):
            release = self.release()
        if material.late:
            with self.step("dataset: new arrivals imported, nobody has labelled them"):
                self.bring_in(material, material.late, "new-arrivals.csv")
        with self.step("network: trained on the release, clips scored"):
            run = self.train(release, recipe)
        with self.step("loop: the most uncertain clips sent back to people"):
            turn = self.surface(run, budget)
        self.sum_up(release, run, turn)

    def wait(self, job: Job) -> Job:
        """Wait for a job of the real workers, telling how far it is. Raises `WorkerError` if it fails."""
        told_at = time.monotonic()
        while not job.is_finished:
            time.sleep(POLL_S)
            job.refresh_from_db()
            if time.monotonic() - told_at > TELL_S:
                self.say(
                    f"    {job.get_kind_display().lower()}: {job.done} of {job.total} {job.note}".rstrip()
                )
                told_at = time.monotonic()
        if job.state != Job.State.SUCCEEDED:
            raise WorkerError(f"{job}: {job.get_state_display()}. {job.error}")
        return job

    def bring_in(self, material: Material, rows: list[Row], name: str) -> None:
        """Import rows through the default worker, once."""
        batch = Import.objects.filter(dataset=self.dataset, manifest_name=name).first()
        if batch is None:
            job = importing.request_import(
                dataset=self.dataset,
                folder=material.folder,
                manifest=unlabelled_manifest(rows),
                manifest_name=name,
                by=None,
            )
        else:
            job = Job.objects.filter(kind=Job.Kind.IMPORT, subject_id=batch.pk).latest("pk")
        result = self.wait(job).result
        told = [f"{n} {ImportItem.State(state).label.lower()}" for state, n in result.items() if n]
        self.say(f"    {name}: {', '.join(told)}")

    def truths_by_clip(self, material: Material) -> dict[str, str]:
        """What each clip was made to express, by clip key; a place the manifest does not name is left out."""
        clips = Clip.objects.filter(dataset=self.dataset).ready().select_related("source")
        by_file = {file_name: label for (file_name, _start), label in material.truths.items()}
        truths = {
            clip.key: material.truths.get((clip.source.file_name, clip.start_ms))
            or by_file.get(clip.source.file_name)
            for clip in clips
        }
        return {key: label for key, label in truths.items() if label}

    def vote(self, truths: dict[str, str]) -> None:
        """Let the simulated people answer in turn until none of them has anything left to answer."""
        if Release.objects.filter(dataset=self.dataset).exists():
            return
        rng = random.Random(self.seed)
        annotators = [people.annotator_of(User.objects.get(username=p.username)) for p in ANNOTATORS]
        now = timezone.now() - timedelta(days=2)
        n_idle = 0
        while n_idle < 2 * len(annotators):
            annotators.append(annotators.pop(0))
            has_voted = self.vote_once(annotators[-1], truths, rng, now)
            n_idle = 0 if has_voted else n_idle + 1
            now += timedelta(seconds=SECONDS_A_VOTE / len(annotators)) if has_voted else next_clip.REST / 10

    def vote_once(
        self, annotator: Annotator, truths: dict[str, str], rng: random.Random, now: datetime
    ) -> bool:
        """One person's next clip, answered; False if there was none for her."""
        served = next_clip.assign_next(annotator=annotator, dataset=self.dataset, now=now)
        if served.assignment is None:
            return False
        truth = truths.get(served.assignment.clip.key)
        if truth is None:
            people.skip(assignment=served.assignment, annotator=annotator, reason="cannot_judge", now=now)
            return True
        emotion = perceive(truth, str(annotator.country), rng)
        answer = people.Answer(
            emotion=emotion,
            confidence=rng.choice((1, 2, 2, 3, 3)),
            cue=cue_of(emotion, rng),
            seconds_heard=round(rng.uniform(12, 30), 1),
            active_ms=rng.randrange(9_000, 40_000),
            locale="en",
        )
        people.record_vote(
            assignment=served.assignment, annotator=annotator, answer=answer, key=uuid.uuid4(), now=now
        )
        return True

    def release(self) -> Release:
        """Split by source and freeze, once."""
        known = Release.objects.latest_of(self.dataset)
        if known:
            return known
        curation.assign_splits(dataset=self.dataset, shares=SHARES, seed=self.seed)
        return freeze(
            dataset=self.dataset, by=None, note="The demo's first release; its votes are simulated."
        )

    def train(self, release: Release, recipe: services.Recipe) -> TrainingRun:
        """Train and score through the gpu worker, once."""
        run = TrainingRun.objects.filter(release=release).first() or services.request_run(
            release=release, recipe=recipe, by=self.researcher
        )
        for kind in (Job.Kind.TRAINING, Job.Kind.SCORING):
            self.wait(Job.objects.filter(kind=kind, subject_id=run.pk).latest("pk"))
        run.refresh_from_db()
        return run

    def surface(self, run: TrainingRun, budget: int) -> Round:
        """Send the most uncertain clips back to people, once."""
        return run.rounds.first() or services.surface(
            run=run, strategy=STRATEGY, budget=budget, votes_per_clip=2, by=self.researcher
        )

    def sum_up(self, release: Release, run: TrainingRun, turn: Round) -> None:
        """The result in a few lines."""
        test = run.metrics.get("test") or {}
        alpha = release.agreement["alpha"]
        sizes = release.certificate["n_clips"]
        self.say(
            f"\n  Release {release.version}: {release.n_clips} clips "
            f"({sizes['train']} train, {sizes['validation']} validation, {sizes['test']} test), "
            f"agreement alpha {'not defined' if alpha is None else f'{alpha:.2f}'}"
        )
        self.say(
            f"  {run.spec}: accuracy {test['accuracy']:.2f}, macro F1 {test['macro_f1']:.2f} "
            f"over {sizes['test']} test clips"
        )
        self.say(f"  {turn.n_requested} of {turn.n_candidates} clips went back to people.")
