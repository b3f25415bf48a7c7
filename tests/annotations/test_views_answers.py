"""A person's own answers: seen by nobody else, changed without forgetting."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations import services
from annotations.models import Annotator, Vote
from curation.models import Clip, Dataset
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries


@pytest.fixture
def vote(dataset: Dataset, amina: Annotator) -> Vote:
    """Amina's answer to a clip whose source has names."""
    source = factories.make_source(
        factories.make_group(dataset, name="sesame"), title="Zwischen", artist="Quokka", file_name="xq-77.mp4"
    )
    return factories.make_vote(
        factories.make_clip(source), amina, emotion="Sad", second_emotion="Fear", confidence=2, cue="music"
    )


@pytest.fixture
def browser(amina: Annotator, client_of: ClientOf) -> Client:
    """Amina's."""
    return client_of(amina.user)


def answers_url(dataset: Dataset) -> str:
    return reverse("annotations:answers", args=[dataset.slug])


def change_url(vote: Vote) -> str:
    return reverse("annotations:answer_change", args=[vote.assignment.clip.dataset.slug, vote.pk])


def given(emotion: str, **more: object) -> dict[str, Any]:
    return {"emotion": emotion, "key": str(uuid.uuid4()), **more}


def test_the_list_holds_the_persons_own_answers_newest_first(
    dataset: Dataset, vote: Vote, amina: Annotator, bo: Annotator, browser: Client
) -> None:
    factories.make_vote(vote.assignment.clip, bo)
    newer = factories.make_vote(factories.make_clip(dataset=dataset), amina)
    assert list(browser.get(answers_url(dataset)).context["page"]) == [newer, vote]


def test_answers_to_other_datasets_are_listed_there(vote: Vote, amina: Annotator, browser: Client) -> None:
    other = factories.make_vote(factories.make_clip(), amina)
    assert list(browser.get(answers_url(other.assignment.clip.dataset)).context["page"]) == [other]


def test_without_answers_the_page_leads_to_the_first_clip(dataset: Dataset, browser: Client) -> None:
    page = browser.get(answers_url(dataset)).content.decode()
    assert "No answers yet" in page
    assert reverse("annotations:label", args=[dataset.slug]) in page


def test_a_changed_answer_is_a_new_one_and_the_old_one_stays(
    dataset: Dataset, vote: Vote, browser: Client
) -> None:
    response = browser.post(change_url(vote), given("Tension"), follow=True)
    assert response.redirect_chain == [(answers_url(dataset), 302)]
    assert "Your answer was changed." in response.content.decode()
    new = Vote.objects.exclude(pk=vote.pk).get()
    assert (new.supersedes, new.emotion, new.assignment) == (vote, "Tension", vote.assignment)
    assert list(response.context["page"]) == [new]
    vote.refresh_from_db()
    assert vote.emotion == "Sad"


def test_a_changed_answer_changes_the_clips_label(dataset: Dataset, vote: Vote, browser: Client) -> None:
    browser.post(change_url(vote), given("Tension"))
    assert Clip.objects.get(pk=vote.assignment.clip_id).label.posterior == {"Tension": 1.0}


def test_the_form_shows_what_was_answered(vote: Vote, browser: Client) -> None:
    page = browser.get(change_url(vote)).content.decode()
    for name, value in (
        ("emotion", "Sad"),
        ("second_emotion", "Fear"),
        ("confidence", "2"),
        ("cue", "music"),
    ):
        assert re.search(rf'name="{name}" value="{value}"[^>]* checked', page), name


def test_the_buttons_stand_as_on_the_labelling_page(vote: Vote, amina: Annotator, browser: Client) -> None:
    page = browser.get(change_url(vote)).content.decode()
    assert re.findall(r'name="emotion" value="(\w+)"', page) == amina.button_order


def test_a_change_without_an_emotion_is_refused(vote: Vote, browser: Client) -> None:
    response = browser.post(change_url(vote), given(""))
    assert response.status_code == 422
    assert "Choose one of the six emotions first." in response.content.decode()
    assert Vote.objects.count() == 1


def test_a_key_used_for_another_answer_is_refused_with_a_sentence(
    dataset: Dataset, vote: Vote, amina: Annotator, browser: Client
) -> None:
    other = factories.make_vote(factories.make_clip(dataset=dataset), amina, key=uuid.uuid4())
    response = browser.post(change_url(vote), given("Fear", key=str(other.key)), follow=True)
    assert "already used for another clip" in response.content.decode()
    assert Vote.objects.count() == 2


def test_an_answer_that_was_changed_can_no_longer_be_changed(vote: Vote, browser: Client) -> None:
    browser.post(change_url(vote), given("Tension"))
    for response in (browser.get(change_url(vote)), browser.post(change_url(vote), given("Fear"))):
        assert response.url == answers_url(vote.assignment.clip.dataset)
    assert [v.emotion for v in Vote.objects.current()] == ["Tension"]


def test_a_change_sent_twice_is_one_change_and_no_error(
    dataset: Dataset, vote: Vote, browser: Client
) -> None:
    answer = given("Tension")
    responses = [browser.post(change_url(vote), answer) for _ in range(2)]
    assert Vote.objects.count() == 2
    assert [response.status_code for response in responses] == [302, 302]


def test_someone_elses_answer_is_a_404(vote: Vote, bo: Annotator, client_of: ClientOf) -> None:
    client = client_of(bo.user)
    assert client.get(change_url(vote)).status_code == 404
    assert client.post(change_url(vote), given("Fear")).status_code == 404
    assert Vote.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_has_withdrawn_is_asked_for_consent_first(
    method: str, dataset: Dataset, vote: Vote, amina: Annotator, browser: Client
) -> None:
    services.withdraw_consent(annotator=amina)
    for url in (answers_url(dataset), change_url(vote)):
        response = getattr(browser, method)(url, given("Fear"))
        assert response.url.startswith(reverse("annotations:consent")), url
    assert Vote.objects.count() == 1


def test_neither_page_names_where_a_clip_comes_from(dataset: Dataset, vote: Vote, browser: Client) -> None:
    for url in (answers_url(dataset), change_url(vote)):
        page = browser.get(url).content.decode()
        assert vote.assignment.clip.key in page
        assert not [secret for secret in ("Zwischen", "Quokka", "xq-77", "sesame") if secret in page], url


def test_many_answers_come_in_pages_and_ask_no_more_questions(
    dataset: Dataset, vote: Vote, amina: Annotator, browser: Client
) -> None:
    before = n_queries(browser, answers_url(dataset))
    for _ in range(24):
        factories.make_vote(factories.make_clip(dataset=dataset), amina)
    assert n_queries(browser, answers_url(dataset)) == before <= 12
    assert list(browser.get(answers_url(dataset), {"page": "2"}).context["page"]) == [vote]
