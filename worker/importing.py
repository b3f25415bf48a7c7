"""Imports as background work: uploads in, clips out, one row at a time."""

import shutil
import uuid
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from annotations import services as people
from curation.importing import import_item
from curation.manifest import read_manifest, rows_of_folder
from curation.media import NoRoom
from curation.models import Clip, Dataset, Import, ImportItem
from worker import jobs
from worker.errors import BadUpload, WorkerError
from worker.jobs import Hold
from worker.models import Job

# What file systems take; a Korean letter has three bytes, an Arabic one two.
NAME_BYTES_MOST = 255


@transaction.atomic
def request_import(
    *, dataset: Dataset, folder: Path, manifest: bytes | None, manifest_name: str = "", by: User | None
) -> Job:
    """Queue the import of a folder on this machine, with or without a manifest. Raises `BadManifest`."""
    rows = read_manifest(manifest) if manifest is not None else rows_of_folder(folder)
    batch = Import.objects.create(
        dataset=dataset, created_by=by, folder=str(folder), manifest_name=manifest_name[:300]
    )
    ImportItem.objects.bulk_create(
        (
            ImportItem(batch=batch, position=position, file_name=row.get("file_name", "")[:500], row=row)
            for position, row in enumerate(rows, start=1)
        ),
        batch_size=500,
    )
    job = Job.objects.create(
        kind=Job.Kind.IMPORT, dataset=dataset, subject_id=batch.pk, created_by=by, total=len(rows)
    )
    jobs.wake(job)
    return job


def request_upload(
    *,
    dataset: Dataset,
    files: Iterable["UploadedFile[Any]"],
    manifest: bytes | None,
    manifest_name: str,
    by: User | None,
) -> Job:
    """Keep uploaded files and queue their import, or keep nothing. Raises `BadUpload`, `BadManifest`."""
    folder = keep_uploads(files)
    try:
        return request_import(
            dataset=dataset, folder=folder, manifest=manifest, manifest_name=manifest_name, by=by
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def keep_uploads(files: Iterable["UploadedFile[Any]"]) -> Path:
    """Store uploaded files in a folder of their own and return it; all of them or none. Raises `BadUpload`."""
    named = check_uploads(files)
    folder: Path = settings.HOME / "uploads" / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        for name, upload in named.items():
            with (folder / name).open("xb") as kept:
                for chunk in upload.chunks():
                    kept.write(chunk)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def check_uploads(files: Iterable["UploadedFile[Any]"]) -> "dict[str, UploadedFile[Any]]":
    """Uploaded files by the plain name each is kept under. Raises `BadUpload`."""
    named: dict[str, UploadedFile[Any]] = {}
    for upload in files:
        name = PurePath((upload.name or "").replace("\\", "/")).name
        if not name or name.startswith("."):
            raise BadUpload(_("A file came without a usable name; rename it and try again."))
        if len(name.encode()) > NAME_BYTES_MOST:
            raise BadUpload(
                _("The name “%(name)s” is too long for the disk; rename the file and try again.")
                % {"name": f"{name[:40]}…"}
            )
        if name in named:
            raise BadUpload(_("Two files are called “%(name)s”; rename one and try again.") % {"name": name})
        if (upload.size or 0) > settings.MAX_UPLOAD_BYTES:
            raise BadUpload(
                _(
                    "“%(name)s” has %(size)d MB; expected at most %(most)d MB. Put it in the inbox folder instead."
                )
                % {
                    "name": name,
                    "size": (upload.size or 0) // 2**20,
                    "most": settings.MAX_UPLOAD_BYTES // 2**20,
                }
            )
        named[name] = upload
    return named


def inbox_folder(name: str) -> Path:
    """A folder under the inbox, the only place of this machine that a browser may import from."""
    folder: Path = (settings.INBOX / name).resolve()
    if not folder.is_relative_to(settings.INBOX) or not folder.is_dir():
        raise BadUpload(
            _("There is no folder “%(name)s” in the inbox, %(inbox)s; copy the videos there first.")
            % {"name": name, "inbox": settings.INBOX}
        )
    return folder


def run_import(hold: Hold) -> dict[str, Any]:
    """Bring in the rows that are still waiting. One bad file never stops the rest."""
    batch = Import.objects.select_related("dataset").get(pk=hold.job.subject_id)
    n_rows = batch.items.count()
    waiting = batch.items.filter(state=ImportItem.State.WAITING).select_related("batch__dataset")
    n_done = n_rows - waiting.count()
    for item in waiting.order_by("position"):
        hold.report(done=n_done, total=n_rows, note=item.file_name[:300])
        try:
            import_item(item, on_ready=put_into_queue)
        except NoRoom as error:
            raise WorkerError(str(error)) from error
        if item.reason:
            hold.log(f"{item.file_name}: {item.reason}")
        n_done += 1
    hold.report(done=n_done, total=n_rows, note="")
    states = Counter(batch.items.values_list("state", flat=True))
    return {state: states.get(state, 0) for state in ImportItem.State.values}


def put_into_queue(clip: Clip) -> None:
    """A clip that has just become ready wants votes."""
    people.want_votes(clip=clip)
