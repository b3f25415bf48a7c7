"""The dataset's rows.

The split lives on `SourceGroup` and nowhere else: two clips of one song must never straddle train and
test, so the schema has no place to write such a thing down.
"""

import secrets
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from curation.emotions import Emotion
from curation.errors import FrozenRelease
from curation.querysets import ClipQuerySet, ReleaseQuerySet, SourceGroupQuerySet

CLIP_S = 30.0


class Split(models.TextChoices):
    """Where a group of sources goes. `NONE` is the pool: unlabelled or not yet decided."""

    TRAIN = "train", pgettext_lazy("split", "Train")
    VALIDATION = "validation", pgettext_lazy("split", "Validation")
    TEST = "test", pgettext_lazy("split", "Test")
    NONE = "none", pgettext_lazy("split", "Not split")


def one_of(field: str, choices: type[models.TextChoices], *, name: str) -> models.CheckConstraint:
    """A constraint that keeps a column to its choices, in the database too."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=name)


class Dataset(models.Model):
    """A collection with its own guidelines and its own people's votes. Everything hangs off one dataset."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    guidelines = models.TextField(blank=True)
    guidelines_version = models.PositiveIntegerField(default=1)
    votes_per_clip = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    min_heard_s = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(30)])
    licence = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(votes_per_clip__gte=1), name="dataset_wants_a_vote"),
            models.CheckConstraint(condition=Q(min_heard_s__lte=30), name="dataset_min_heard_fits_a_clip"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The dataset's page."""
        return reverse("curation:dataset", args=[self.slug])


class SourceGroup(models.Model):
    """The unit of splitting: one song with its re-uploads, live versions and lyric videos."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(max_length=200)
    split = models.CharField(max_length=10, choices=Split, default=Split.NONE)

    objects = SourceGroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "name"], name="group_name_once_a_dataset"),
            one_of("split", Split, name="group_split_is_known"),
        ]
        indexes = [models.Index(fields=["dataset", "split"])]

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """One music video: a file, and where it comes from."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="sources")
    group = models.ForeignKey(SourceGroup, on_delete=models.PROTECT, related_name="sources")
    title = models.CharField(max_length=300, blank=True)
    artist = models.CharField(max_length=300, blank=True)
    provider = models.CharField(max_length=60, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    url = models.URLField(max_length=500, blank=True)
    language = models.CharField(max_length=35, blank=True, help_text=_("BCP 47, such as ko or pt-BR."))
    country = models.CharField(max_length=2, blank=True, help_text=_("ISO 3166, such as NP."))
    genre = models.CharField(max_length=80, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=500)
    sha256 = models.CharField(max_length=64)
    duration_s = models.FloatField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["group__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "sha256"], name="source_file_once_a_dataset"),
        ]

    def __str__(self) -> str:
        return self.title or self.file_name


def new_clip_key() -> str:
    """A public name for a clip: 12 hex digits that tell nothing about the source."""
    return secrets.token_hex(6)


class ClipState(models.TextChoices):
    """Choices of `Clip.State`."""

    PENDING = "pending", _("In preparation")
    READY = "ready", _("Ready")
    REJECTED = "rejected", _("Rejected")


class Clip(models.Model):
    """Thirty seconds of a source, in a form every browser plays."""

    State = ClipState

    key = models.CharField(max_length=12, unique=True, default=new_clip_key, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="clips")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="clips")
    # Milliseconds, because two floats that print alike would slip past the unique constraint.
    start_ms = models.PositiveIntegerField()
    end_ms = models.PositiveIntegerField()
    media = models.CharField(max_length=200, blank=True, help_text=_("Path under the media folder."))
    poster = models.CharField(max_length=200, blank=True)
    media_sha256 = models.CharField(max_length=64, blank=True)
    peaks = models.JSONField(default=list, blank=True)
    loudness_lufs = models.FloatField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    rejection_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ClipQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "start_ms"], name="clip_once_a_source_and_start"),
            models.CheckConstraint(condition=Q(end_ms__gt=models.F("start_ms")), name="clip_has_length"),
            one_of("state", ClipState, name="clip_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(rejection_reason=""), name="clip_rejected_with_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(media="") & ~Q(media_sha256="")),
                name="clip_ready_with_media",
            ),
        ]
        indexes = [models.Index(fields=["dataset", "state", "id"])]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        """The curator's page of the clip."""
        return reverse("curation:clip", args=[self.dataset.slug, self.key])

    @property
    def start_s(self) -> float:
        """First second, counted in the source."""
        return self.start_ms / 1000

    @property
    def end_s(self) -> float:
        """Last second, counted in the source."""
        return self.end_ms / 1000

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.end_ms - self.start_ms) / 1000


