"""Sending clips back to people."""

import pytest

from annotations import services as people
from annotations.errors import CannotRequest
from annotations.models import Annotator, Demand, RelabelRequest
from annotations.services import Pick
from curation.models import Clip, Dataset, Split
from tests import factories

pytestmark = pytest.mark.django_db


def request(*picks: Pick, votes: int = 2) -> list[RelabelRequest]:
    return people.request_relabels(
        picks=picks, strategy="entropy", votes_per_clip=votes, origin="round 1", by=None
    )


def test_a_requested_clip_wants_that_many_more_votes_and_goes_to_the_front(dataset: Dataset) -> None:
    clip = factories.make_agreed_clip(dataset=dataset)
    (made,) = request(Pick(clip, 1.5))
    demand = Demand.objects.get(clip=clip)
    assert (demand.wanted, demand.rank, made.state) == (5, 1.0, "open")


def test_a_clip_that_wants_more_already_does_not_want_less(dataset: Dataset) -> None:
    clip = factories.make_clip(dataset=dataset)
    request(Pick(clip, 1.0), votes=1)
    assert Demand.objects.get(clip=clip).wanted == 3


def test_places_lent_out_are_not_counted_as_new_votes(dataset: Dataset, amina: Annotator) -> None:
    clip = factories.make_clip(dataset=dataset, wanted=1)
    factories.make_lease(clip, amina)
    request(Pick(clip, 1.0))
    assert Demand.objects.get(clip=clip).wanted == 3


def test_a_met_request_is_done_and_leaves_the_front(dataset: Dataset) -> None:
    clip = factories.make_agreed_clip(dataset=dataset)
    (made,) = request(Pick(clip, 1.0))
    factories.make_vote(clip)
    made.refresh_from_db()
    assert made.state == "open"
    factories.make_vote(clip)
    made.refresh_from_db()
    assert made.state == "done"
    assert Demand.objects.get(clip=clip).rank is None


def test_a_clip_that_waits_already_is_not_requested_twice(dataset: Dataset) -> None:
    clip, other = factories.make_agreed_clip(dataset=dataset), factories.make_agreed_clip(dataset=dataset)
    request(Pick(clip, 1.0))
    made = request(Pick(clip, 9.0), Pick(other, 0.5))
    assert [r.clip for r in made] == [other]
    assert Demand.objects.get(clip=clip).rank == 1.0


def test_a_clip_can_be_requested_again_after_its_request_was_met(dataset: Dataset) -> None:
    clip = factories.make_agreed_clip(dataset=dataset)
    request(Pick(clip, 1.0), votes=1)
    factories.make_vote(clip)
    assert len(request(Pick(clip, 2.0), votes=1)) == 1
    assert Demand.objects.get(clip=clip).wanted == 5


def test_one_test_clip_refuses_the_whole_request_by_its_name(dataset: Dataset) -> None:
    clip = factories.make_agreed_clip(dataset=dataset)
    test_clip = factories.make_agreed_clip(dataset=dataset, split=Split.TEST)
    with pytest.raises(CannotRequest, match=f"Clip {test_clip.key} is a test clip; the loop never touches"):
        request(Pick(clip, 1.0), Pick(test_clip, 2.0))
    assert not RelabelRequest.objects.exists()
    assert Demand.objects.get(clip=clip).rank is None


def test_a_clip_that_cannot_be_watched_is_refused(dataset: Dataset) -> None:
    clip = factories.make_clip(dataset=dataset, state=Clip.State.PENDING, media="", media_sha256="")
    with pytest.raises(CannotRequest, match="is not ready to be watched: In preparation"):
        request(Pick(clip, 1.0))
