"""The loop: what a run doubts goes back to people, and what they answered."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from annotations.models import RelabelRequest
from curation.models import Clip, Split
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries
from worker import services
from worker.models import Round, TrainingRun
from worker.querysets import answered_of

WISH = {"strategy": "entropy", "budget": 5, "votes_per_clip": 2}


def wish() -> dict[str, object]:
    """What the form sends, under a key of its own."""
    return {**WISH, "key": str(uuid.uuid4())}


@pytest.fixture
def run(db: None) -> TrainingRun:
    """A run that has scored three new clips besides those it was trained and validated on."""
    release = factories.make_release(splits=("train", "train", "validation", "test"))
    for _ in range(3):
        factories.make_clip(dataset=release.dataset)
    return factories.make_trained_run(release)


def surface(run: TrainingRun) -> str:
    return reverse("worker:surface", args=[run.release.dataset.slug, run.pk])


def test_doubtful_clips_go_back_to_people(run: TrainingRun, ravi: User, client_of: ClientOf) -> None:
    response = client_of(ravi).post(surface(run), wish(), follow=True)
    turn = Round.objects.get()
    assert response.redirect_chain[-1][0] == reverse("worker:round", args=[run.release.dataset.slug, turn.pk])
    assert "4 clips went back to people" in response.content.decode()
    scores = [sent.score for sent in response.context["page_obj"]]
    assert scores == sorted(scores, reverse=True)
    assert RelabelRequest.objects.count() == 4


@pytest.mark.parametrize(
    "absurd", [{**WISH, "budget": 0}, {**WISH, "strategy": "random"}, {**WISH, "votes_per_clip": ""}]
)
def test_a_wish_that_makes_no_sense_sends_nothing(
    absurd: dict[str, object], run: TrainingRun, ravi: User, client_of: ClientOf
) -> None:
    response = client_of(ravi).post(surface(run), {**wish(), **absurd}, follow=True)
    assert "alert-error" in response.content.decode()
    assert not Round.objects.exists()


def test_the_form_sent_twice_is_one_round(run: TrainingRun, ravi: User, client_of: ClientOf) -> None:
    client, same = client_of(ravi), {**wish(), "budget": 2}
    first, second = (client.post(surface(run), same) for _ in range(2))
    assert first.url == second.url
    assert (Round.objects.count(), RelabelRequest.objects.count()) == (1, 2)


def test_a_run_that_has_scored_nothing_says_so(ravi: User, client_of: ClientOf) -> None:
    run = factories.make_run()
    response = client_of(ravi).post(surface(run), wish(), follow=True)
    assert "has not scored any clips" in response.content.decode()


def test_a_second_round_finds_only_what_is_not_waiting(
    run: TrainingRun, ravi: User, client_of: ClientOf
) -> None:
    client = client_of(ravi)
    client.post(surface(run), wish())
    response = client.post(surface(run), wish(), follow=True)
    assert "No clip can be sent back" in response.content.decode()
    assert Round.objects.count() == 1


def test_a_round_counts_what_people_have_answered_since(run: TrainingRun) -> None:
    turn = services.surface(run=run, strategy="entropy", budget=3, votes_per_clip=2, by=None)
    assert answered_of(turn) == {"n_sent": 3, "n_answered": 0, "n_done": 0}
    once, twice = (sent.clip for sent in RelabelRequest.objects.order_by("-score")[:2])
    later = timezone.now() + timedelta(minutes=1)
    factories.make_vote(once, now=later)
    wanted = twice.demand.wanted - twice.demand.n_votes
    for _ in range(wanted):
        factories.make_vote(twice, now=later)
    assert answered_of(turn) == {"n_sent": 3, "n_answered": 2, "n_done": 1}


def test_votes_from_before_the_round_are_not_counted(run: TrainingRun) -> None:
    for clip in Clip.objects.in_split(Split.NONE):
        factories.make_vote(clip)
    turn = services.surface(run=run, strategy="margin", budget=9, votes_per_clip=1, by=None)
    assert answered_of(turn)["n_answered"] == 0


def test_a_test_clip_is_never_shown_with_a_prediction(
    run: TrainingRun, carla: User, ravi: User, client_of: ClientOf
) -> None:
    prediction = run.predictions.filter(clip__source__group__split=Split.NONE).first()
    assert prediction is not None
    # Scored while it was still in no split, and moved to test afterwards.
    prediction.clip.source.group.split = Split.TEST
    prediction.clip.source.group.save()
    url = reverse("worker:clip_predictions", args=[run.release.dataset.slug, prediction.clip.key])
    for person in (carla, ravi):
        response = client_of(person).get(url)
        assert response.context["opinions"] == []
        assert "Test clips are never shown with a prediction" in response.content.decode()


def test_a_clip_shows_what_the_newest_runs_think(run: TrainingRun, carla: User, client_of: ClientOf) -> None:
    clip = Clip.objects.in_split(Split.NONE).latest("pk")
    newer = factories.make_trained_run(run.release, probs={clip: [0, 0, 0, 0, 0, 1]})
    url = reverse("worker:clip_predictions", args=[run.release.dataset.slug, clip.key])
    response = client_of(carla).get(url, headers={"HX-Request": "true"})
    told = [(opinion.run_id, parts[-1].value) for opinion, parts in response.context["opinions"]]
    assert told == [(newer.pk, "Tension"), (run.pk, "Sad")]
    assert "<html" not in response.content.decode()


def test_a_run_that_knows_the_song_is_marked(run: TrainingRun, carla: User, client_of: ClientOf) -> None:
    clip = Clip.objects.in_split(Split.TRAIN).earliest("pk")
    url = reverse("worker:clip_predictions", args=[run.release.dataset.slug, clip.key])
    assert "Has learnt this song" in client_of(carla).get(url).content.decode()


def test_more_clips_do_not_ask_more_questions(run: TrainingRun, ravi: User, client_of: ClientOf) -> None:
    client, slug = client_of(ravi), run.release.dataset.slug
    small = services.surface(run=run, strategy="entropy", budget=1, votes_per_clip=1, by=ravi)
    large = services.surface(run=run, strategy="entropy", budget=3, votes_per_clip=1, by=ravi)
    before = n_queries(client, reverse("worker:round", args=[slug, small.pk]))
    assert n_queries(client, reverse("worker:round", args=[slug, large.pk])) == before <= 12
