"""Imports as background work: one bad file never stops the rest."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from annotations.models import Demand
from curation import media
from curation.errors import BadManifest
from curation.models import Clip, Dataset, Import, ImportItem
from tests.media import make_empty, make_film, make_text_named_mp4
from worker import importing, jobs, tasks
from worker.errors import BadUpload
from worker.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    for i, name in enumerate(("a", "b", "c")):
        make_film(folder / f"{name}.mp4", tone_hz=300 + 50 * i)
    return folder


def manifest(*names: str, label: str = "Sad") -> bytes:
    rows = [f"{name},{name},0,2,{label}" for name in names]
    return "\n".join(["file_name,source_group,start_s,end_s,label", *rows]).encode()


def request(dataset: Dataset, folder: Path, *names: str) -> Job:
    return importing.request_import(
        dataset=dataset, folder=folder, manifest=manifest(*names), manifest_name="m.csv", by=None
    )


def run(job: Job) -> Job:
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_good_files_go_in_beside_bad_ones_each_with_its_reason(dataset: Dataset, folder: Path) -> None:
    make_text_named_mp4(folder / "playlist.mp4")
    make_empty(folder / "empty.mp4")
    (folder / "twin.mp4").write_bytes((folder / "a.mp4").read_bytes())
    names = ("a.mp4", "playlist.mp4", "empty.mp4", "twin.mp4", "missing.mp4", "../b.mp4", "b.mp4", "c.mp4")
    job = run(request(dataset, folder, *names))
    assert (job.state, job.done, job.total) == ("succeeded", 8, 8)
    assert job.result == {"waiting": 0, "ready": 3, "duplicate": 1, "rejected": 4}
    states = dict(ImportItem.objects.values_list("file_name", "state"))
    assert [states[name] for name in names] == [
        "ready", "rejected", "rejected", "duplicate", "rejected", "rejected", "ready", "ready",
    ]  # fmt: skip
    assert not ImportItem.objects.filter(state="rejected", reason="").exists()
    assert "playlist.mp4: " in job.log
    assert Demand.objects.filter(dataset=dataset, wanted=3).count() == 3


def test_an_import_is_queued_with_its_rows(
    dataset: Dataset,
    folder: Path,
    carla: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[int, str]] = []
    monkeypatch.setattr(jobs, "send", lambda job_id, queue: sent.append((job_id, queue)))
    with django_capture_on_commit_callbacks(execute=True):
        job = importing.request_import(dataset=dataset, folder=folder, manifest=None, by=carla)
    assert sent == [(job.pk, "default")]
    assert (job.total, job.created_by) == (3, carla)
    assert list(ImportItem.objects.values_list("file_name", flat=True)) == ["a.mp4", "b.mp4", "c.mp4"]


def test_a_manifest_that_cannot_be_read_queues_nothing(dataset: Dataset, folder: Path) -> None:
    with pytest.raises(BadManifest, match="source_group"):
        importing.request_import(dataset=dataset, folder=folder, manifest=b"file_name\na.mp4\n", by=None)
    assert not Job.objects.exists()
    assert not Import.objects.exists()


class Killed(BaseException):
    """The worker dies here."""


def test_killed_half_way_and_run_again_nothing_is_twice_and_nothing_lost(
    dataset: Dataset, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = request(dataset, folder, "a.mp4", "b.mp4", "c.mp4")
    real = media.prepare_clip

    def dying(path: Path, **options: object) -> object:
        if path.name == "b.mp4":
            raise Killed
        return real(path, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(media, "prepare_clip", dying)
        tasks.run_job(job.pk)
    assert Clip.objects.ready().count() == 1
    Job.objects.update(leased_until="2020-01-01T00:00:00Z")
    tasks.tend()
    job = run(job)
    # Deaths are counted in a row: one that got on is not dying.
    assert (job.state, job.attempts, job.result["ready"]) == ("succeeded", 0, 3)
    assert (Clip.objects.count(), Demand.objects.count()) == (3, 3)


def test_a_full_disk_fails_the_job_with_a_sentence_and_a_retry_goes_on(
    dataset: Dataset, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = request(dataset, folder, "a.mp4", "b.mp4")
    real = media.prepare_clip

    def full(path: Path, **options: object) -> object:
        if path.name == "b.mp4":
            raise media.NoRoom(path.name, "/media")
        return real(path, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(media, "prepare_clip", full)
        job = run(job)
    assert job.state == "failed"
    assert job.error == str(media.NoRoom("b.mp4", "/media"))
    assert ImportItem.objects.get(file_name="b.mp4").state == "waiting"
    jobs.retry(job=job)
    job = run(job)
    assert (job.state, job.result["ready"]) == ("succeeded", 2)


def test_a_cancelled_import_keeps_what_it_has_brought_in(dataset: Dataset, folder: Path) -> None:
    job = request(dataset, folder, "a.mp4", "b.mp4")
    hold = jobs.claim(job.pk)
    assert hold is not None
    jobs.cancel(job=job)
    with pytest.raises(jobs.JobCancelled):
        importing.run_import(hold)
    hold.end(Job.State.CANCELLED)
    jobs.retry(job=job)
    assert run(job).result["ready"] == 2


def test_importing_the_same_again_changes_nothing(dataset: Dataset, folder: Path) -> None:
    run(request(dataset, folder, "a.mp4"))
    before = list(Clip.objects.values())
    assert run(request(dataset, folder, "a.mp4")).result["duplicate"] == 1
    assert list(Clip.objects.values()) == before


# --- uploads ------------------------------------------------------------------------------------------


def test_uploads_are_kept_under_their_plain_names(settings: Settings) -> None:
    files = [SimpleUploadedFile("song.mp4", b"1"), SimpleUploadedFile("C:\\films\\live.mp4", b"2")]
    folder = importing.keep_uploads(files)
    assert folder.is_relative_to(settings.HOME)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"song.mp4": b"1", "live.mp4": b"2"}


@pytest.mark.parametrize("name", [".htaccess", "..mp4"])
def test_an_upload_without_a_usable_name_is_refused(name: str) -> None:
    with pytest.raises(BadUpload, match="without a usable name; rename it"):
        importing.keep_uploads([SimpleUploadedFile(name, b"1")])


def test_two_uploads_of_one_name_are_refused() -> None:
    files = [SimpleUploadedFile("song.mp4", b"1"), SimpleUploadedFile("song.mp4", b"2")]
    with pytest.raises(BadUpload, match=r"Two files are called “song.mp4”"):
        importing.keep_uploads(files)


def test_a_refused_upload_leaves_nothing_behind(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 4
    files = [SimpleUploadedFile("small.mp4", b"1"), SimpleUploadedFile("large.mp4", b"12345")]
    with pytest.raises(BadUpload, match=r"“large.mp4” has .* Put it in the inbox folder instead"):
        importing.keep_uploads(files)
    assert not list(settings.HOME.rglob("*.mp4"))


def test_a_folder_of_the_inbox_is_found(settings: Settings) -> None:
    (settings.INBOX / "new" / "films").mkdir(parents=True)
    assert importing.inbox_folder("new/films") == settings.INBOX / "new" / "films"


@pytest.mark.parametrize("name", ["missing", "../media", "/etc", "a/../../runs"])
def test_nothing_outside_the_inbox_is_imported(name: str) -> None:
    with pytest.raises(BadUpload, match=r"There is no folder .* in the inbox"):
        importing.inbox_folder(name)
