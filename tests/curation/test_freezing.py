"""Releases in the database: frozen, numbered by what changed, without a name in them."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from annotations import services as people
from annotations.releasing import freeze
from curation import services
from curation.emotions import Emotion
from curation.errors import FrozenRelease, NothingChanged, NothingToRelease
from curation.models import Dataset, Release, ReleaseItem, Split
from curation.releasing import manifest_sha256, to_csv, to_jsonl, votes_to_csv
from tests import factories

pytestmark = pytest.mark.django_db


def records(release: Release) -> list[dict[str, object]]:
    return list(Release.objects.get(pk=release.pk).items.values_list("record", flat=True))


def test_the_first_release_is_1_0_0_and_holds_the_agreed_split_clips(dataset: Dataset, carla: User) -> None:
    agreed = factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)
    factories.make_agreed_clip(dataset=dataset)  # not split
    factories.make_clip(dataset=dataset, split=Split.TRAIN)  # not labelled
    release = freeze(dataset=dataset, by=carla, note="First.")
    assert (release.version, release.n_clips, release.created_by) == ("1.0.0", 1, carla)
    assert [item.clip for item in release.items.all()] == [agreed]
    assert release.certificate["is_disjoint"]


def test_nothing_agreed_and_split_is_nothing_to_release(dataset: Dataset) -> None:
    factories.make_agreed_clip(dataset=dataset)
    with pytest.raises(NothingToRelease, match="no clip has both an agreed label and a split"):
        freeze(dataset=dataset, by=None)


def test_an_unchanged_dataset_is_not_released_again(dataset: Dataset) -> None:
    factories.make_release(dataset)
    with pytest.raises(NothingChanged, match=r"Nothing has changed since release 1\.0\.0"):
        freeze(dataset=dataset, by=None)


def test_versions_follow_what_happened(dataset: Dataset) -> None:
    factories.make_release(dataset)
    factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)
    assert freeze(dataset=dataset, by=None).version == "1.1.0"
    clip = factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)
    assert freeze(dataset=dataset, by=None).version == "1.2.0"
    people.request_relabels(
        picks=[people.Pick(clip, 1.0)], strategy="entropy", votes_per_clip=1, origin="", by=None
    )
    factories.make_vote(clip, emotion=Emotion.SAD)
    assert freeze(dataset=dataset, by=None).version == "1.2.1"
    services.set_split(group=clip.source.group, split=Split.TEST)
    assert freeze(dataset=dataset, by=None).version == "2.0.0"
    services.set_split(group=clip.source.group, split=Split.NONE)
    release = freeze(dataset=dataset, by=None)
    assert (release.version, release.changes["removed"]) == ("3.0.0", 1)


def test_a_release_is_saved_once_and_stays() -> None:
    release = factories.make_release()
    with pytest.raises(FrozenRelease, match=r"Release 1\.0\.0 is frozen; freeze a new release instead"):
        release.save()
    with pytest.raises(FrozenRelease, match="is frozen and stays"):
        release.delete()
    with pytest.raises(FrozenRelease, match="frozen"):
        Release.objects.filter(pk=release.pk).update(note="better")
    with pytest.raises(FrozenRelease, match="frozen and stay"):
        Release.objects.all().delete()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE curation_release SET note = 'better'",
        "UPDATE curation_releaseitem SET emotion = 'Fear'",
        "UPDATE curation_releaseitem SET record = '{}'",
    ],
)
def test_the_database_itself_refuses_to_change_a_release(statement: str) -> None:
    factories.make_release()
    with (
        pytest.raises(DatabaseError, match="A release is frozen"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert not ReleaseItem.objects.filter(emotion="Fear").exists()


def test_exporting_again_gives_the_same_bytes_whatever_happens_to_the_dataset() -> None:
    release = factories.make_release()
    first = [write(records(release)) for write in (to_jsonl, to_csv, votes_to_csv)]
    clip = release.items.all()[0].clip
    clip.source.title = "Another title"
    clip.source.save()
    services.set_split(group=clip.source.group, split=Split.NONE)
    voter = clip.assignments.all()[0].annotator
    people.withdraw_consent(annotator=voter)
    assert [write(records(release)) for write in (to_jsonl, to_csv, votes_to_csv)] == first
    assert manifest_sha256(records(release)) == release.manifest_sha256


def test_people_leave_the_house_under_pseudonyms_only() -> None:
    voter = factories.make_annotator("margarethe.von.trotta", country="DE")
    voter.user.email, voter.user.first_name = "margarethe@example.org", "Margarethe"
    voter.user.save()
    clip = factories.make_agreed_clip(
        dataset=factories.make_dataset(votes_per_clip=1), split=Split.TRAIN, by=[voter]
    )
    release = freeze(dataset=clip.dataset, by=voter.user)
    for data in (to_jsonl(records(release)), to_csv(records(release)), votes_to_csv(records(release))):
        assert b"argarethe" not in data
        assert b"DE" not in data  # nor where she grew up: one voter of a country is one person
    assert voter.pseudonym.encode() in votes_to_csv(records(release))
    assert "argarethe" not in json.dumps([release.certificate, release.agreement, release.changes])


def test_a_release_says_how_far_people_agree() -> None:
    release = factories.make_release()
    assert release.agreement["alpha"] == 1.0
    assert (release.agreement["n_votes"], release.agreement["n_annotators"]) == (15, 3)


def test_votes_and_label_of_a_record_are_of_the_same_moment(dataset: Dataset) -> None:
    release = factories.make_release(dataset)
    for record in records(release):
        assert record["n_votes"] == len(record["votes"]) == 3  # type: ignore[arg-type]


def test_a_release_item_names_its_split_in_the_file_name() -> None:
    for record in records(factories.make_release()):
        assert record["file_name"] == f"{record['split']}/{record['clip_id']}.mp4"


def test_freezing_takes_the_same_number_of_queries_for_any_number_of_clips(
    django_assert_max_num_queries: object,
) -> None:
    dataset = factories.make_dataset(votes_per_clip=1)
    voter = [factories.make_annotator()]
    for split in (Split.TRAIN, Split.VALIDATION, Split.TEST) * 8:
        factories.make_agreed_clip(dataset=dataset, split=split, by=voter)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        freeze(dataset=dataset, by=None)
