"""The labelling screen: one clip, six buttons, the next clip; blind, and safe to send twice."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from annotations import services
from annotations.models import Annotator, Assignment, Demand, Vote
from annotations.next_clip import expire
from curation.emotions import Emotion
from curation.models import Clip, Dataset, SourceGroup
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries
from worker.models import Prediction

SCRIPT = {"HX-Request": "true"}
SECRETS = {
    "title": "Zwischen den Jahren",
    "artist": "Quokka Quartet",
    "file_name": "xq-77-final.mp4",
    "external_id": "dQw4w9WgXcQ",
    "url": "https://videos.example/watch?v=xq77",
    "provider": "Vidiverse",
    "genre": "shoegaze",
}
GROUP = "sesame-street-song"


@pytest.fixture
def clips(dataset: Dataset) -> list[Clip]:
    """Two clips of different songs, in the order in which they are served."""
    return [factories.make_clip(dataset=dataset) for _ in range(2)]


@pytest.fixture
def browser(amina: Annotator, client_of: ClientOf) -> Client:
    """Amina's."""
    return client_of(amina.user)


def label_url(dataset: Dataset) -> str:
    return reverse("annotations:label", args=[dataset.slug])


def open_page(browser: Client, dataset: Dataset) -> Assignment:
    """Open the labelling page; the assignment it shows."""
    shown: Assignment = browser.get(label_url(dataset)).context["assignment"]
    return shown


def url_of(name: str, assignment: Assignment) -> str:
    return reverse(f"annotations:{name}", args=[assignment.clip.dataset.slug, assignment.pk])


def given(emotion: str = Emotion.SAD, **more: object) -> dict[str, Any]:
    """What the form sends."""
    return {"emotion": str(emotion), "key": str(uuid.uuid4()), "seconds_heard": "20", **more}


def without_nonces(page: bytes) -> str:
    """A page without the two values that differ each time: the form's key and its CSRF token."""
    return re.sub(r'(name="(?:key|csrfmiddlewaretoken)" value=")[^"]+', r"\1", page.decode())


# --- One clip after the other ------------------------------------------------------------------------


def test_the_page_plays_the_clip_that_is_lent_to_the_person(
    dataset: Dataset, clips: list[Clip], amina: Annotator, browser: Client
) -> None:
    page = browser.get(label_url(dataset)).content.decode()
    held = Assignment.objects.open().get(annotator=amina)
    assert held.clip == clips[0]
    assert reverse("curation:clip_video", args=[held.clip.key]) in page
    assert f'action="{url_of("submit", held)}"' in page


