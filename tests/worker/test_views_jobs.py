"""Background work: what runs, what waits, what failed."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from curation.models import Dataset
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries
from worker.models import Job


@pytest.mark.parametrize(
    ("person", "kind", "status"),
    [
        ("carla", "import", 302),
        ("carla", "training", 403),
        ("carla", "scoring", 403),
        ("ravi", "import", 403),
        ("ravi", "training", 302),
        ("ravi", "scoring", 302),
        ("ada", "import", 403),
        ("ada", "training", 403),
    ],
)
def test_jobs_are_steered_by_those_whose_work_they_are(
    person: str, kind: str, status: int, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    client, job = client_of(request.getfixturevalue(person)), factories.make_job(kind)
    assert client.post(reverse("worker:job_cancel", args=[job.pk])).status_code == status
    job.refresh_from_db()
    assert (job.state == Job.State.CANCELLED) is (status == 302)
    assert client.post(reverse("worker:job_retry", args=[job.pk])).status_code == status
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


@pytest.mark.parametrize(
    ("state", "action", "reason"),
    [("succeeded", "job_cancel", "nothing to cancel"), ("succeeded", "job_retry", "nothing to retry")],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    state: str, action: str, reason: str, ravi: User, client_of: ClientOf
) -> None:
    job = factories.make_job(state=state)
    response = client_of(ravi).post(reverse(f"worker:{action}", args=[job.pk]), follow=True)
    assert reason in response.content.decode()


def test_a_button_comes_back_to_its_own_page_and_to_no_other_site(ravi: User, client_of: ClientOf) -> None:
    job, client = factories.make_job(), client_of(ravi)
    url = reverse("worker:job_cancel", args=[job.pk])
    assert client.post(url, {"next": reverse("worker:jobs")})["Location"] == reverse("worker:jobs")
    assert client.post(url, {"next": "https://elsewhere.example/"})["Location"] == job.get_absolute_url()


def test_jobs_are_narrowed_by_state(ada: User, client_of: ClientOf) -> None:
    factories.make_job()
    failed = factories.make_job(state="failed", error="The disk is full.")
    response = client_of(ada).get(reverse("worker:jobs"), {"state": "failed"})
    assert list(response.context["page_obj"]) == [failed]
    assert "The disk is full." in response.content.decode()


def test_a_page_is_live_only_while_something_goes_on(ada: User, client_of: ClientOf) -> None:
    job = factories.make_job(state="succeeded")
    url, client = reverse("worker:jobs"), client_of(ada)
    assert "data-poll" not in client.get(url).content.decode()
    assert "data-poll" not in client.get(job.get_absolute_url()).content.decode()
    job = factories.make_job()
    assert "data-poll" in client.get(url).content.decode()
    assert "data-poll" in client.get(job.get_absolute_url()).content.decode()


@pytest.mark.parametrize("name", ["jobs", "job"])
def test_a_script_gets_only_the_live_part(name: str, ada: User, client_of: ClientOf) -> None:
    job = factories.make_job()
    url = reverse(f"worker:{name}", args=[job.pk] if name == "job" else [])
    response = client_of(ada).get(url, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "HX-Request" in response["Vary"]


def test_more_jobs_do_not_ask_more_questions(dataset: Dataset, ravi: User, client_of: ClientOf) -> None:
    client, url = client_of(ravi), reverse("worker:jobs")
    factories.make_job(dataset=dataset, created_by=ravi)
    before = n_queries(client, url)
    factories.make_run(factories.make_release(dataset))
    factories.make_job("import", dataset=dataset, created_by=ravi)
    assert n_queries(client, url) == before <= 10
