"""From one row of an import to ready clips. Can be killed anywhere and run again."""

import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from curation import media, services
from curation.errors import BadRow, CurationError, DuplicateClip
from curation.manifest import ClipRow, check_row
from curation.models import CLIP_S, Clip, ClipLabel, ImportItem, Source, SourceGroup

# Somebody who names the seconds may want them short; but nobody feels anything in less than this.
SHORTEST_S = 1.0

logger = logging.getLogger(__name__)

OnReady = Callable[[Clip], None]


def import_item(item: ImportItem, *, on_ready: OnReady) -> None:
    """Turn one row into clips, and write the outcome on the row. A bad file is an outcome, not an error.

    `on_ready` is called inside the transaction that makes a clip ready. Errors of the machine (a full
    disk) are raised: they say nothing about the file.
    """
    try:
        row = check_row(item.row)
        path = locate(Path(item.batch.folder), row.file_name)
        for clip in place(item, row, path):
            prepare(item, clip, path, row, on_ready)
    except DuplicateClip as outcome:
        finish(item, ImportItem.State.DUPLICATE, str(outcome))
    except media.NoRoom:
        raise
    except (CurationError, media.MediaError) as outcome:
        reject_half_made(item, str(outcome))
        finish(item, ImportItem.State.REJECTED, str(outcome))
    except (OSError, DatabaseError):
        raise
    except Exception:
        # A file nobody has thought of must not hold up the five thousand after it.
        logger.exception("Import item %s could not be read.", item.pk)
        reason = _(
            "Moodreel cannot read this file or row. Check it in a player, or convert it and import again."
        )
        reject_half_made(item, reason)
        finish(item, ImportItem.State.REJECTED, reason)
    else:
        finish(item, ImportItem.State.READY, notices(item, row))


def notices(item: ImportItem, row: ClipRow) -> str:
    """What a curator should know of a row that went in: seconds left over, a group the file already had."""
    clip = item.clips.select_related("source__group").first()
    if clip is None:
        return ""
    told = []
    if row.start_s is None and row.end_s is None and clip.source.duration_s > CLIP_S:
        told.append(media.cut_notice(clip.source.duration_s, CLIP_S))
    if clip.source.group.name != row.source_group:
        told.append(
            _("The file was already here in the group “%(known)s”, so it stays there, not in “%(asked)s”.")
            % {"known": clip.source.group.name, "asked": row.source_group}
        )
    return " ".join(filter(None, told))


def finish(item: ImportItem, state: str, reason: str) -> None:
    """Write a row's outcome."""
    item.state, item.reason = state, reason
    item.save(update_fields=["state", "reason"])