class ClipLabelStatus(models.TextChoices):
    """Choices of `ClipLabel.Status`."""

    OPEN = "open", _("Open")
    AGREED = "agreed", _("Agreed")
    DISPUTED = "disputed", _("Disputed")


class ClipLabelMethod(models.TextChoices):
    """Choices of `ClipLabel.Method`."""

    NONE = "none", _("No label yet")
    IMPORTED = "imported", _("Imported")
    MAJORITY = "majority", _("Majority of votes")


class ClipLabel(models.Model):
    """What the dataset says of a clip, recomputed from the votes; never a vote itself."""

    Status = ClipLabelStatus
    Method = ClipLabelMethod

    clip = models.OneToOneField(Clip, on_delete=models.PROTECT, related_name="label")
    emotion = models.CharField(max_length=12, choices=Emotion, null=True, blank=True)
    posterior = models.JSONField(default=dict, blank=True)
    per_culture = models.JSONField(default=dict, blank=True)
    n_votes = models.PositiveIntegerField(default=0)
    # Share of the votes that are not for the leading emotion; kept for sorting.
    disagreement = models.FloatField(default=0.0)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    method = models.CharField(max_length=12, choices=Method, default=Method.NONE)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(emotion__isnull=True) | Q(emotion__in=Emotion.values),
                name="label_emotion_is_known",
            ),
            one_of("status", ClipLabelStatus, name="label_status_is_known"),
            models.CheckConstraint(
                condition=~Q(status="agreed") | Q(emotion__isnull=False), name="label_agreed_on_something"
            ),
        ]
        indexes = [models.Index(fields=["status", "emotion"])]

    def __str__(self) -> str:
        return f"{self.clip_id}: {self.emotion or '–'}"


class Import(models.Model):
    """One import: a folder or an upload, and what became of every row of it."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    folder = models.CharField(max_length=500, help_text=_("Folder the file names are relative to."))
    manifest_name = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ImportItemState(models.TextChoices):
    """Choices of `ImportItem.State`."""

    WAITING = "waiting", _("Waiting")
    READY = "ready", _("Imported")
    DUPLICATE = "duplicate", _("Already there")
    REJECTED = "rejected", _("Rejected")


class ImportItem(models.Model):
    """One row of an import: a file, or some seconds of it, with its outcome in a sentence."""

    State = ImportItemState

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    file_name = models.CharField(max_length=500)
    row = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.TextField(blank=True)
    clips = models.ManyToManyField(Clip, related_name="import_items", blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="import_position_once"),
            one_of("state", ImportItemState, name="import_item_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""), name="import_rejected_with_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class Release(models.Model):
    """A frozen version of the dataset. Rows are inserted once; a trigger refuses every change."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="releases")
    major = models.PositiveIntegerField()
    minor = models.PositiveIntegerField()
    patch = models.PositiveIntegerField()
    note = models.TextField(blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    n_clips = models.PositiveIntegerField()
    manifest_sha256 = models.CharField(max_length=64)
    certificate = models.JSONField()
    agreement = models.JSONField()
    changes = models.JSONField()

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-major", "-minor", "-patch"]
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "major", "minor", "patch"], name="release_version_once_a_dataset"
            ),
        ]

    def __str__(self) -> str:
        return self.version

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only. Raises `FrozenRelease` on a second save."""
        if self.pk is not None:
            raise FrozenRelease(
                _("Release %(version)s is frozen; freeze a new release instead.") % {"version": self.version}
            )
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: people have cited it. Raises `FrozenRelease`."""
        raise FrozenRelease(
            _("Release %(version)s is frozen and stays; freeze a new release instead.")
            % {"version": self.version}
        )

    def get_absolute_url(self) -> str:
        """The release's page."""
        return reverse("curation:release", args=[self.dataset.slug, self.version])

    @property
    def version(self) -> str:
        """Semantic version, such as 1.2.0."""
        return f"{self.major}.{self.minor}.{self.patch}"


class ReleaseItem(models.Model):
    """One clip as a release says it, whole: exports read nothing else, so they never change."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="items")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="release_items")
    split = models.CharField(max_length=10, choices=Split)
    emotion = models.CharField(max_length=12, choices=Emotion)
    source_group = models.CharField(max_length=200)
    record = models.JSONField()

    class Meta:
        ordering = ["clip__key"]
        constraints = [
            models.UniqueConstraint(fields=["release", "clip"], name="release_clip_once"),
        ]

    def __str__(self) -> str:
        return f"{self.release_id}:{self.clip_id}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused. Raises `FrozenRelease`."""
        raise FrozenRelease(_("A release is frozen and stays; freeze a new release instead."))
