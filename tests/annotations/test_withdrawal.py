"""Consent can be withdrawn: the answers leave labels and future releases, and the places become free."""

import pytest

from annotations import next_clip
from annotations import services as people
from annotations.models import Annotator, Assignment, Demand, Vote
from annotations.releasing import freeze, votes_for_release
from curation.emotions import Emotion
from curation.models import Clip, ClipLabel, Dataset, Split
from tests import factories

pytestmark = pytest.mark.django_db


def places(clip: Clip) -> tuple[int, int, int]:
    demand = Demand.objects.get(clip=clip)
    return demand.n_votes, demand.n_leased, demand.wanted


@pytest.fixture
def agreed(dataset: Dataset, amina: Annotator, bo: Annotator) -> Clip:
    """Amina says Fear; Bo and one more say Sad."""
    clip = factories.make_clip(dataset=dataset, split=Split.TRAIN)
    factories.make_vote(clip, amina, emotion=Emotion.FEAR)
    factories.make_vote(clip, bo)
    factories.make_vote(clip)
    return clip


def test_the_answers_leave_the_label_but_not_the_database(agreed: Clip, amina: Annotator) -> None:
    people.withdraw_consent(annotator=amina)
    agreed.label.refresh_from_db()
    assert (agreed.label.status, agreed.label.n_votes) == (ClipLabel.Status.OPEN, 2)
    assert agreed.label.posterior == {"Sad": 1.0}
    assert Vote.objects.count() == 3


def test_someone_else_is_asked_instead(agreed: Clip, amina: Annotator) -> None:
    people.withdraw_consent(annotator=amina)
    assert places(agreed) == (2, 0, 3)
    newcomer = factories.make_annotator()
    served = next_clip.assign_next(annotator=newcomer, dataset=agreed.dataset).assignment
    assert served is not None
    people.record_vote(
        assignment=served, annotator=newcomer, answer=people.Answer("Sad"), key=factories.uuid.uuid4()
    )
    agreed.label.refresh_from_db()
    assert (agreed.label.status, agreed.label.n_votes) == (ClipLabel.Status.AGREED, 3)


def test_the_answers_leave_future_releases_and_stay_in_old_ones(agreed: Clip, amina: Annotator) -> None:
    old = freeze(dataset=agreed.dataset, by=None)
    people.withdraw_consent(annotator=amina)
    factories.make_vote(agreed)
    new = freeze(dataset=agreed.dataset, by=None)
    assert amina.pseudonym in str(list(old.items.values_list("record", flat=True)))
    assert amina.pseudonym not in str(list(new.items.values_list("record", flat=True)))
    assert amina.pseudonym not in str(votes_for_release(agreed.dataset))


def test_an_open_lease_goes_back(dataset: Dataset, amina: Annotator) -> None:
    clip = factories.make_clip(dataset=dataset)
    next_clip.assign_next(annotator=amina, dataset=dataset)
    people.withdraw_consent(annotator=amina)
    assert places(clip) == (0, 0, 3)
    assert Assignment.objects.get().state == Assignment.State.EXPIRED


def test_withdrawing_twice_takes_the_answers_out_once(agreed: Clip, amina: Annotator) -> None:
    people.withdraw_consent(annotator=amina)
    people.withdraw_consent(annotator=amina)
    assert places(agreed) == (2, 0, 3)


def test_agreeing_again_brings_the_answers_back(agreed: Clip, amina: Annotator) -> None:
    people.withdraw_consent(annotator=amina)
    people.give_consent(annotator=amina)
    agreed.label.refresh_from_db()
    assert (agreed.label.status, agreed.label.n_votes) == (ClipLabel.Status.AGREED, 3)
    assert places(agreed) == (3, 0, 3)


def test_agreeing_again_after_others_answered_makes_room_for_all(agreed: Clip, amina: Annotator) -> None:
    people.withdraw_consent(annotator=amina)
    factories.make_vote(agreed)
    people.give_consent(annotator=amina)
    assert places(agreed) == (4, 0, 4)
    agreed.label.refresh_from_db()
    assert agreed.label.n_votes == 4


def test_agreeing_for_the_first_time_changes_no_label(agreed: Clip) -> None:
    before = ClipLabel.objects.get(clip=agreed).updated_at
    people.give_consent(annotator=factories.make_annotator(consented=False))
    assert ClipLabel.objects.get(clip=agreed).updated_at == before


def test_a_corrected_answer_leaves_once(agreed: Clip, amina: Annotator) -> None:
    people.correct_vote(
        vote=Vote.objects.get(assignment__annotator=amina),
        annotator=amina,
        answer=people.Answer("Neutral"),
        key=factories.uuid.uuid4(),
    )
    people.withdraw_consent(annotator=amina)
    assert places(agreed) == (2, 0, 3)
