"""The machine room's rows. A row is the truth; a message only wakes somebody up to look at it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from curation.models import Clip, Dataset, Release, SourceGroup, Split, one_of
from worker.querysets import JobQuerySet, PredictionQuerySet


class JobKind(models.TextChoices):
    """Choices of `Job.Kind`."""

    IMPORT = "import", _("Import")
    TRAINING = "training", _("Training")
    SCORING = "scoring", _("Scoring")


class JobState(models.TextChoices):
    """Choices of `Job.State`."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class Job(models.Model):
    """One piece of background work.

    queued → running → succeeded | failed | cancelled; running → queued again when its worker dies.
    """

    Kind = JobKind
    State = JobState

    FINISHED = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
    MAX_ATTEMPTS = 3

    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, null=True, related_name="jobs")
    # What the job is about: the primary key of an import, a run, …
    subject_id = models.BigIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Who holds the job, and until when unless it says so again.
    owner = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    # When a message was last sent for the job; a lost message is sent again after a while.
    woken_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    log = models.TextField(blank=True)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            one_of("kind", JobKind, name="job_kind_is_known"),
            one_of("state", JobState, name="job_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="running") | (Q(owner__isnull=False) & Q(leased_until__isnull=False)),
                name="job_running_has_an_owner",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error=""), name="job_failed_with_a_reason"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_id"],
                condition=Q(state__in=["queued", "running"]),
                name="job_once_a_subject",
            ),
        ]
        indexes = [models.Index(fields=["state", "leased_until"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    def get_absolute_url(self) -> str:
        """The job's page."""
        return reverse("worker:job", args=[self.pk])

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in self.FINISHED

    @property
    def queue(self) -> str:
        """Which queue the job waits in."""
        return "default" if self.kind == self.Kind.IMPORT else "gpu"

    @property
    def percent(self) -> int:
        """Progress from 0 to 100."""
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def time_left(self) -> timedelta | None:
        """An honest guess from the pace so far; None before anything is done."""
        if not self.started_at or self.is_finished or not 0 < self.done < self.total:
            return None
        from django.utils import timezone

        return (timezone.now() - self.started_at) / self.done * (self.total - self.done)


class TrainingRun(models.Model):
    """One training of one network on one release."""

    job = models.OneToOneField(Job, on_delete=models.PROTECT, related_name="run", null=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="runs")
    spec = models.CharField(max_length=120)
    epochs = models.PositiveSmallIntegerField()
    batch_size = models.PositiveSmallIntegerField()
    learning_rate = models.FloatField()
    seed = models.PositiveIntegerField()
    config_sha256 = models.CharField(max_length=64)
    code_version = models.CharField(max_length=60)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    folder = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    started = models.JSONField(default=dict, blank=True)
    history = models.JSONField(default=list, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    model_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.spec} #{self.pk}"

    def get_absolute_url(self) -> str:
        """The run's page."""
        return reverse("worker:run", args=[self.release.dataset.slug, self.pk])

    @property
    def is_trained(self) -> bool:
        """Whether there is a model to ask."""
        return bool(self.model_sha256)

    def learnt_groups(self) -> models.QuerySet[SourceGroup]:
        """Groups of sources, as they are now, with a clip that the run was trained on."""
        learnt = self.release.items.filter(split=Split.TRAIN).values("clip__source__group")
        return SourceGroup.objects.filter(pk__in=learnt)


class Prediction(models.Model):
    """What a run thinks of a clip: six probabilities, in the order of the emotions."""

    run = models.ForeignKey(TrainingRun, on_delete=models.CASCADE, related_name="predictions")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="predictions")
    probs = models.JSONField()
    # True when the run never saw any clip of the clip's group of sources. Only then is its doubt honest.
    is_out_of_fold = models.BooleanField()

    objects = PredictionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "clip"], name="prediction_once_a_run_and_clip")]

    def __str__(self) -> str:
        return f"{self.run_id} × {self.clip_id}"


class RoundStrategy(models.TextChoices):
    """Choices of `Round.Strategy`."""

    ENTROPY = "entropy", _("Entropy: spread over all six emotions")
    MARGIN = "margin", _("Margin: the first two emotions are close")
    LEAST_CONFIDENCE = "least_confidence", _("Least confidence: the first emotion is weak")


class Round(models.Model):
    """One turn of the loop: what a model was unsure of, sent back to people."""

    Strategy = RoundStrategy

    run = models.ForeignKey(TrainingRun, on_delete=models.PROTECT, related_name="rounds")
    # Made by the form: the same key twice is one round.
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    strategy = models.CharField(max_length=20, choices=Strategy)
    budget = models.PositiveIntegerField()
    votes_per_clip = models.PositiveSmallIntegerField()
    n_candidates = models.PositiveIntegerField()
    n_requested = models.PositiveIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [one_of("strategy", RoundStrategy, name="round_strategy_is_known")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def origin(self) -> str:
        """The name under which the people's package knows what this round asked for."""
        return f"round {self.pk}"


class Pulse(models.Model):
    """A sign of life of one worker process, so that its absence can be shown."""

    name = models.CharField(max_length=200, unique=True)
    queue = models.CharField(max_length=40)
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["queue", "-seen_at"])]

    def __str__(self) -> str:
        return self.name