def locate(folder: Path, file_name: str) -> Path:
    """The file a row means, inside the import's folder and nowhere else. Raises `BadRow`."""
    path = (folder / file_name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise BadRow(
            _("“%(name)s” points outside the import's folder; give a name inside it.") % {"name": file_name}
        )
    # Not `Path.is_file`: that raises for a name longer than the disk allows.
    if not os.path.isfile(path):  # noqa: PTH113
        raise BadRow(
            _("There is no file “%(name)s” in the import's folder; check its spelling, or add the file.")
            % {"name": file_name}
        )
    if not os.access(path, os.R_OK):
        raise BadRow(
            _("Moodreel may not read “%(name)s”; give it read permission and import again.")
            % {"name": file_name}
        )
    return path


def place(item: ImportItem, row: ClipRow, path: Path) -> list[Clip]:
    """The clips a row asks for, as rows still in preparation. Raises `DuplicateClip`, `MediaError`."""
    resumed = list(item.clips.all())
    if resumed:
        return [clip for clip in resumed if clip.state != Clip.State.READY]
    facts = media.probe(path)
    cuts = cuts_of(row, facts.duration_s)
    sha256 = media.sha256_of(path)
    with transaction.atomic():
        source = source_of(item, row, sha256, facts.duration_s)
        clips = [clip for clip in (clip_at(source, *cut) for cut in cuts) if clip is not None]
        if not clips:
            raise DuplicateClip(
                _(
                    "A clip of “%(group)s” begins at the same second of the same file already; nothing was changed."
                )
                % {"group": source.group.name}
            )
        item.clips.set(clips)
    return clips


def cuts_of(row: ClipRow, duration_s: float) -> list[tuple[float, float]]:
    """Which seconds become clips: those the row names, else the fixed grid over the whole file."""
    if row.start_s is None and row.end_s is None:
        pieces = media.cut_grid(duration_s, CLIP_S)
        if not pieces:
            raise BadRow(media.cut_notice(duration_s, CLIP_S) or "")
        return pieces
    start_s = row.start_s or 0.0
    if start_s >= duration_s:
        raise BadRow(
            _("start_s is %(start)g, but the file is %(duration).1f seconds long; correct start_s.")
            % {"start": start_s, "duration": duration_s}
        )
    end_s = min(row.end_s or start_s + CLIP_S, start_s + CLIP_S, duration_s)
    if end_s - start_s < SHORTEST_S:
        raise BadRow(
            _("Seconds %(start)g to %(end)g are too few for a clip; expected at least %(least)g.")
            % {"start": start_s, "end": end_s, "least": SHORTEST_S}
        )
    return [(start_s, end_s)]


def source_of(item: ImportItem, row: ClipRow, sha256: str, duration_s: float) -> Source:
    """The source with this very file, or a new one in the row's group."""
    dataset = item.batch.dataset
    known = Source.objects.select_related("group").filter(dataset=dataset, sha256=sha256).first()
    if known:
        return known
    group, _created = SourceGroup.objects.get_or_create(dataset=dataset, name=row.source_group)
    return Source.objects.create(
        dataset=dataset,
        group=group,
        sha256=sha256,
        duration_s=duration_s,
        file_name=row.file_name,
        year=row.year,
        **row.texts,
    )


def clip_at(source: Source, start_s: float, end_s: float) -> Clip | None:
    """A clip still to be prepared at this place; None if one is already there."""
    clip, created = Clip.objects.get_or_create(
        source=source,
        start_ms=round(start_s * 1000),
        defaults={"dataset": source.dataset, "end_ms": round(end_s * 1000)},
    )
    if created:
        ClipLabel.objects.create(clip=clip)
    return None if clip.state == Clip.State.READY else clip


def folder_of(clip: Clip) -> Path:
    """Where a clip keeps its files."""
    return Path(settings.MEDIA_ROOT) / "clips" / clip.key[:2] / clip.key


def prepare(item: ImportItem, clip: Clip, path: Path, row: ClipRow, on_ready: OnReady) -> None:
    """Transcode one clip and make it ready, or leave it as it was. Raises `MediaError`."""
    folder = folder_of(clip)
    folder.mkdir(parents=True, exist_ok=True)
    made = media.prepare_clip(path, start_s=clip.start_s, end_s=clip.end_s, out_dir=folder)
    with transaction.atomic():
        clip.media = str(made.video.relative_to(settings.MEDIA_ROOT))
        clip.poster = str(made.poster.relative_to(settings.MEDIA_ROOT))
        clip.media_sha256 = made.sha256
        clip.peaks = list(made.peaks)
        clip.loudness_lufs = made.loudness_lufs
        clip.facts = asdict(made.facts)
        clip.state, clip.rejection_reason = Clip.State.READY, ""
        clip.save()
        if row.emotion:
            services.import_label(clip=clip, emotion=row.emotion)
        on_ready(clip)


def reject_half_made(item: ImportItem, reason: str) -> None:
    """Clips of a file that turned out bad stay visible with the reason; their files go."""
    for clip in item.clips.exclude(state=Clip.State.READY):
        # Asked again row by row: another import of the same file may just have made it ready.
        half_made = Clip.objects.filter(pk=clip.pk).exclude(state=Clip.State.READY)
        if half_made.update(state=Clip.State.REJECTED, rejection_reason=reason):
            shutil.rmtree(folder_of(clip), ignore_errors=True)
