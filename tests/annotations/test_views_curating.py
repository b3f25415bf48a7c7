"""What people's answers look like to a curator, and freezing them into a release."""

import uuid

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations import services
from annotations.models import Annotator
from curation.models import Clip, Dataset, Release, Split
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries


@pytest.fixture
def browser(carla: User, client_of: ClientOf) -> Client:
    """Carla's."""
    return client_of(carla)


@pytest.fixture
def clip(dataset: Dataset) -> Clip:
    """A clip nobody has answered."""
    return factories.make_clip(dataset=dataset)


def votes_url(clip: Clip) -> str:
    return reverse("annotations:clip_votes", args=[clip.dataset.slug, clip.key])


def freeze_url(dataset: Dataset) -> str:
    return reverse("annotations:freeze", args=[dataset.slug])


def releases_url(dataset: Dataset) -> str:
    return reverse("curation:releases", args=[dataset.slug])


# --- The votes on a clip -----------------------------------------------------------------------------


def test_a_clip_without_answers_says_so(clip: Clip, browser: Client) -> None:
    assert "Nobody has answered this clip yet." in browser.get(votes_url(clip)).content.decode()


def test_people_appear_under_their_pseudonyms_alone(clip: Clip, amina: Annotator, browser: Client) -> None:
    factories.make_vote(clip, amina)
    page = browser.get(votes_url(clip)).content.decode()
    assert amina.pseudonym in page
    assert "amina" not in page


def test_votes_stand_together_by_country(clip: Clip, browser: Client) -> None:
    voters = [factories.make_annotator(country=country) for country in ("NP", "KR", "NP")]
    for voter in voters:
        factories.make_vote(clip, voter)
    shown = [vote.assignment.annotator for vote in browser.get(votes_url(clip)).context["votes"]]
    assert shown == [voters[1], voters[0], voters[2]]


def test_only_answers_that_count_are_shown(
    clip: Clip, amina: Annotator, bo: Annotator, browser: Client
) -> None:
    first = factories.make_vote(clip, amina, emotion="Sad")
    factories.make_vote(clip, bo)
    answer = services.Answer(emotion="Fear")
    changed = services.correct_vote(vote=first, annotator=amina, answer=answer, key=uuid.uuid4())
    services.withdraw_consent(annotator=bo)
    assert list(browser.get(votes_url(clip)).context["votes"]) == [changed]


def test_why_people_skipped_the_clip_is_shown_the_most_frequent_reason_first(
    clip: Clip, browser: Client
) -> None:
    for reason in ("distressing", "broken", "broken"):
        voter = factories.make_annotator()
        services.skip(assignment=factories.make_lease(clip, voter), annotator=voter, reason=reason)
    page = browser.get(votes_url(clip)).content.decode()
    assert "It does not play (2)" in page
    assert page.index("It does not play (2)") < page.index("I would rather not watch it (1)")


def test_a_clip_nobody_skipped_says_nothing_about_it(clip: Clip, browser: Client) -> None:
    factories.make_vote(clip)
    assert "Skipped" not in browser.get(votes_url(clip)).content.decode()


def test_the_clips_own_page_takes_the_table_alone(clip: Clip, browser: Client) -> None:
    factories.make_vote(clip)
    part = browser.get(votes_url(clip), headers={"HX-Request": "true"})
    assert "<table" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]


def test_more_votes_do_not_ask_more_questions(clip: Clip, browser: Client) -> None:
    factories.make_vote(clip)
    before = n_queries(browser, votes_url(clip))
    for _ in range(2):
        factories.make_vote(clip)
    assert n_queries(browser, votes_url(clip)) == before <= 12


# --- Freezing ----------------------------------------------------------------------------------------


def test_a_curator_freezes_a_release_with_a_note(dataset: Dataset, carla: User, browser: Client) -> None:
    factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)
    response = browser.post(freeze_url(dataset), {"note": "The first."}, follow=True)
    release = Release.objects.get()
    assert (release.version, release.note, release.created_by) == ("1.0.0", "The first.", carla)
    assert response.redirect_chain == [(release.get_absolute_url(), 302)]
    assert "Release 1.0.0 is frozen." in response.content.decode()


def test_a_frozen_release_tells_how_far_people_agree(dataset: Dataset, browser: Client) -> None:
    for emotion in ("Sad", "Fear"):
        factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN, emotion=emotion)
    browser.post(freeze_url(dataset))
    agreement = Release.objects.get().agreement
    assert (agreement["alpha"], agreement["n_votes"], agreement["n_clips"]) == (1.0, 6, 2)


def test_a_long_note_is_cut(dataset: Dataset, browser: Client) -> None:
    factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)
    browser.post(freeze_url(dataset), {"note": "x" * 3000})
    assert len(Release.objects.get().note) == 2000


def test_with_nothing_agreed_there_is_no_release_and_a_sentence(
    dataset: Dataset, clip: Clip, browser: Client
) -> None:
    response = browser.post(freeze_url(dataset), follow=True)
    assert response.redirect_chain == [(releases_url(dataset), 302)]
    assert "Nothing can be released yet" in response.content.decode()
    assert not Release.objects.exists()


def test_freezing_twice_makes_one_release_and_a_sentence(dataset: Dataset, browser: Client) -> None:
    factories.make_agreed_clip(dataset=dataset, split=Split.TRAIN)
    browser.post(freeze_url(dataset))
    response = browser.post(freeze_url(dataset), follow=True)
    assert "Nothing has changed since release 1.0.0" in response.content.decode()
    assert Release.objects.count() == 1
