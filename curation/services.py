"""Changes to the dataset's rows. Keyword-only, atomic, with errors that are sentences."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from curation import releasing, splitting
from curation.errors import NothingChanged, NothingToRelease, SplitError
from curation.models import Clip, ClipLabel, Dataset, Release, ReleaseItem, SourceGroup, Split


@transaction.atomic
def create_dataset(*, name: str, **details: Any) -> Dataset:
    """Begin a dataset. Its address is made from the name; a taken one gets a number."""
    # Names in scripts that have no place in an address still get one.
    stem = slugify(name)[:40] or "dataset"
    taken = set(Dataset.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    candidates = (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3)))
    slug = next(candidate for candidate in candidates if candidate not in taken)
    return Dataset.objects.create(slug=slug, name=name, **details)


@transaction.atomic
def edit_dataset(*, dataset: Dataset, **details: Any) -> Dataset:
    """Change what a dataset says of itself. New guidelines get a new version: votes name the one they followed."""
    locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if details.get("guidelines", locked.guidelines) != locked.guidelines:
        locked.guidelines_version += 1
    for name, value in details.items():
        setattr(locked, name, value)
    locked.save()
    return locked


@transaction.atomic
def set_consensus(
    *,
    clip: Clip,
    emotion: str | None,
    shares: Mapping[str, float],
    per_culture: Mapping[str, Mapping[str, float]],
    n_votes: int,
    disagreement: float,
) -> ClipLabel:
    """Write down what the votes on a clip now say.

    With fewer votes than the dataset wants the clip stays open, and an imported label stands until then.
    """
    label = ClipLabel.objects.select_for_update().get(clip=clip)
    label.posterior, label.per_culture = dict(shares), {c: dict(s) for c, s in per_culture.items()}
    label.n_votes, label.disagreement = n_votes, disagreement
    is_complete = n_votes >= clip.dataset.votes_per_clip
    if is_complete:
        label.emotion = emotion
        label.status = ClipLabel.Status.AGREED if emotion else ClipLabel.Status.DISPUTED
        label.method = ClipLabel.Method.MAJORITY
    elif label.method == ClipLabel.Method.IMPORTED:
        label.posterior = {str(label.emotion): 1.0}
    else:
        label.emotion, label.status, label.method = None, ClipLabel.Status.OPEN, ClipLabel.Method.NONE
    label.save()
    return label


@transaction.atomic
def import_label(*, clip: Clip, emotion: str) -> None:
    """Take over a label that came with a manifest. It never overwrites what people have voted."""
    ClipLabel.objects.filter(clip=clip, n_votes=0).update(
        emotion=emotion,
        posterior={emotion: 1.0},
        status=ClipLabel.Status.AGREED,
        method=ClipLabel.Method.IMPORTED,
        updated_at=timezone.now(),
    )


def labelled_groups(dataset: Dataset) -> list[splitting.GroupCounts]:
    """Groups of sources with at least one agreed clip, and their clips per emotion."""
    rows = (
        Clip.objects.filter(dataset=dataset).ready().decided()
        .values_list("source__group__name", "label__emotion")
    )  # fmt: skip
    counts: dict[str, Counter[str]] = {}
    for name, emotion in rows:
        counts.setdefault(name, Counter())[str(emotion)] += 1
    return [splitting.GroupCounts(name, dict(count)) for name, count in sorted(counts.items())]


class Proposal(NamedTuple):
    """Where a split would put the groups that have none yet, and how the whole would then be balanced.

    `balance` counts clips by split and emotion and `n_groups` groups by split, those already placed included.
    """

    chosen: dict[str, str]
    balance: dict[str, dict[str, int]]
    n_groups: dict[str, int]

    @property
    def mark(self) -> str:
        """A short name of exactly this proposal, so that what is accepted is what was seen."""
        return hashlib.sha256(repr(sorted(self.chosen.items())).encode()).hexdigest()[:16]


def propose_splits(*, dataset: Dataset, shares: Mapping[str, float], seed: int) -> Proposal:
    """Work out a split of the labelled groups that have none yet; changes nothing. Raises `SplitError`."""
    placed = dict(SourceGroup.objects.filter(dataset=dataset).values_list("name", "split"))
    labelled = labelled_groups(dataset)
    unsplit = [group for group in labelled if placed[group.name] == Split.NONE]
    if not unsplit:
        raise SplitError(
            _("No group of sources with an agreed label is waiting for a split; label more clips first.")
        )
    balance: dict[str, Counter[str]] = {split: Counter() for split in splitting.SPLITS}
    n_groups = Counter(dict.fromkeys(splitting.SPLITS, 0))
    for group in labelled:
        if placed[group.name] != Split.NONE:
            balance[placed[group.name]].update(group.counts)
            n_groups[placed[group.name]] += 1
    chosen = splitting.assign(unsplit, shares, seed, placed=balance)
    for group in unsplit:
        balance[chosen[group.name]].update(group.counts)
        n_groups[chosen[group.name]] += 1
    return Proposal(chosen, {split: dict(counts) for split, counts in balance.items()}, dict(n_groups))


@transaction.atomic
def assign_splits(
    *, dataset: Dataset, shares: Mapping[str, float], seed: int, mark: str = ""
) -> dict[str, int]:
    """Split the labelled groups that have no split yet; groups already placed stay where they are.

    Returns the number of groups newly placed in each split. Raises `SplitError`, also when `mark` names a
    proposal that the votes of the meantime have changed.
    """
    list(SourceGroup.objects.select_for_update().filter(dataset=dataset).values_list("pk"))
    proposal = propose_splits(dataset=dataset, shares=shares, seed=seed)
    if mark and mark != proposal.mark:
        raise SplitError(
            _("Labels or groups have changed since the preview; look at the new one, then accept.")
        )
    for split in splitting.SPLITS:
        names = [name for name, s in proposal.chosen.items() if s == split]
        SourceGroup.objects.filter(dataset=dataset, name__in=names).update(split=split)
    return dict(sorted(Counter(proposal.chosen.values()).items()))


def set_split(*, group: SourceGroup, split: str) -> None:
    """Move one group of sources, with all its clips, to a split. Raises `SplitError`."""
    if split not in Split.values:
        raise SplitError(
            _("“%(split)s” is not a split; use one of %(known)s.")
            % {"split": split, "known": ", ".join(Split.values)}
        )
    SourceGroup.objects.filter(pk=group.pk).update(split=split)
    group.split = split


@transaction.atomic
def merge_groups(*, into: SourceGroup, other: SourceGroup) -> None:
    """Make two groups of sources one: they turned out to be the same song.

    Raises `SplitError` if they sit in different splits: a person decides which clips change sides.
    """
    if into.pk == other.pk or into.dataset_id != other.dataset_id:
        raise SplitError(_("Choose two different groups of the same dataset."))
    # As they are now: the page that asked may be an hour old.
    rows = SourceGroup.objects.select_for_update().order_by("pk").in_bulk([into.pk, other.pk])
    into, other = rows[into.pk], rows[other.pk]
    if into.split != other.split and Split.NONE not in (into.split, other.split):
        raise SplitError(
            _("“%(a)s” is in %(a_split)s and “%(b)s” in %(b_split)s; move one of them first, then merge.")
            % {
                "a": into.name,
                "b": other.name,
                "a_split": into.get_split_display(),
                "b_split": other.get_split_display(),
            }
        )
    if into.split == Split.NONE:
        set_split(group=into, split=other.split)
    other.sources.update(group=into)
    other.delete()


def about(dataset: Dataset) -> dict[str, Any]:
    """What a release says of its dataset, as it is at this moment."""
    names = ("name", "description", "licence", "guidelines", "guidelines_version", "votes_per_clip")
    return {name: getattr(dataset, name) for name in names}


def record_of(clip: Clip, votes: Sequence[Mapping[str, Any]]) -> releasing.Record:
    """A clip as a release writes it down. Needs `label`, `source` and `source.group` selected."""
    label, source, facts = clip.label, clip.source, clip.facts
    return {
        "clip_id": clip.key,
        "file_name": f"{source.group.split}/{clip.key}.mp4",
        "source_group_id": source.group.name,
        "source": {
            "provider": source.provider,
            "external_id": source.external_id,
            "url": source.url,
            "title": source.title,
            "artist": source.artist,
            "language": source.language,
            "country": source.country,
            "genre": source.genre,
            "year": source.year,
            "licence": source.licence,
            "start_s": clip.start_s,
            "end_s": clip.end_s,
        },
        "split": source.group.split,
        "label": label.emotion,
        "label_probs": label.posterior,
        "label_method": label.method,
        "n_votes": label.n_votes,
        "agreement": round(1 - label.disagreement, 6),
        "votes": [dict(vote) for vote in votes],
        "media": {
            "sha256": clip.media_sha256,
            "duration_s": clip.duration_s,
            "width": facts.get("width"),
            "height": facts.get("height"),
            "fps": facts.get("fps"),
            "sample_rate_hz": facts.get("sample_rate_hz"),
            "loudness_lufs": clip.loudness_lufs,
        },
    }


@transaction.atomic
def freeze_release(
    *,
    dataset: Dataset,
    by: User | None,
    votes: Mapping[int, Sequence[Mapping[str, Any]]],
    agreement: Mapping[str, Any],
    note: str = "",
) -> Release:
    """Freeze the agreed, split clips of a dataset as its next version.

    `votes` maps a clip's primary key to its votes as they leave the house. Raises `NothingToRelease`,
    `NothingChanged`, `LeakingSplit`.
    """
    lock_for_release(dataset)
    clips = list(Clip.objects.filter(dataset=dataset).releasable().for_cards().order_by("key"))
    if not clips:
        raise NothingToRelease(
            _(
                "Nothing can be released yet: no clip has both an agreed label and a split. Label and split first."
            )
        )
    records = [record_of(clip, votes.get(clip.pk, ())) for clip in clips]
    proof = splitting.certificate(
        splitting.Placed(r["source_group_id"], r["split"], r["label"]) for r in records
    )
    proof["dataset"] = about(dataset)
    version, changes = next_version(dataset, records)
    release = Release.objects.create(
        dataset=dataset,
        **version._asdict(),
        note=note,
        created_at=timezone.now(),
        created_by=by,
        n_clips=len(records),
        manifest_sha256=releasing.manifest_sha256(records),
        certificate=proof,
        agreement=dict(agreement),
        changes=changes._asdict(),
    )
    ReleaseItem.objects.bulk_create(
        (item_of(release, clip, record) for clip, record in zip(clips, records, strict=True)), batch_size=500
    )
    return release


def next_version(
    dataset: Dataset, records: Sequence[releasing.Record]
) -> tuple[releasing.Version, releasing.Changes]:
    """The version that follows the newest release, and what changed since. Raises `NothingChanged`."""
    before = Release.objects.latest_of(dataset)
    changes = releasing.compare(records_by_clip(before), {r["clip_id"]: r for r in records})
    if before and changes.is_nothing:
        raise NothingChanged(
            _("Nothing has changed since release %(version)s; use that one.") % {"version": before.version}
        )
    last = releasing.Version(before.major, before.minor, before.patch) if before else None
    return releasing.next_version(last, changes), changes


def item_of(release: Release, clip: Clip, record: releasing.Record) -> ReleaseItem:
    """A clip's row in a release."""
    return ReleaseItem(
        release=release,
        clip=clip,
        split=record["split"],
        emotion=record["label"],
        source_group=record["source_group_id"],
        record=record,
    )


def lock_for_release(dataset: Dataset) -> None:
    """Hold a dataset still until the transaction ends: two freezes take turns, and no label changes in between.

    Whoever reads votes for a release takes this first, so that labels and votes are of one moment.
    """
    Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    labels = ClipLabel.objects.select_for_update(of=("self",)).filter(clip__dataset=dataset)
    list(labels.order_by("clip_id").values_list("pk"))


def records_by_clip(release: Release | None) -> dict[str, releasing.Record]:
    """A release's records keyed by clip; empty for no release."""
    if release is None:
        return {}
    return {record["clip_id"]: record for record in release.items.values_list("record", flat=True)}
