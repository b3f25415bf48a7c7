"""Groups of sources: which split they are in, and which of them are one song."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from curation.emotions import Emotion
from curation.models import Dataset, SourceGroup, Split
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries

SHARES = {"train": 60, "validation": 20, "test": 20, "seed": 1}


@pytest.fixture
def labelled(dataset: Dataset) -> Dataset:
    """Ten agreed songs without a split."""
    voters = factories.make_annotators(3)
    for i in range(10):
        factories.make_agreed_clip(dataset=dataset, by=voters, emotion=list(Emotion)[i % 2])
    return dataset


def splits(dataset: Dataset) -> list[str]:
    return list(SourceGroup.objects.filter(dataset=dataset).order_by("pk").values_list("split", flat=True))


def test_a_preview_moves_nothing(labelled: Dataset, carla: User, client_of: ClientOf) -> None:
    response = client_of(carla).get(reverse("curation:split", args=[labelled.slug]), SHARES)
    assert response.context["proposal"].n_groups == {"train": 6, "validation": 2, "test": 2}
    assert set(splits(labelled)) == {Split.NONE}


def test_what_is_accepted_is_what_was_seen(labelled: Dataset, carla: User, client_of: ClientOf) -> None:
    client, url = client_of(carla), reverse("curation:split", args=[labelled.slug])
    proposal = client.get(url, SHARES).context["proposal"]
    response = client.post(url, {**SHARES, "mark": proposal.mark})
    assert response["Location"] == reverse("curation:sources", args=[labelled.slug])
    kept = dict(SourceGroup.objects.filter(dataset=labelled).values_list("name", "split"))
    assert kept == proposal.chosen


def test_votes_that_come_in_between_ask_for_a_new_preview(
    labelled: Dataset, carla: User, client_of: ClientOf
) -> None:
    client, url = client_of(carla), reverse("curation:split", args=[labelled.slug])
    mark = client.get(url, SHARES).context["proposal"].mark
    factories.make_agreed_clip(dataset=labelled)
    response = client.post(url, {**SHARES, "mark": mark})
    assert response.status_code == 422
    assert "have changed since the preview" in response.content.decode()
    assert set(splits(labelled)) == {Split.NONE}


def test_shares_that_do_not_make_a_whole_are_refused_in_a_sentence(
    labelled: Dataset, carla: User, client_of: ClientOf
) -> None:
    url = reverse("curation:split", args=[labelled.slug])
    response = client_of(carla).get(url, {**SHARES, "train": 50})
    assert response.status_code == 422
    assert "sum to 100%" in response.content.decode()


def test_nothing_to_split_is_said_in_a_sentence(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    response = client_of(carla).get(reverse("curation:split", args=[dataset.slug]), SHARES)
    assert "label more clips first" in response.content.decode()


def test_a_group_is_moved_with_all_its_clips(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    group = factories.make_group(dataset)
    url = reverse("curation:set_split", args=[dataset.slug, group.pk])
    client_of(carla).post(url, {"split": "test"})
    assert splits(dataset) == ["test"]


def test_an_unknown_split_changes_nothing(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    group = factories.make_group(dataset, split="train")
    url = reverse("curation:set_split", args=[dataset.slug, group.pk])
    response = client_of(carla).post(url, {"split": "tset"}, follow=True)
    assert splits(dataset) == ["train"]
    assert "is not a split" in response.content.decode()


def test_two_groups_become_one(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    into, other = factories.make_group(dataset, split="train"), factories.make_group(dataset)
    source = factories.make_source(other)
    url = reverse("curation:merge_groups", args=[dataset.slug])
    client_of(carla).post(url, {"into": into.name, "other": other.name})
    source.refresh_from_db()
    assert source.group == into
    assert splits(dataset) == ["train"]


@pytest.mark.parametrize(
    ("other", "reason"),
    [("test-song", "move one of them first"), ("nothing", "There is no group of sources called")],
)
def test_groups_that_cannot_be_merged_stay_two(
    other: str, reason: str, dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    factories.make_group(dataset, split="train", name="train-song")
    factories.make_group(dataset, split="test", name="test-song")
    url = reverse("curation:merge_groups", args=[dataset.slug])
    response = client_of(carla).post(url, {"into": "train-song", "other": other}, follow=True)
    assert reason in response.content.decode()
    assert splits(dataset) == ["train", "test"]


def test_groups_are_found_by_title_and_split(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    group = factories.make_group(dataset, split="test")
    source = factories.make_source(group)
    factories.make_source(group)
    factories.make_source(factories.make_group(dataset, split="train"))
    url = reverse("curation:sources", args=[dataset.slug])
    for asked in ({"split": "test"}, {"q": source.title.upper()}):
        assert list(client_of(carla).get(url, asked).context["page_obj"]) == [group]


def test_more_groups_do_not_ask_more_questions(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    client, url = client_of(carla), reverse("curation:sources", args=[dataset.slug])
    factories.make_agreed_clip(dataset=dataset)
    before = n_queries(client, url)
    factories.make_agreed_clip(dataset=dataset)
    assert n_queries(client, url) == before <= 12
