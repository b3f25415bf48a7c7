"""Every page of the dataset is asked the same questions."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator
from curation.models import Clip, Dataset, Release
from tests import factories
from tests.conftest import ClientOf


class World(NamedTuple):
    """A dataset with something of everything."""

    dataset: Dataset
    release: Release
    clip: Clip


class Page(NamedTuple):
    """A URL by its name, who may open it, and how."""

    name: str
    args: tuple[str, ...] = ()
    readers: tuple[str, ...] = ("carla", "ravi")
    method: str = "get"
    works: int = 200


PAGES = [
    Page("home", readers=("amina", "carla", "ravi", "ada", "eve")),
    Page("curation:dataset_new", readers=("carla",)),
    Page("curation:dataset", ("slug",)),
    Page("curation:dataset_edit", ("slug",), readers=("carla",)),
    Page("curation:clips", ("slug",)),
    Page("curation:clip", ("slug", "key")),
    Page("curation:clip_video", ("key",), readers=("amina", "carla", "ravi")),
    Page("curation:clip_poster", ("key",), readers=("amina", "carla", "ravi")),
    Page("curation:sources", ("slug",)),
    Page("curation:split", ("slug",), readers=("carla",)),
    Page("curation:set_split", ("slug", "group"), readers=("carla",), method="post", works=302),
    Page("curation:merge_groups", ("slug",), readers=("carla",), method="post", works=302),
    Page("curation:releases", ("slug",)),
    Page("curation:release", ("slug", "version")),
    Page("curation:release_download", ("slug", "version", "kind")),
]
MISSING = {"slug": "nowhere", "key": "000000000000", "group": "999999", "version": "9.9.9", "kind": "all.zip"}
CAST = ("amina", "carla", "ravi", "ada", "eve")
IDS = [page.name for page in PAGES]


@pytest.fixture
def cast(amina: Annotator, carla: User, ravi: User, ada: User, eve: User) -> dict[str, User]:
    """Everybody, by name."""
    return {"amina": amina.user, "carla": carla, "ravi": ravi, "ada": ada, "eve": eve}


@pytest.fixture
def world(dataset: Dataset, with_files: Callable[[Clip], Clip]) -> World:
    """A dataset with a release, and a clip whose files are there."""
    release = factories.make_release(dataset)
    return World(dataset, release, with_files(Clip.objects.filter(dataset=dataset).earliest("pk")))


def address(page: Page, world: World, **instead: str) -> str:
    """The page's URL in the world, with some arguments replaced."""
    known = {
        "slug": world.dataset.slug,
        "key": world.clip.key,
        "group": str(world.clip.source.group_id),
        "version": world.release.version,
        "kind": "clips.csv",
    }
    return reverse(page.name, args=[{**known, **instead}[name] for name in page.args])


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_works_for_those_whose_role_it_is(
    page: Page, world: World, cast: dict[str, User], client_of: ClientOf
) -> None:
    for name in page.readers:
        response = getattr(client_of(cast[name]), page.method)(address(page, world))
        assert response.status_code == page.works, name


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_is_refused_to_every_other_role(
    page: Page, world: World, cast: dict[str, User], client_of: ClientOf
) -> None:
    for name in set(CAST) - set(page.readers):
        response = getattr(client_of(cast[name]), page.method)(address(page, world))
        assert response.status_code == 403, name


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_sends_strangers_to_the_login(page: Page, world: World, client: Client) -> None:
    response = getattr(client, page.method)(address(page, world))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_refuses_other_methods(page: Page, world: World, carla: User, client_of: ClientOf) -> None:
    client = client_of(carla)
    wrong = client.get if page.method == "post" else client.put
    assert wrong(address(page, world)).status_code == 405


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_about_something_that_is_not_there_is_a_404(
    page: Page, world: World, carla: User, client_of: ClientOf
) -> None:
    for name in page.args:
        url = address(page, world, **{name: MISSING[name]})
        assert getattr(client_of(carla), page.method)(url).status_code == 404, name


@pytest.mark.parametrize("version", ["1.0", "1.0.0.0", "latest", "1.x.0"])
def test_a_version_that_is_none_is_a_404(
    version: str, world: World, carla: User, client_of: ClientOf
) -> None:
    url = reverse("curation:release", args=[world.dataset.slug, version])
    assert client_of(carla).get(url).status_code == 404