def test_a_clip_stays_until_it_is_answered(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    assert open_page(browser, dataset) == open_page(browser, dataset)


def test_without_a_script_an_answer_leads_to_the_next_clip(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("submit", held), given(seconds_heard=""), follow=True)
    assert response.redirect_chain == [(label_url(dataset), 302)]
    assert response.context["assignment"].clip == clips[1]
    assert Vote.objects.get().assignment == held
    assert "<html" in response.content.decode()


def test_without_a_script_a_skip_leads_to_the_next_clip(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("skip", held), {"reason": "broken"}, follow=True)
    assert response.redirect_chain == [(label_url(dataset), 302)]
    assert response.context["assignment"].clip == clips[1]


def test_a_script_gets_the_next_clip_at_once_and_the_word_that_the_answer_is_kept(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("submit", held), given(), headers=SCRIPT)
    assert (response.status_code, response["X-Saved"]) == (200, "1")
    assert response.context["assignment"].clip == clips[1]
    assert "data-label-root" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_all_that_was_said_is_kept(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    held = open_page(browser, dataset)
    more = {"second_emotion": "Fear", "confidence": "2", "cue": "music", "active_ms": "9000"}
    browser.post(url_of("submit", held), given(**more), headers={"Accept-Language": "ko"})
    vote = Vote.objects.get()
    assert (vote.emotion, vote.second_emotion, vote.confidence, vote.cue) == ("Sad", "Fear", 2, "music")
    assert (vote.seconds_heard, vote.active_ms, vote.locale) == (20.0, 9000, "ko")


def test_a_second_emotion_equal_to_the_first_says_nothing(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    browser.post(url_of("submit", open_page(browser, dataset)), given(second_emotion="Sad"))
    assert Vote.objects.get().second_emotion == ""


def test_the_page_tells_how_many_are_answered_and_left(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    first = browser.get(label_url(dataset))
    assert "0 answered, 2 left" in first.content.decode()
    held = first.context["assignment"]
    assert "1 answered, 1 left" in browser.post(url_of("submit", held), given(), follow=True).content.decode()


def test_the_page_is_never_kept_by_a_browser(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    assert "no-store" in browser.get(label_url(dataset))["Cache-Control"]


def test_an_answer_without_the_forms_token_is_refused(
    dataset: Dataset, clips: list[Clip], amina: Annotator, browser: Client
) -> None:
    held = open_page(browser, dataset)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(amina.user, backend="annotations.roles.PasswordBackend")
    assert strict.post(url_of("submit", held), given()).status_code == 403
    assert not Vote.objects.exists()


def test_more_clips_do_not_ask_more_questions(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    open_page(browser, dataset)
    before = n_queries(browser, label_url(dataset))
    factories.make_clip(dataset=dataset)
    assert n_queries(browser, label_url(dataset)) == before <= 16


# --- Answers that are refused ------------------------------------------------------------------------


def test_the_same_answer_sent_twice_is_one_vote_and_kept_both_times(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held, answer = open_page(browser, dataset), given()
    responses = [browser.post(url_of("submit", held), answer, headers=SCRIPT) for _ in range(2)]
    assert [response["X-Saved"] for response in responses] == ["1", "1"]
    assert Vote.objects.count() == 1


def test_a_second_answer_to_a_clip_is_refused_with_a_sentence(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    browser.post(url_of("submit", held), given("Sad"))
    response = browser.post(url_of("submit", held), given("Fear"), headers=SCRIPT)
    assert "You have already answered this clip" in response.content.decode()
    assert "X-Saved" not in response
    assert Vote.objects.get().emotion == "Sad"


def test_an_answer_to_a_skipped_clip_is_refused_with_a_sentence(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    browser.post(url_of("skip", held), {"reason": "distressing"})
    response = browser.post(url_of("submit", held), given(), follow=True)
    assert "You have skipped this clip" in response.content.decode()
    assert not Vote.objects.exists()


def test_a_key_used_for_another_clip_is_refused_with_a_sentence(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    answer = given()
    browser.post(url_of("submit", open_page(browser, dataset)), answer)
    response = browser.post(url_of("submit", open_page(browser, dataset)), answer, headers=SCRIPT)
    assert "already used for another clip" in response.content.decode()
    assert "X-Saved" not in response
    assert Vote.objects.count() == 1


def test_a_late_answer_that_nobody_needs_any_more_is_refused_with_a_sentence(
    dataset: Dataset, clips: list[Clip], bo: Annotator, browser: Client
) -> None:
    Demand.objects.update(wanted=1)
    held = open_page(browser, dataset)
    expire(held)
    factories.make_vote(held.clip, bo)
    response = browser.post(url_of("submit", held), given(), headers=SCRIPT)
    assert "your answer was not needed" in response.content.decode()
    assert "X-Saved" not in response


def test_an_answer_before_enough_was_heard_is_refused_and_keeps_the_choice(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("submit", held), given("Fear", seconds_heard="1"), headers=SCRIPT)
    page = response.content.decode()
    assert response.status_code == 422
    assert "You have heard 1 of the 5 seconds" in page
    assert re.search(r'name="emotion" value="Fear"[^>]* checked', page)
    assert "X-Saved" not in response
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "answer",
    [
        {"emotion": ""},
        {"emotion": "Bored"},
        {"key": "not-a-key"},
        {"key": ""},
        {"second_emotion": "Bored"},
        {"confidence": "4"},
        {"cue": "smell"},
        {"seconds_heard": "-1"},
        {"seconds_heard": "nan"},
        {"active_ms": "many"},
    ],
    ids=str,
)
@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["browser", "script"])
def test_an_answer_that_cannot_be_understood_is_refused_and_the_clip_stays(
    answer: dict[str, str], headers: dict[str, str], dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("submit", held), given(**answer), headers=headers)
    assert response.status_code == 422
    assert response.context["assignment"] == held
    assert "X-Saved" not in response
    assert not Vote.objects.exists()


def test_no_choice_is_answered_with_what_to_do(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    response = browser.post(url_of("submit", open_page(browser, dataset)), given(""))
    assert "Choose one of the six emotions first." in response.content.decode()


def test_the_address_of_a_refused_answer_opened_again_shows_the_clip(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    response = browser.get(url_of("submit", open_page(browser, dataset)))
    assert (response.status_code, response["Location"]) == (302, label_url(dataset))


# --- Skipping ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", Assignment.Skip.values)
def test_a_clip_is_skipped_for_a_reason_and_its_place_is_free_again(
    reason: str, dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("skip", held), {"reason": reason}, headers=SCRIPT)
    held.refresh_from_db()
    assert (held.state, held.skip_reason) == (Assignment.State.SKIPPED, reason)
    assert Demand.objects.get(clip=held.clip).n_leased == 0
    assert response.context["assignment"].clip == clips[1]
    assert "X-Saved" not in response


@pytest.mark.parametrize("answer", [{}, {"reason": "bored"}])
def test_a_skip_without_one_of_the_reasons_leaves_the_clip_where_it_is(
    answer: dict[str, str], dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    held = open_page(browser, dataset)
    response = browser.post(url_of("skip", held), answer, headers=SCRIPT)
    assert response.context["assignment"] == held


def test_a_skip_sent_twice_is_one_skip(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    held = open_page(browser, dataset)
    for reason in ("broken", "no_sound"):
        browser.post(url_of("skip", held), {"reason": reason})
    held.refresh_from_db()
    assert held.skip_reason == "broken"


def test_a_skip_after_an_answer_changes_nothing(dataset: Dataset, clips: list[Clip], browser: Client) -> None:
    held = open_page(browser, dataset)
    browser.post(url_of("submit", held), given())
    browser.post(url_of("skip", held), {"reason": "broken"})
    held.refresh_from_db()
    assert (held.state, Vote.objects.count()) == (Assignment.State.VOTED, 1)


# --- Whose clip it is --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["submit", "skip"])
def test_someone_elses_clip_is_a_404(
    name: str, dataset: Dataset, clips: list[Clip], bo: Annotator, browser: Client
) -> None:
    theirs = factories.make_lease(clips[0], bo)
    response = browser.post(url_of(name, theirs), given(reason="broken"))
    theirs.refresh_from_db()
    assert response.status_code == 404
    assert (theirs.state, Vote.objects.count()) == (Assignment.State.OPEN, 0)


@pytest.mark.parametrize("name", ["label", "submit", "skip"])
def test_without_consent_nothing_is_shown_and_nothing_is_recorded(
    name: str, dataset: Dataset, clips: list[Clip], amina: Annotator, browser: Client
) -> None:
    held = open_page(browser, dataset)
    services.withdraw_consent(annotator=amina)
    if name == "label":
        response, after = browser.get(label_url(dataset)), label_url(dataset)
    else:
        response, after = browser.post(url_of(name, held), given(reason="broken")), reverse("home")
    assert response.url == reverse("annotations:consent", query={"next": after})
    assert not Vote.objects.exists()


# --- Blindness ---------------------------------------------------------------------------------------


@pytest.fixture
def telltale(dataset: Dataset, amina: Annotator) -> Assignment:
    """A clip with a source of many names, which Amina is looking at."""
    group = factories.make_group(dataset, name=GROUP)
    return factories.make_lease(factories.make_clip(factories.make_source(group, **SECRETS)), amina)


def look_at(browser: Client, held: Assignment, headers: dict[str, str]) -> bytes:
    """The page of a lease that is still running."""
    Assignment.objects.filter(pk=held.pk).update(leased_until=held.leased_until + timedelta(days=36_500))
    content: bytes = browser.get(label_url(held.clip.dataset), headers=headers).content
    return content


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "fragment"])
def test_the_page_names_nothing_of_where_the_clip_comes_from(
    telltale: Assignment, browser: Client, headers: dict[str, str]
) -> None:
    page = look_at(browser, telltale, headers).decode()
    assert telltale.clip.key in page
    assert not [secret for secret in (*SECRETS.values(), GROUP) if secret in page]


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "fragment"])
def test_the_page_is_byte_for_byte_the_same_whatever_others_and_the_network_say(
    telltale: Assignment, bo: Annotator, browser: Client, headers: dict[str, str]
) -> None:
    clip = telltale.clip
    before = look_at(browser, telltale, headers)
    run = factories.make_trained_run()
    factories.make_vote(clip, bo, emotion="Tension", second_emotion="Fear", confidence=3, cue="face")
    Prediction.objects.create(
        run=run, clip=clip, probs=[0.0137, 0.9, 0.0, 0.0, 0.0, 0.0863], is_out_of_fold=True
    )
    services.request_relabels(
        picks=[services.Pick(clip, 0.77)], strategy="entropy", votes_per_clip=2, origin="round 9", by=None
    )
    Assignment.objects.filter(pk=telltale.pk).update(reason=Assignment.Reason.RELABEL)
    SourceGroup.objects.filter(pk=clip.source.group_id).update(name="another-song", split="validation")
    assert without_nonces(browser.get(label_url(clip.dataset), headers=headers).content) == without_nonces(
        before
    )


def test_a_refused_answer_shows_no_more_than_the_page_did(telltale: Assignment, browser: Client) -> None:
    page = browser.post(url_of("submit", telltale), given(seconds_heard="0")).content.decode()
    assert not [secret for secret in (*SECRETS.values(), GROUP) if secret in page]


# --- When there is no clip ---------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, SCRIPT], ids=["page", "fragment"])
class TestNothingToLabel:
    """The page says why there is no clip, as a page and as a part of one."""

    def test_nothing_imported_yet(self, dataset: Dataset, browser: Client, headers: dict[str, str]) -> None:
        response = browser.get(label_url(dataset), headers=headers)
        assert (response.status_code, response.context["state"]) == (200, "no_clips")
        assert "No clips yet" in response.content.decode()

    def test_all_answered(
        self, dataset: Dataset, clips: list[Clip], amina: Annotator, browser: Client, headers: dict[str, str]
    ) -> None:
        for clip in clips:
            factories.make_vote(clip, amina)
        response = browser.get(label_url(dataset), headers=headers)
        assert (response.context["state"], response.context["n_done"]) == ("done", 2)
        assert "That was everything" in response.content.decode()

    def test_a_short_rest_between_clips_of_one_song(
        self, dataset: Dataset, browser: Client, headers: dict[str, str]
    ) -> None:
        source = factories.make_source(factories.make_group(dataset))
        for _ in range(2):
            factories.make_clip(source)
        browser.post(url_of("submit", open_page(browser, dataset)), given())
        response = browser.get(label_url(dataset), headers=headers)
        assert (response.context["state"], response.context["n_done"]) == ("rest", 1)
        assert "Come back at" in response.content.decode()

    def test_a_script_finds_its_root_in_it(
        self, dataset: Dataset, browser: Client, headers: dict[str, str]
    ) -> None:
        page = browser.get(label_url(dataset), headers=headers).content.decode()
        assert "data-label-root" in page
        assert ("<html" in page) == (not headers)


def test_the_last_answer_is_kept_and_thanked_for(dataset: Dataset, browser: Client) -> None:
    factories.make_clip(dataset=dataset)
    held = open_page(browser, dataset)
    response = browser.post(url_of("submit", held), given(), headers=SCRIPT)
    assert (response["X-Saved"], response.context["state"]) == ("1", "done")


# --- The six buttons ---------------------------------------------------------------------------------


def buttons(browser: Client, dataset: Dataset) -> list[str]:
    """The emotions in the order of the page's buttons."""
    return re.findall(r'name="emotion" value="(\w+)"', browser.get(label_url(dataset)).content.decode())


def test_a_persons_buttons_keep_their_order_from_clip_to_clip(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    before = buttons(browser, dataset)
    browser.post(url_of("submit", open_page(browser, dataset)), given())
    assert buttons(browser, dataset) == before
    assert sorted(before) == sorted(Emotion.values)


def test_the_order_of_the_buttons_differs_between_people(dataset: Dataset, client_of: ClientOf) -> None:
    factories.make_clip(dataset=dataset, wanted=10)
    orders = [buttons(client_of(person.user), dataset) for person in factories.make_annotators(10)]
    assert len({tuple(order) for order in orders}) > 5
    assert len({order[0] for order in orders}) > 2


def test_the_order_a_person_saw_is_kept_with_the_answer(
    dataset: Dataset, clips: list[Clip], browser: Client
) -> None:
    seen = buttons(browser, dataset)
    browser.post(url_of("submit", open_page(browser, dataset)), given())
    assert Vote.objects.get().button_order == seen
