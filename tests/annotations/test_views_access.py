"""Every page of the people is asked the same questions."""

from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator
from curation.models import Dataset
from tests import factories
from tests.conftest import ClientOf


class Page(NamedTuple):
    """A URL by its name, who may open it, and how."""

    name: str
    args: tuple[str, ...]
    readers: tuple[str, ...]
    method: str = "get"
    works: int = 200


ANNOTATOR, CURATOR, ADMIN = ("amina",), ("carla",), ("ada",)
PAGES = [
    Page("consent", (), ANNOTATOR),
    Page("withdraw", (), ANNOTATOR, method="post", works=302),
    Page("profile", (), ANNOTATOR),
    Page("people", (), ADMIN),
    Page("person_new", (), ADMIN),
    Page("person", ("user",), ADMIN),
    Page("label", ("slug",), ANNOTATOR),
    Page("submit", ("slug", "assignment"), ANNOTATOR, method="post", works=422),
    Page("skip", ("slug", "assignment"), ANNOTATOR, method="post", works=302),
    Page("answers", ("slug",), ANNOTATOR),
    Page("answer_change", ("slug", "vote"), ANNOTATOR),
    Page("clip_votes", ("slug", "key"), CURATOR),
    Page("freeze", ("slug",), CURATOR, method="post", works=302),
]
IDS = [page.name for page in PAGES]
CAST = ("amina", "carla", "ravi", "ada", "eve")
MISSING = "999999"


@pytest.fixture
def cast(amina: Annotator, carla: User, ravi: User, ada: User, eve: User) -> dict[str, User]:
    """Everybody, by name."""
    return {"amina": amina.user, "carla": carla, "ravi": ravi, "ada": ada, "eve": eve}


@pytest.fixture
def world(dataset: Dataset, amina: Annotator, eve: User) -> dict[str, str]:
    """The arguments of every URL: Amina has answered one clip and is looking at another."""
    vote = factories.make_vote(factories.make_clip(dataset=dataset), amina)
    lease = factories.make_lease(factories.make_clip(dataset=dataset), amina)
    return {
        "slug": dataset.slug,
        "key": lease.clip.key,
        "assignment": str(lease.pk),
        "vote": str(vote.pk),
        "user": str(eve.pk),
    }


def address(page: Page, world: dict[str, str], **instead: str) -> str:
    """The page's URL in the world, with some arguments replaced."""
    return reverse(f"annotations:{page.name}", args=[{**world, **instead}[name] for name in page.args])


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_works_for_those_whose_role_it_is(
    page: Page, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    for name in page.readers:
        response = getattr(client_of(cast[name]), page.method)(address(page, world))
        assert response.status_code == page.works, name


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_is_refused_to_every_other_role(
    page: Page, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    for name in set(CAST) - set(page.readers):
        response = getattr(client_of(cast[name]), page.method)(address(page, world))
        assert response.status_code == 403, name


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_sends_strangers_to_the_login(page: Page, world: dict[str, str], client: Client) -> None:
    response = getattr(client, page.method)(address(page, world))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_refuses_other_methods(
    page: Page, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    client = client_of(cast[page.readers[0]])
    assert client.put(address(page, world)).status_code == 405
    assert client.delete(address(page, world)).status_code == 405
    if page.method == "post" and page.name != "submit":  # its address may be opened again: see the labelling
        assert client.get(address(page, world)).status_code == 405


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_about_something_that_is_not_there_is_a_404(
    page: Page, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    client = client_of(cast[page.readers[0]])
    for name in page.args:
        url = address(page, world, **{name: MISSING})
        assert getattr(client, page.method)(url).status_code == 404, name


@pytest.mark.parametrize("name", ["submit", "skip", "answer_change", "clip_votes"])
def test_a_row_of_another_dataset_is_a_404(
    name: str, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    page = next(page for page in PAGES if page.name == name)
    url = address(page, world, slug=factories.make_dataset().slug)
    assert getattr(client_of(cast[page.readers[0]]), page.method)(url).status_code == 404
