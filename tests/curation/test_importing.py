"""From a row of an import to ready clips, on real files: a bad file is an outcome, not an error."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from curation import importing, media, services
from curation.importing import import_item
from curation.models import Clip, ClipLabel, Dataset, Import, ImportItem, Source
from tests import factories
from tests.media import make_empty, make_film, make_text_named_mp4, make_truncated

pytestmark = pytest.mark.django_db

RowOf = Callable[..., ImportItem]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture
def film(folder: Path) -> Path:
    """Two seconds of a film named song.mp4."""
    return make_film(folder / "song.mp4")


@pytest.fixture
def two_clips(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A film that a grid of two seconds cuts in two."""
    monkeypatch.setattr(media, "cut_grid", lambda duration_s, clip_s: [(0.0, 2.0), (2.0, 4.0)])
    return make_film(folder / "long.mp4", seconds=4).name


@pytest.fixture
def row(dataset: Dataset, folder: Path) -> RowOf:
    """`row(**cells)`: a waiting row, by default seconds 0 to 2 of song.mp4."""
    batch = Import.objects.create(dataset=dataset, folder=str(folder))

    def make(**cells: str) -> ImportItem:
        values = {"file_name": "song.mp4", "source_group": "song", "start_s": "0", "end_s": "2", **cells}
        return ImportItem.objects.create(
            batch=batch, position=batch.items.count() + 1, file_name=values["file_name"][:500], row=values
        )

    return make


def outcome(item: ImportItem) -> tuple[str, str]:
    import_item(item, on_ready=lambda clip: None)
    item.refresh_from_db()
    return item.state, item.reason


def test_a_film_becomes_a_ready_clip(film: Path, row: RowOf, settings: Settings) -> None:
    ready: list[Clip] = []
    item = row(title="A song", country="np", year="2019")
    import_item(item, on_ready=ready.append)
    clip = Clip.objects.get()
    assert (item.state, item.reason, ready, list(item.clips.all())) == ("ready", "", [clip], [clip])
    assert (clip.state, clip.start_s, clip.end_s) == ("ready", 0.0, 2.0)
    assert media.sha256_of(settings.MEDIA_ROOT / clip.media) == clip.media_sha256
    assert (settings.MEDIA_ROOT / clip.poster).is_file()
    assert clip.peaks
    assert clip.facts["width"] == 64
    assert clip.label.status == ClipLabel.Status.OPEN
    source = clip.source
    assert (source.title, source.country, source.year, source.group.name) == ("A song", "NP", 2019, "song")
    assert source.sha256 == media.sha256_of(film)


def test_a_long_film_is_cut_on_the_grid(folder: Path, row: RowOf) -> None:
    make_film(folder / "long.mp4", seconds=46, fps=2, size=(32, 24))
    assert outcome(row(file_name="long.mp4", start_s="", end_s="")) == ("ready", "")
    assert list(Clip.objects.values_list("start_ms", "state")) == [(0, "ready"), (30_000, "ready")]


def test_a_label_in_the_manifest_is_imported(film: Path, row: RowOf) -> None:
    outcome(row(label="Excitation"))
    label = ClipLabel.objects.get()
    assert (label.emotion, label.status, label.method) == ("Excited", "agreed", "imported")


def test_seconds_of_one_file_are_clips_of_one_source(film: Path, row: RowOf) -> None:
    outcome(row(end_s="1"))
    outcome(row(start_s="1"))
    assert (Source.objects.count(), Clip.objects.count()) == (1, 2)


# --- rejected -----------------------------------------------------------------------------------------


