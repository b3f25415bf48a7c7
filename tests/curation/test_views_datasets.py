"""Beginning, describing and overlooking a dataset."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from curation import services
from curation.models import Dataset, Split
from curation.views.next_step import STEPS
from tests import factories
from tests.conftest import ClientOf

GIVEN = {"name": "Songs of Nepal", "votes_per_clip": 5, "min_heard_s": 10, "licence": "CC BY 4.0"}


def test_a_new_dataset_gets_its_address_from_its_name(carla: User, client_of: ClientOf) -> None:
    response = client_of(carla).post(reverse("curation:dataset_new"), GIVEN)
    created = Dataset.objects.get()
    assert (created.slug, created.votes_per_clip, created.guidelines_version) == ("songs-of-nepal", 5, 1)
    assert response["Location"] == reverse("worker:import_new", args=[created.slug])


def test_a_name_taken_twice_gives_two_addresses(db: None) -> None:
    slugs = [services.create_dataset(name="Songs").slug for _ in range(3)]
    assert slugs == ["songs", "songs-2", "songs-3"]


def test_a_name_without_latin_letters_still_gets_an_address(db: None) -> None:
    assert services.create_dataset(name="नेपाली गीत").slug == "dataset"


def test_a_dataset_without_a_name_is_refused_with_a_reason(carla: User, client_of: ClientOf) -> None:
    response = client_of(carla).post(reverse("curation:dataset_new"), {**GIVEN, "name": ""})
    assert response.status_code == 422
    assert not Dataset.objects.exists()


def test_new_guidelines_get_a_new_version(carla: User, dataset: Dataset, client_of: ClientOf) -> None:
    url, client = reverse("curation:dataset_edit", args=[dataset.slug]), client_of(carla)
    client.post(url, {**GIVEN, "guidelines": "Listen first."})
    client.post(url, {**GIVEN, "guidelines": "Listen first.", "licence": "CC0"})
    dataset.refresh_from_db()
    assert (dataset.guidelines_version, dataset.licence, dataset.slug) == (2, "CC0", dataset.slug)


def test_votes_wanted_stay_once_there_are_clips(carla: User, dataset: Dataset, client_of: ClientOf) -> None:
    factories.make_clip(dataset=dataset)
    client_of(carla).post(reverse("curation:dataset_edit", args=[dataset.slug]), GIVEN)
    dataset.refresh_from_db()
    assert (dataset.name, dataset.votes_per_clip) == ("Songs of Nepal", 3)


def test_the_page_says_what_the_dataset_needs_next(
    carla: User, dataset: Dataset, client_of: ClientOf
) -> None:
    def position() -> int:
        client = client_of(carla)
        return int(client.get(reverse("curation:dataset", args=[dataset.slug])).context["position"])

    assert position() == 0
    clip = factories.make_agreed_clip(dataset=dataset)
    assert position() == 2
    services.set_split(group=clip.source.group, split=Split.TRAIN)
    assert position() == 3
    factories.make_release(dataset)
    assert position() == 4
    assert len(STEPS) == 5


@pytest.mark.parametrize(("person", "is_offered"), [("carla", True), ("ravi", False)])
def test_a_step_is_offered_to_those_who_may_take_it(
    person: str, is_offered: bool, dataset: Dataset, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(person))
    shown = client.get(reverse("curation:dataset", args=[dataset.slug])).content.decode()
    assert (f'href="{reverse("worker:import_new", args=[dataset.slug])}"' in shown) is is_offered
