"""Every page of the machine room is asked the same questions."""

from typing import NamedTuple

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator
from curation.models import Clip, Import
from tests import factories
from tests.conftest import ClientOf
from worker import services
from worker.models import Job


class Page(NamedTuple):
    """A URL by its name, who may open it, and how."""

    name: str
    args: tuple[str, ...]
    readers: tuple[str, ...]
    method: str = "get"
    works: int = 200


CURATOR, RESEARCHER = ("carla",), ("ravi",)
PAGES = [
    Page("imports", ("slug",), CURATOR),
    Page("import_new", ("slug",), CURATOR),
    Page("import", ("slug", "import"), CURATOR),
    Page("import_example", (), CURATOR),
    Page("runs", ("slug",), RESEARCHER),
    Page("run_new", ("slug",), RESEARCHER),
    Page("run", ("slug", "run"), RESEARCHER),
    Page("surface", ("slug", "run"), RESEARCHER, method="post", works=302),
    Page("round", ("slug", "round"), RESEARCHER),
    Page("clip_predictions", ("slug", "key"), ("carla", "ravi")),
    Page("jobs", (), ("carla", "ravi", "ada")),
    Page("job", ("job",), ("carla", "ravi", "ada")),
    Page("job_cancel", ("job",), RESEARCHER, method="post", works=302),
    Page("job_retry", ("job",), RESEARCHER, method="post", works=302),
]
IDS = [page.name for page in PAGES]
CAST = ("amina", "carla", "ravi", "ada", "eve")
MISSING = "999999"


@pytest.fixture
def cast(amina: Annotator, carla: User, ravi: User, ada: User, eve: User) -> dict[str, User]:
    """Everybody, by name."""
    return {"amina": amina.user, "carla": carla, "ravi": ravi, "ada": ada, "eve": eve}


@pytest.fixture
def world(db: None) -> dict[str, str]:
    """The arguments of every URL, in a dataset with a trained run, a round and an import."""
    run = factories.make_trained_run()
    dataset = run.release.dataset
    turn = services.surface(run=run, strategy="entropy", budget=1, votes_per_clip=1, by=None)
    batch = Import.objects.create(dataset=dataset, folder="/nowhere")
    factories.make_job(Job.Kind.IMPORT, subject_id=batch.pk, dataset=dataset)
    return {
        "slug": dataset.slug,
        "import": str(batch.pk),
        "run": str(run.pk),
        "round": str(turn.pk),
        "job": str(run.job_id),
        "key": Clip.objects.filter(dataset=dataset).earliest("pk").key,
    }


def address(page: Page, world: dict[str, str], **instead: str) -> str:
    """The page's URL in the world, with some arguments replaced."""
    return reverse(f"worker:{page.name}", args=[{**world, **instead}[name] for name in page.args])


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
    wrong = client.get if page.method == "post" else client.put
    assert wrong(address(page, world)).status_code == 405


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_about_something_that_is_not_there_is_a_404(
    page: Page, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    client = client_of(cast[page.readers[0]])
    for name in page.args:
        url = address(page, world, **{name: MISSING})
        assert getattr(client, page.method)(url).status_code == 404, name


@pytest.mark.parametrize("name", ["import", "run", "round"])
def test_a_row_of_another_dataset_is_a_404(
    name: str, world: dict[str, str], cast: dict[str, User], client_of: ClientOf
) -> None:
    page = next(page for page in PAGES if page.name == name)
    url = address(page, world, slug=factories.make_dataset().slug)
    assert client_of(cast[page.readers[0]]).get(url).status_code == 404