def planted(folder: Path, name: str) -> None:
    make = {
        "playlist.mp4": lambda path: make_text_named_mp4(path),
        "empty.mp4": lambda path: make_empty(path),
        "silent.mp4": lambda path: make_film(path, audio=False),
        "blind.mp4": lambda path: make_film(path, video=False),
        "cut.mp4": lambda path: make_truncated(path, index_first=False),
        "half.mp4": lambda path: make_truncated(path, keep=0.4),
        "short.mp4": lambda path: make_film(path),
    }
    if name in make:
        make[name](folder / name)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"file_name": "playlist.mp4"}, "is not a video file"),
        ({"file_name": "empty.mp4"}, "is empty (0 bytes)"),
        ({"file_name": "silent.mp4"}, "no sound"),
        ({"file_name": "blind.mp4"}, "no picture"),
        ({"file_name": "cut.mp4"}, "is cut short"),
        ({"file_name": "half.mp4", "start_s": "0", "end_s": "4"}, "is cut short"),
        (
            {"file_name": "short.mp4", "start_s": "", "end_s": ""},
            "It lasts 2.0 seconds; a clip needs at least 15",
        ),
        ({"file_name": "missing.mp4"}, "There is no file “missing.mp4”"),
        ({"file_name": "."}, "There is no file “.”"),
        ({"file_name": "x" * 400 + ".mp4"}, "There is no file"),
        ({"file_name": "../outside.mp4"}, "points outside the import's folder"),
        ({"file_name": "/etc/passwd"}, "points outside the import's folder"),
        ({"label": "Joy"}, "“Joy” is not one of the emotions"),
        ({"start_s": "90", "end_s": "95"}, "start_s is 90, but the file is 2.0 seconds long"),
        ({"start_s": "0", "end_s": "0.0001"}, "too few for a clip; expected at least 1"),
        ({"start_s": "1.9", "end_s": ""}, "too few for a clip"),
        ({"file_name": ""}, "The cell file_name is empty"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason_and_leaves_no_clip(
    film: Path, folder: Path, row: RowOf, cells: dict[str, str], sentence: str, settings: Settings
) -> None:
    make_film(folder.parent / "outside.mp4")
    planted(folder, cells.get("file_name", ""))
    state, reason = outcome(row(**cells))
    assert state == "rejected"
    assert sentence in reason
    assert not Clip.objects.ready().exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


def test_a_link_out_of_the_folder_is_not_followed(film: Path, folder: Path, row: RowOf) -> None:
    secret = make_film(folder.parent / "secret.mp4")
    (folder / "link.mp4").symlink_to(secret)
    assert "points outside" in outcome(row(file_name="link.mp4"))[1]


def test_a_file_that_may_not_be_read_is_rejected(
    film: Path, row: RowOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing.os, "access", lambda path, mode: False)
    assert outcome(row()) == (
        "rejected",
        "Moodreel may not read “song.mp4”; give it read permission and import again.",
    )


def test_a_half_prepared_clip_of_a_bad_file_is_kept_with_the_reason(
    film: Path, row: RowOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise media.DamagedFile("song.mp4", "the picture is garbled")

    monkeypatch.setattr(media, "prepare_clip", fail)
    state, reason = outcome(row())
    clip = Clip.objects.get()
    assert (state, clip.state, clip.rejection_reason) == ("rejected", "rejected", reason)


def test_a_file_that_was_rejected_can_be_imported_once_it_is_whole(
    film: Path, row: RowOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(media, "prepare_clip", lambda *a, **k: (_ for _ in ()).throw(media.NoSound("song.mp4")))
        assert outcome(row())[0] == "rejected"
    assert outcome(row()) == ("ready", "")
    assert (Clip.objects.count(), Clip.objects.ready().count()) == (1, 1)


# --- duplicates ---------------------------------------------------------------------------------------


def test_the_same_file_under_another_name_is_a_duplicate(film: Path, folder: Path, row: RowOf) -> None:
    (folder / "copy.mp4").write_bytes(film.read_bytes())
    outcome(row())
    state, reason = outcome(row(file_name="copy.mp4", source_group="another"))
    assert (state, Clip.objects.count(), Source.objects.count()) == ("duplicate", 1, 1)
    assert "A clip of “song” begins at the same second of the same file already" in reason


def test_the_same_file_may_be_in_two_datasets(film: Path, folder: Path, row: RowOf) -> None:
    outcome(row())
    other = Import.objects.create(dataset=factories.make_dataset(), folder=str(folder))
    item = ImportItem.objects.create(batch=other, position=1, file_name="song.mp4", row=row().row)
    assert outcome(item) == ("ready", "")


def test_the_database_holds_a_file_once_a_dataset(dataset: Dataset) -> None:
    source = factories.make_source(factories.make_group(dataset))
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_source(factories.make_group(dataset), sha256=source.sha256)
    clip = factories.make_clip(source)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_clip(source, start_s=clip.start_s)


# --- killed and run again -----------------------------------------------------------------------------


class Killed(BaseException):
    """The worker dies here."""


@pytest.mark.parametrize("moment", ["before the first clip", "after the first clip", "before the outcome"])
def test_killed_anywhere_and_run_again_nothing_is_lost_or_twice(
    two_clips: str, row: RowOf, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    item = row(file_name=two_clips, start_s="", end_s="", label="Sad")
    ready: list[str] = []
    calls = {"n": 0}
    real = media.prepare_clip

    def dying(*args: object, **kwargs: object) -> object:
        calls["n"] += 1
        if moment == "before the first clip" or (moment == "after the first clip" and calls["n"] == 2):
            raise Killed
        return real(*args, **kwargs)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(media, "prepare_clip", dying)
        if moment == "before the outcome":
            patch.setattr(importing, "finish", lambda *args: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            import_item(item, on_ready=lambda clip: ready.append(clip.key))
    item.refresh_from_db()
    assert item.state == ImportItem.State.WAITING

    import_item(item, on_ready=lambda clip: ready.append(clip.key))
    assert item.state == ImportItem.State.READY
    assert list(Clip.objects.values_list("start_ms", "state")) == [(0, "ready"), (2000, "ready")]
    assert sorted(ready) == sorted(Clip.objects.values_list("key", flat=True))
    assert set(item.clips.all()) == set(Clip.objects.all())
    assert ClipLabel.objects.filter(status="agreed").count() == 2


def test_a_full_disk_is_no_fault_of_the_file(film: Path, row: RowOf, monkeypatch: pytest.MonkeyPatch) -> None:
    item = row()
    with monkeypatch.context() as patch:
        patch.setattr(
            media, "prepare_clip", lambda *a, **k: (_ for _ in ()).throw(media.NoRoom("song.mp4", "/media"))
        )
        with pytest.raises(media.NoRoom):
            import_item(item, on_ready=lambda clip: None)
    item.refresh_from_db()
    assert item.state == ImportItem.State.WAITING
    assert outcome(item) == ("ready", "")


def test_a_clip_is_ready_and_wanted_at_the_same_moment(film: Path, row: RowOf) -> None:
    def refuse(clip: Clip) -> None:
        raise Killed

    with pytest.raises(Killed), transaction.atomic():
        import_item(row(), on_ready=refuse)
    assert not Clip.objects.ready().exists()


def test_the_rest_of_a_file_can_be_imported_later(two_clips: str, row: RowOf) -> None:
    outcome(row(file_name=two_clips, start_s="0", end_s="2"))
    assert outcome(row(file_name=two_clips, start_s="", end_s="")) == ("ready", "")
    assert Clip.objects.ready().count() == 2


def test_clips_made_by_hand_and_by_import_share_their_rules(film: Path, row: RowOf) -> None:
    outcome(row())
    clip = Clip.objects.select_related("label", "source__group").get()
    assert services.record_of(clip, ())["media"]["sha256"] == clip.media_sha256
