"""The people's rows: who they are, what they were asked, what they answered."""

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from annotations.querysets import AssignmentQuerySet, DemandQuerySet, VoteQuerySet
from curation.emotions import Emotion
from curation.models import Clip, Dataset, one_of

# Raised when the consent text changes in meaning; everyone is then asked again.
CONSENT_VERSION = 1


def new_pseudonym() -> str:
    """The only name under which an annotator leaves the system."""
    return f"a-{secrets.token_hex(4)}"


class AnnotatorMusicTraining(models.TextChoices):
    """Choices of `Annotator.MusicTraining`."""

    UNSAID = "", _("Rather not say")
    NONE = "none", _("None")
    SOME = "some", _("Some lessons")
    TRAINED = "trained", _("Formal training")


class Annotator(models.Model):
    """A person who labels: consent, and an optional profile."""

    MusicTraining = AnnotatorMusicTraining

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="annotator")
    pseudonym = models.CharField(max_length=12, unique=True, default=new_pseudonym, editable=False)
    consent_version = models.PositiveIntegerField(default=0)
    consented_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    country = CountryField(blank=True, verbose_name=_("Country where you grew up"))
    languages = models.CharField(
        max_length=120,
        blank=True,
        verbose_name=_("Languages you understand"),
        help_text=_("For example: Nepali, English."),
    )
    music_training = models.CharField(
        max_length=10, choices=MusicTraining, blank=True, verbose_name=_("Musical training")
    )
    # The order of the six buttons: fixed for a person, different between people.
    button_order = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def has_consented(self) -> bool:
        """Whether the person agreed to the current text and has not withdrawn."""
        return self.consent_version >= CONSENT_VERSION and self.withdrawn_at is None


class Demand(models.Model):
    """How many votes a clip wants, has, and has lent out.

    The counters make both "exactly K votes" a database constraint and the next clip a walk down one index.
    `manage.py recount_votes` recomputes them from the votes and leases.
    """

    clip = models.OneToOneField(Clip, on_delete=models.PROTECT, related_name="demand")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="demands")
    wanted = models.PositiveIntegerField()
    n_votes = models.PositiveIntegerField(default=0)
    n_leased = models.PositiveIntegerField(default=0)
    # Rank of an open relabel request in (0, 1], higher first; null when nobody asked.
    rank = models.FloatField(null=True, blank=True)

    objects = DemandQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(wanted__gte=F("n_votes") + F("n_leased")), name="demand_never_exceeded"
            ),
        ]
        indexes = [
            models.Index(
                fields=["dataset", "-rank", "id"], condition=Q(rank__isnull=False), name="demand_by_rank"
            ),
            models.Index(fields=["dataset", "n_votes", "n_leased", "id"], name="demand_by_votes"),
        ]

    def __str__(self) -> str:
        return f"{self.clip_id}: {self.n_votes}+{self.n_leased}/{self.wanted}"


class RelabelRequestState(models.TextChoices):
    """Choices of `RelabelRequest.State`."""

    OPEN = "open", _("Open")
    DONE = "done", _("Done")


class RelabelRequest(models.Model):
    """Send this clip back to people: why, and how many more votes are wanted."""

    State = RelabelRequestState

    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="relabel_requests")
    strategy = models.CharField(max_length=40)
    score = models.FloatField()
    # Name of what asked, such as "round 3"; the people's package does not know rounds.
    origin = models.CharField(max_length=80, blank=True)
    n_votes = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-score", "pk"]
        constraints = [
            one_of("state", RelabelRequestState, name="request_state_is_known"),
            models.UniqueConstraint(
                fields=["clip"], condition=Q(state="open"), name="request_open_once_a_clip"
            ),
            models.CheckConstraint(condition=Q(n_votes__gte=1), name="request_wants_a_vote"),
        ]

    def __str__(self) -> str:
        return f"{self.clip_id} ({self.strategy})"


class AssignmentState(models.TextChoices):
    """Choices of `Assignment.State`."""

    OPEN = "open", _("Open")
    VOTED = "voted", _("Answered")
    SKIPPED = "skipped", _("Skipped")
    EXPIRED = "expired", _("Expired")


class AssignmentReason(models.TextChoices):
    """Choices of `Assignment.Reason`."""

    RELABEL = "relabel", _("Relabel request")
    FEWEST_VOTES = "fewest_votes", _("Fewest votes")


class AssignmentSkip(models.TextChoices):
    """Choices of `Assignment.Skip`."""

    CANNOT_JUDGE = "cannot_judge", _("I cannot judge it")
    NO_SOUND = "no_sound", _("I hear nothing")
    BROKEN = "broken", _("It does not play")
    DISTRESSING = "distressing", _("I would rather not watch it")


class Assignment(models.Model):
    """A lease on a clip for one annotator, and the reason it was chosen."""

    State = AssignmentState
    Reason = AssignmentReason
    Skip = AssignmentSkip

    annotator = models.ForeignKey(Annotator, on_delete=models.PROTECT, related_name="assignments")
    clip = models.ForeignKey(Clip, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    reason = models.CharField(max_length=16, choices=Reason)
    request = models.ForeignKey(
        RelabelRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    skip_reason = models.CharField(max_length=16, choices=Skip, blank=True)
    served_at = models.DateTimeField()
    leased_until = models.DateTimeField()

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["annotator", "clip"], name="assignment_clip_once_a_person"),
            models.UniqueConstraint(
                fields=["annotator"], condition=Q(state="open"), name="assignment_open_once_a_person"
            ),
            one_of("state", AssignmentState, name="assignment_state_is_known"),
            one_of("reason", AssignmentReason, name="assignment_reason_is_known"),
        ]
        indexes = [
            models.Index(
                fields=["leased_until"], condition=Q(state="open"), name="assignment_leases_running"
            ),
            models.Index(fields=["annotator", "-served_at"], name="assignment_last_served"),
        ]

    def __str__(self) -> str:
        return f"{self.annotator_id} → {self.clip_id}"


class VoteCue(models.TextChoices):
    """Choices of `Vote.Cue`."""

    MUSIC = "music", pgettext_lazy("cue", "Music")
    PICTURE = "picture", pgettext_lazy("cue", "Picture")
    FACE = "face", pgettext_lazy("cue", "Face")


class Vote(models.Model):
    """One answer. Append-only: a correction is a new row that supersedes the old; a trigger refuses edits."""

    Cue = VoteCue

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="votes")
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    emotion = models.CharField(max_length=12, choices=Emotion)
    second_emotion = models.CharField(max_length=12, choices=Emotion, blank=True)
    confidence = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    cue = models.CharField(max_length=8, choices=Cue, blank=True)
    seconds_heard = models.FloatField(null=True, blank=True)
    active_ms = models.PositiveIntegerField(null=True, blank=True)
    button_order = models.JSONField(default=list)
    locale = models.CharField(max_length=10, blank=True)
    guidelines_version = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    objects = VoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(supersedes__isnull=True),
                name="vote_first_once_an_assignment",
            ),
            one_of("emotion", Emotion, name="vote_emotion_is_known"),
            models.CheckConstraint(
                condition=Q(second_emotion="")
                | (Q(second_emotion__in=Emotion.values) & ~Q(second_emotion=F("emotion"))),
                name="vote_second_emotion_differs",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(1, 3)),
                name="vote_confidence_1_to_3",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id}: {self.emotion}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only. Raises `TypeError` on a second save: that is a programming mistake."""
        if self.pk is not None:
            raise TypeError("Votes are append-only; record a correction with correct_vote() instead.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused, as a programming mistake. Raises `TypeError`."""
        raise TypeError("Votes are append-only and stay.")
