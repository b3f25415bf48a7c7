"""Bringing videos in, and watching them become clips."""

import csv
import io

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings

from curation.manifest import check_row, read_manifest
from curation.models import Dataset, Import, ImportItem
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries
from worker.models import Job


def video(name: str = "song.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"not really a film", "video/mp4")


def manifest(text: str = "file_name,source_group\nsong.mp4,song\n") -> SimpleUploadedFile:
    return SimpleUploadedFile("songs.csv", text.encode(), "text/csv")


@pytest.fixture
def batch(dataset: Dataset) -> Import:
    """An import with a row of each outcome, still going."""
    batch = Import.objects.create(dataset=dataset, folder="/nowhere", manifest_name="songs.csv")
    for position, state in enumerate(ImportItem.State.values, start=1):
        reason = "It is silent." if state in ("rejected", "duplicate") else ""
        item = ImportItem.objects.create(
            batch=batch, position=position, file_name=f"{state}.mp4", state=state, reason=reason
        )
        if state == "ready":
            item.clips.add(factories.make_clip(dataset=dataset))
    factories.make_job(Job.Kind.IMPORT, subject_id=batch.pk, dataset=dataset, total=4, done=3)
    return batch


def test_uploaded_videos_are_kept_and_their_import_queued(
    dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    given = {"videos": [video("a.mp4"), video("b.mp4")]}
    response = client_of(carla).post(reverse("worker:import_new", args=[dataset.slug]), given)
    batch = Import.objects.get()
    assert response["Location"] == reverse("worker:import", args=[dataset.slug, batch.pk])
    assert list(batch.items.values_list("file_name", flat=True)) == ["a.mp4", "b.mp4"]
    assert Job.objects.get().created_by == carla


def test_a_manifest_says_what_is_imported(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    given = {"videos": [video()], "manifest": manifest()}
    client_of(carla).post(reverse("worker:import_new", args=[dataset.slug]), given)
    assert Import.objects.get().manifest_name == "songs.csv"
    assert ImportItem.objects.get().row["source_group"] == "song"


def test_a_folder_of_the_inbox_is_imported(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    (settings.INBOX / "spring").mkdir()
    (settings.INBOX / "spring" / "song.mp4").write_bytes(b"film")
    url = reverse("worker:import_new", args=[dataset.slug])
    client_of(carla).post(url, {"folder": "spring"})
    assert Import.objects.get().folder == str(settings.INBOX / "spring")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Choose the videos, or a folder"),
        ({"folder": "../media"}, "not one of the available choices"),
        ({"videos": [video(), video()]}, "is there twice"),
        ({"videos": [video("notes.txt")]}, "is not a video"),
        ({"videos": [video()], "manifest": manifest("title\nRiver\n")}, "has no column"),
        ({"videos": [video()], "folder": "spring"}, "not both"),
    ],
)
def test_what_cannot_be_imported_is_said_in_a_sentence(
    given: dict[str, object], reason: str, dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    (settings.INBOX / "spring").mkdir()
    for file in given.get("videos", []):  # type: ignore[attr-defined]
        file.seek(0)
    response = client_of(carla).post(reverse("worker:import_new", args=[dataset.slug]), given)
    assert response.status_code == 422
    assert reason in response.content.decode()
    assert not Import.objects.exists()


def test_a_video_too_large_for_a_browser_is_sent_to_the_inbox(
    dataset: Dataset, carla: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.MAX_UPLOAD_BYTES = 5
    url = reverse("worker:import_new", args=[dataset.slug])
    assert "inbox" in client_of(carla).post(url, {"videos": [video()]}).content.decode()


def test_every_outcome_is_shown_with_its_reason(batch: Import, carla: User, client_of: ClientOf) -> None:
    url = reverse("worker:import", args=[batch.dataset.slug, batch.pk])
    response = client_of(carla).get(url)
    assert {state.value: n for state, n in response.context["counts"]} == dict.fromkeys(
        ImportItem.State.values, 1
    )
    assert "It is silent." in response.content.decode()


@pytest.mark.parametrize("state", ImportItem.State.values)
def test_rows_are_narrowed_by_outcome(state: str, batch: Import, carla: User, client_of: ClientOf) -> None:
    url = reverse("worker:import", args=[batch.dataset.slug, batch.pk])
    page = client_of(carla).get(url, {"state": state}).context["page_obj"]
    assert [item.file_name for item in page] == [f"{state}.mp4"]


def test_the_page_follows_the_import_until_its_end(batch: Import, carla: User, client_of: ClientOf) -> None:
    client, url = client_of(carla), reverse("worker:import", args=[batch.dataset.slug, batch.pk])
    part = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "data-poll" in part
    assert "<html" not in part
    Job.objects.update(state="succeeded", done=4)
    assert "data-poll" not in client.get(url).content.decode()


def test_the_example_is_a_manifest_that_can_be_imported(carla: User, client_of: ClientOf) -> None:
    data = client_of(carla).get(reverse("worker:import_example")).content
    rows = [check_row(row) for row in read_manifest(data)]
    assert {row.source_group for row in rows} == {"river"}
    assert len(next(csv.reader(io.StringIO(data.decode())))) == 15


def test_more_imports_do_not_ask_more_questions(
    batch: Import, dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    client, url = client_of(carla), reverse("worker:imports", args=[dataset.slug])
    before = n_queries(client, url)
    other = Import.objects.create(dataset=dataset, folder="/nowhere", created_by=carla)
    factories.make_job(Job.Kind.IMPORT, subject_id=other.pk, dataset=dataset)
    assert n_queries(client, url) == before <= 12


def test_more_rows_do_not_ask_more_questions(batch: Import, carla: User, client_of: ClientOf) -> None:
    client, url = client_of(carla), reverse("worker:import", args=[batch.dataset.slug, batch.pk])
    before = n_queries(client, url)
    for position in (5, 6):
        ImportItem.objects.create(batch=batch, position=position, file_name="more.mp4", state="ready")
    assert n_queries(client, url) == before <= 12
