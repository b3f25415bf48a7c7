"""The gallery, one clip, and its files."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from annotations.models import Annotator
from curation.emotions import Emotion
from curation.models import Clip, Dataset, Split
from tests import factories
from tests.conftest import ClientOf
from tests.curation.conftest import FILM
from tests.queries import n_queries


@pytest.fixture
def clips(dataset: Dataset) -> dict[str, Clip]:
    """An agreed, a disputed, an open and a rejected clip."""
    disputed = factories.make_clip(dataset=dataset)
    for emotion in (Emotion.SAD, Emotion.FEAR, Emotion.TENSION):
        factories.make_vote(disputed, emotion=emotion)
    return {
        "agreed": factories.make_agreed_clip(dataset=dataset, split=Split.TEST, emotion=Emotion.FEAR),
        "disputed": disputed,
        "open": factories.make_clip(dataset=dataset),
        "rejected": factories.make_clip(dataset=dataset, state="rejected", rejection_reason="It is silent."),
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["agreed", "disputed", "open"]),
        ("status=disputed", ["disputed"]),
        ("emotion=Fear", ["agreed"]),
        ("split=test", ["agreed"]),
        ("state=rejected", ["rejected"]),
        ("status=disputed&split=test", []),
        ("status=nonsense&page=99", ["agreed", "disputed", "open"]),
        ("order=disagreement", ["agreed", "disputed", "open"]),
    ],
)
def test_the_gallery_shows_what_its_filters_ask_for(
    asked: str, found: list[str], clips: dict[str, Clip], dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    response = client_of(carla).get(f"{reverse('curation:clips', args=[dataset.slug])}?{asked}")
    assert {clip.key for clip in response.context["page_obj"]} == {clips[name].key for name in found}


def test_most_disagreement_comes_first_when_asked(
    clips: dict[str, Clip], dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    response = client_of(carla).get(f"{reverse('curation:clips', args=[dataset.slug])}?order=disagreement")
    assert response.context["page_obj"][0] == clips["disputed"]


def test_a_clip_is_found_by_its_title(
    clips: dict[str, Clip], dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    title = clips["open"].source.title
    response = client_of(carla).get(reverse("curation:clips", args=[dataset.slug]), {"q": title.upper()})
    assert clips["open"] in response.context["page_obj"]


def test_more_clips_do_not_ask_more_questions(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    client, url = client_of(carla), reverse("curation:clips", args=[dataset.slug])
    factories.make_agreed_clip(dataset=dataset)
    before = n_queries(client, url)
    factories.make_agreed_clip(dataset=dataset)
    assert n_queries(client, url) == before <= 12


def test_a_clip_shows_where_cultures_differ(
    amina: Annotator, bo: Annotator, dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    clip = factories.make_clip(dataset=dataset)
    factories.make_vote(clip, amina, emotion=Emotion.SAD)
    factories.make_vote(clip, bo, emotion=Emotion.FEAR)
    response = client_of(carla).get(clip.get_absolute_url())
    cultures = {culture: [part.value for part in parts] for culture, parts in response.context["cultures"]}
    assert cultures == {"KR": ["Sad"], "NP": ["Fear"]}
    assert "South Korea" in response.content.decode()


def test_a_clip_of_another_dataset_is_not_shown_here(
    dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    elsewhere = factories.make_clip()
    url = reverse("curation:clip", args=[dataset.slug, elsewhere.key])
    assert client_of(carla).get(url).status_code == 404


def test_a_player_gets_the_part_of_the_film_it_asks_for(
    dataset: Dataset, amina: Annotator, client_of: ClientOf, with_files: Callable[[Clip], Clip]
) -> None:
    clip = with_files(factories.make_clip(dataset=dataset))
    url = reverse("curation:clip_video", args=[clip.key])
    response = client_of(amina.user).get(url, headers={"Range": "bytes=4-7"})
    assert response.status_code == 206
    assert b"".join(response.streaming_content) == FILM[4:8]
    assert response["Content-Type"] == "video/mp4"


def test_a_film_does_not_tell_what_it_is_called(
    dataset: Dataset, amina: Annotator, client_of: ClientOf, with_files: Callable[[Clip], Clip]
) -> None:
    clip = with_files(factories.make_clip(dataset=dataset))
    for name in ("clip_video", "clip_poster"):
        response = client_of(amina.user).get(reverse(f"curation:{name}", args=[clip.key]))
        told = f"{response.request['PATH_INFO']} {dict(response.headers)}"
        assert clip.source.title not in told
        assert clip.source.file_name not in told
        assert "private" in response["Cache-Control"]


def test_a_film_that_is_known_is_not_sent_again(
    dataset: Dataset, amina: Annotator, client_of: ClientOf, with_files: Callable[[Clip], Clip]
) -> None:
    clip = with_files(factories.make_clip(dataset=dataset))
    client, url = client_of(amina.user), reverse("curation:clip_video", args=[clip.key])
    etag = client.get(url)["ETag"]
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_a_film_whose_file_is_gone_is_a_404(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    clip = factories.make_clip(dataset=dataset)
    assert client_of(carla).get(reverse("curation:clip_video", args=[clip.key])).status_code == 404
