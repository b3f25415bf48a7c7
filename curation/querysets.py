"""Ways of asking about the dataset, as words that chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from curation.models import Clip, Dataset, Release, SourceGroup  # noqa: F401  (some only inside QuerySet[…])


class ClipQuerySet(models.QuerySet["Clip"]):
    """Questions about clips."""

    def ready(self) -> ClipQuerySet:
        """Clips that can be watched, labelled and learnt from."""
        return self.filter(state="ready")

    def in_split(self, *splits: str) -> ClipQuerySet:
        """Clips whose group of sources is in one of `splits`."""
        return self.filter(source__group__split__in=splits)

    def decided(self) -> ClipQuerySet:
        """Clips with an agreed label."""
        return self.filter(label__status="agreed")

    def disputed(self) -> ClipQuerySet:
        """Clips with all their votes and no majority."""
        return self.filter(label__status="disputed")

    def releasable(self) -> ClipQuerySet:
        """Clips that a release takes: ready, split, with an agreed label."""
        return self.ready().decided().in_split("train", "validation", "test")

    def per_split_and_emotion(self) -> dict[str, dict[str, int]]:
        """Counts of clips with an agreed label, by split and emotion; every split is there."""
        counts: dict[str, dict[str, int]] = {split: {} for split in ("train", "validation", "test", "none")}
        rows = self.decided().values_list("source__group__split", "label__emotion").annotate(n=Count("pk"))
        for split, emotion, n in rows.order_by():
            counts[split][emotion] = n
        return counts

    def tally(self) -> dict[str, int]:
        """How many clips there are of each kind, in one question."""
        ready, agreed = Q(state="ready"), Q(state="ready", label__status="agreed")
        is_split = Q(source__group__split__in=("train", "validation", "test"))
        return self.aggregate(
            n_clips=Count("pk", filter=ready),
            n_pending=Count("pk", filter=Q(state="pending")),
            n_rejected=Count("pk", filter=Q(state="rejected")),
            n_agreed=Count("pk", filter=agreed),
            n_disputed=Count("pk", filter=ready & Q(label__status="disputed")),
            n_open=Count("pk", filter=ready & Q(label__status="open")),
            n_releasable=Count("pk", filter=agreed & is_split),
            n_unsplit=Count("pk", filter=agreed & ~is_split),
        )

    def for_cards(self) -> ClipQuerySet:
        """With everything a card in the gallery shows, in one query."""
        return self.select_related("label", "source", "source__group", "dataset")

    def matching(
        self, *, split: str = "", status: str = "", emotion: str = "", text: str = ""
    ) -> ClipQuerySet:
        """Narrowed by the gallery's filters; an empty value asks nothing."""
        clips = self
        if split:
            clips = clips.in_split(split)
        if status:
            clips = clips.filter(label__status=status)
        if emotion:
            clips = clips.filter(label__emotion=emotion)
        if text:
            clips = clips.filter(
                Q(key__startswith=text)
                | Q(source__title__icontains=text)
                | Q(source__artist__icontains=text)
                | Q(source__group__name__icontains=text)
            )
        return clips


def datasets_with_counts() -> models.QuerySet[Dataset]:
    """Datasets with `n_clips`, `n_agreed`, `n_disputed`, `n_open` and `n_releases`, in one query."""
    from curation.models import Clip, Dataset, Release

    def count(rows: models.QuerySet[Any]) -> Coalesce:
        counted = rows.filter(dataset=OuterRef("pk")).order_by().values("dataset").annotate(n=Count("pk"))
        return Coalesce(Subquery(counted.values("n")), 0)

    ready = Clip.objects.ready()
    return Dataset.objects.annotate(
        n_clips=count(ready),
        n_agreed=count(ready.decided()),
        n_disputed=count(ready.disputed()),
        n_open=count(ready.filter(label__status="open")),
        n_releases=count(Release.objects.all()),
    )


class SourceGroupQuerySet(models.QuerySet["SourceGroup"]):
    """Questions about groups of sources."""

    def matching(self, *, split: str = "", text: str = "") -> SourceGroupQuerySet:
        """Narrowed by the page's filters; an empty value asks nothing."""
        groups = self.filter(split=split) if split else self
        if not text:
            return groups
        named = (
            Q(name__icontains=text) | Q(sources__title__icontains=text) | Q(sources__artist__icontains=text)
        )
        return groups.filter(pk__in=self.filter(named).order_by().values("pk"))

    def per_split(self) -> dict[str, int]:
        """How many groups are in each split; every split is there."""
        counts = dict.fromkeys(("train", "validation", "test", "none"), 0)
        counts.update(self.order_by().values_list("split").annotate(n=Count("pk")))
        return counts

    def with_sources(self) -> SourceGroupQuerySet:
        """With their sources, in one more query."""
        return self.prefetch_related("sources")

    def with_label_counts(self) -> SourceGroupQuerySet:
        """Annotates `n_clips` and `n_agreed`: ready clips, and those with an agreed label."""
        ready = Q(sources__clips__state="ready")
        groups: SourceGroupQuerySet = self.annotate(
            n_clips=Count("sources__clips", filter=ready, distinct=True),
            n_agreed=Count(
                "sources__clips", filter=ready & Q(sources__clips__label__status="agreed"), distinct=True
            ),
        )
        return groups


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Questions about releases. Changing or removing any of them is refused."""

    def latest_of(self, dataset: Dataset) -> Release | None:
        """The newest release of a dataset, or None."""
        return self.filter(dataset=dataset).order_by("-major", "-minor", "-patch").first()

    def update(self, **kwargs: Any) -> int:
        """Refused. Raises `FrozenRelease`."""
        from curation.errors import FrozenRelease

        raise FrozenRelease("Releases are frozen; freeze a new release instead.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused. Raises `FrozenRelease`."""
        from curation.errors import FrozenRelease

        raise FrozenRelease("Releases are frozen and stay; freeze a new release instead.")
