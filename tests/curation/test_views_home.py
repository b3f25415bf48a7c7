"""The first page: where each person goes on."""

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator
from curation.models import Dataset
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries


def page(client: Client) -> str:
    return client.get(reverse("home")).content.decode()


def test_a_curator_of_an_empty_system_is_asked_to_create_a_dataset(carla: User, client_of: ClientOf) -> None:
    assert reverse("curation:dataset_new") in page(client_of(carla))


def test_an_annotator_of_an_empty_system_is_told_to_wait(amina: Annotator, client_of: ClientOf) -> None:
    shown = page(client_of(amina.user))
    assert "No dataset yet" in shown
    assert reverse("curation:dataset_new") not in shown


def test_an_annotator_starts_with_one_click(amina: Annotator, dataset: Dataset, client_of: ClientOf) -> None:
    factories.make_clip(dataset=dataset)
    shown = page(client_of(amina.user))
    assert reverse("annotations:label", args=[dataset.slug]) in shown
    assert "1 clip is still looking for votes." in shown


def test_an_annotator_sees_no_link_into_the_curators_pages(
    amina: Annotator, dataset: Dataset, client_of: ClientOf
) -> None:
    factories.make_dataset()
    assert f'href="{dataset.get_absolute_url()}"' not in page(client_of(amina.user))


def test_somebody_without_a_role_is_told_whom_to_ask(
    eve: User, dataset: Dataset, client_of: ClientOf
) -> None:
    assert "You have no role yet" in page(client_of(eve))


def test_counts_are_those_of_each_dataset(carla: User, dataset: Dataset, client_of: ClientOf) -> None:
    factories.make_release(dataset, splits=("train", "train", "validation", "test"))
    factories.make_clip()  # of another dataset
    response = client_of(carla).get(reverse("home"))
    counts = {d.pk: (d.n_clips, d.n_agreed, d.n_open, d.n_releases) for d in response.context["datasets"]}
    assert counts[dataset.pk] == (4, 4, 0, 1)
    assert sorted(counts.values()) == [(1, 0, 1, 0), (4, 4, 0, 1)]


def test_more_datasets_do_not_ask_more_questions(carla: User, client_of: ClientOf) -> None:
    client = client_of(carla)
    factories.make_clip()
    before = n_queries(client, reverse("home"))
    factories.make_clip()
    assert n_queries(client, reverse("home")) == before <= 12
