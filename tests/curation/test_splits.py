"""Splits in the database: on the group of sources, and nowhere else."""

import pytest
from django.db import IntegrityError, transaction

from annotations import services as people
from curation import services
from curation.emotions import Emotion
from curation.errors import SplitError
from curation.models import Clip, Dataset, Source, SourceGroup, Split
from tests import factories

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}

pytestmark = pytest.mark.django_db


def splits_of(dataset: Dataset) -> dict[str, str]:
    return dict(SourceGroup.objects.filter(dataset=dataset).values_list("name", "split"))


def test_only_a_group_has_a_place_to_write_a_split() -> None:
    assert "split" in {field.name for field in SourceGroup._meta.get_fields()}
    for model in (Source, Clip):
        assert "split" not in {field.name for field in model._meta.get_fields()}


def test_two_clips_of_one_group_are_always_in_the_same_split(dataset: Dataset) -> None:
    group = factories.make_group(dataset)
    clips = [factories.make_clip(factories.make_source(group)) for _ in range(3)]
    services.set_split(group=group, split=Split.TEST)
    assert set(Clip.objects.in_split(Split.TEST)) == set(clips)
    assert not Clip.objects.in_split(Split.TRAIN, Split.VALIDATION, Split.NONE).exists()


def test_the_database_knows_no_fifth_split(dataset: Dataset) -> None:
    group = factories.make_group(dataset)
    with pytest.raises(IntegrityError, match="group_split_is_known"), transaction.atomic():
        SourceGroup.objects.filter(pk=group.pk).update(split="holdout")


def test_an_unknown_split_is_refused_with_the_known_ones(dataset: Dataset) -> None:
    with pytest.raises(SplitError, match="“holdout” is not a split; use one of train"):
        services.set_split(group=factories.make_group(dataset), split="holdout")


def test_labelled_groups_are_split_and_the_others_wait(dataset: Dataset) -> None:
    for _ in range(5):
        factories.make_agreed_clip(dataset=dataset)
    waiting = factories.make_clip(dataset=dataset)
    placed = services.assign_splits(dataset=dataset, shares=SHARES, seed=1)
    assert placed == {"test": 1, "train": 3, "validation": 1}
    assert waiting.source.group.split == Split.NONE
    assert waiting.source.group.name in splits_of(dataset)


def test_groups_of_another_dataset_are_left_alone(dataset: Dataset) -> None:
    other = factories.make_agreed_clip()
    for _ in range(3):
        factories.make_agreed_clip(dataset=dataset)
    services.assign_splits(dataset=dataset, shares=SHARES, seed=1)
    assert splits_of(other.dataset) == {other.source.group.name: "none"}


def test_a_second_assignment_moves_nothing_and_keeps_to_the_shares(dataset: Dataset) -> None:
    voters = factories.make_annotators(3)
    for _ in range(5):
        factories.make_agreed_clip(dataset=dataset, by=voters)
    services.assign_splits(dataset=dataset, shares=SHARES, seed=1)
    before = splits_of(dataset)
    for _ in range(5):
        factories.make_agreed_clip(dataset=dataset, by=voters)
    services.assign_splits(dataset=dataset, shares=SHARES, seed=2)
    after = splits_of(dataset)
    assert before.items() <= after.items()
    assert sorted(after.values()) == ["test"] * 2 + ["train"] * 6 + ["validation"] * 2


def test_with_nothing_labelled_there_is_nothing_to_split(dataset: Dataset) -> None:
    factories.make_clip(dataset=dataset)
    with pytest.raises(SplitError, match="No group of sources with an agreed label"):
        services.assign_splits(dataset=dataset, shares=SHARES, seed=1)


def test_a_proposal_changes_nothing_and_is_what_is_then_done(dataset: Dataset) -> None:
    for _ in range(5):
        factories.make_agreed_clip(dataset=dataset)
    proposal = services.propose_splits(dataset=dataset, shares=SHARES, seed=1)
    assert set(splits_of(dataset).values()) == {"none"}
    assert proposal.n_groups == {"train": 3, "validation": 1, "test": 1}
    assert proposal.balance["train"] == {"Sad": 3}
    services.assign_splits(dataset=dataset, shares=SHARES, seed=1, mark=proposal.mark)
    assert splits_of(dataset) == proposal.chosen


def test_a_proposal_overtaken_by_new_labels_is_refused(dataset: Dataset) -> None:
    for _ in range(5):
        factories.make_agreed_clip(dataset=dataset)
    seen = services.propose_splits(dataset=dataset, shares=SHARES, seed=1)
    factories.make_agreed_clip(dataset=dataset)
    with pytest.raises(SplitError, match="have changed since the preview"):
        services.assign_splits(dataset=dataset, shares=SHARES, seed=1, mark=seen.mark)


def test_relabelling_never_moves_a_clip(dataset: Dataset) -> None:
    voters = factories.make_annotators(3)
    clips = [factories.make_agreed_clip(dataset=dataset, by=voters) for _ in range(6)]
    services.assign_splits(dataset=dataset, shares=SHARES, seed=1)
    before = splits_of(dataset)
    for vote in [assignment.votes.get() for assignment in clips[0].assignments.all()]:
        people.correct_vote(
            vote=vote,
            annotator=vote.assignment.annotator,
            answer=people.Answer(Emotion.EXCITED),
            key=factories.uuid.uuid4(),
        )
    clips[0].label.refresh_from_db()
    assert clips[0].label.emotion == Emotion.EXCITED
    assert splits_of(dataset) == before


def test_merging_across_splits_is_refused_and_names_both(dataset: Dataset) -> None:
    live = factories.make_group(dataset, split=Split.TEST, name="live")
    studio = factories.make_group(dataset, split=Split.TRAIN, name="studio")
    with pytest.raises(SplitError, match="“live” is in Test and “studio” in Train; move one of them first"):
        services.merge_groups(into=live, other=studio)
    assert splits_of(dataset) == {"live": "test", "studio": "train"}


@pytest.mark.parametrize(
    ("into", "other", "merged"),
    [
        ("none", "test", "test"),
        ("train", "none", "train"),
        ("none", "none", "none"),
        ("test", "test", "test"),
    ],
)
def test_a_merged_group_keeps_the_split_that_one_of_them_had(
    dataset: Dataset, into: str, other: str, merged: str
) -> None:
    first, second = factories.make_group(dataset, split=into), factories.make_group(dataset, split=other)
    clips = [factories.make_clip(factories.make_source(group)) for group in (first, second)]
    services.merge_groups(into=first, other=second)
    assert splits_of(dataset) == {first.name: merged}
    assert set(Clip.objects.in_split(merged)) == set(clips)


def test_merging_looks_at_the_splits_of_this_moment(dataset: Dataset) -> None:
    live, studio = factories.make_group(dataset), factories.make_group(dataset, split=Split.TRAIN)
    SourceGroup.objects.filter(pk=live.pk).update(split=Split.TEST)  # since the page was opened
    with pytest.raises(SplitError, match="move one of them first"):
        services.merge_groups(into=live, other=studio)


def test_only_two_different_groups_of_one_dataset_are_merged(dataset: Dataset) -> None:
    group = factories.make_group(dataset)
    for other in (group, factories.make_group()):
        with pytest.raises(SplitError, match="two different groups of the same dataset"):
            services.merge_groups(into=group, other=other)
