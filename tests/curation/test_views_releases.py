"""Frozen versions: the list, one of them, and its files."""

import hashlib
import json

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from curation.models import Dataset, Source
from curation.views.releases import alpha_in_words
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries

KINDS = ["clips.csv", "clips.jsonl", "votes.csv", "certificate.json"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_the_same_bytes_every_time(
    kind: str, dataset: Dataset, ravi: User, client_of: ClientOf
) -> None:
    release = factories.make_release(dataset)
    url = reverse("curation:release_download", args=[dataset.slug, release.version, kind])
    before = client_of(ravi).get(url)
    Source.objects.update(title="Another title")
    factories.make_agreed_clip(dataset=dataset, split="train")
    after = client_of(ravi).get(url)
    assert before.content == after.content
    assert after["Content-Disposition"] == f'attachment; filename="{dataset.slug}-1.0.0-{kind}"'


def test_the_lines_have_the_hash_that_names_the_release(
    dataset: Dataset, ravi: User, client_of: ClientOf
) -> None:
    release = factories.make_release(dataset)
    url = reverse("curation:release_download", args=[dataset.slug, release.version, "clips.jsonl"])
    assert hashlib.sha256(client_of(ravi).get(url).content).hexdigest() == release.manifest_sha256


def test_the_certificate_names_its_release(dataset: Dataset, ravi: User, client_of: ClientOf) -> None:
    release = factories.make_release(dataset)
    url = reverse("curation:release_download", args=[dataset.slug, release.version, "certificate.json"])
    told = json.loads(client_of(ravi).get(url).content)
    assert (told["version"], told["is_disjoint"]) == ("1.0.0", True)
    assert told["manifest_sha256"] == release.manifest_sha256


def test_a_file_that_is_known_is_not_sent_again(dataset: Dataset, ravi: User, client_of: ClientOf) -> None:
    release = factories.make_release(dataset)
    client = client_of(ravi)
    url = reverse("curation:release_download", args=[dataset.slug, release.version, "clips.csv"])
    assert client.get(url, headers={"If-None-Match": client.get(url)["ETag"]}).status_code == 304


def test_freezing_is_offered_only_when_there_is_something_to_freeze(
    dataset: Dataset, carla: User, client_of: ClientOf
) -> None:
    url, freeze = (reverse(f"{n}", args=[dataset.slug]) for n in ("curation:releases", "annotations:freeze"))
    assert freeze not in client_of(carla).get(url).content.decode()
    factories.make_agreed_clip(dataset=dataset, split="train")
    assert freeze in client_of(carla).get(url).content.decode()


def test_a_researcher_reads_releases_and_freezes_none(
    dataset: Dataset, ravi: User, client_of: ClientOf
) -> None:
    factories.make_release(dataset)
    shown = client_of(ravi).get(reverse("curation:releases", args=[dataset.slug])).content.decode()
    assert "1.0.0" in shown
    assert reverse("annotations:freeze", args=[dataset.slug]) not in shown


def test_a_release_page_tells_agreement_in_words(dataset: Dataset, ravi: User, client_of: ClientOf) -> None:
    release = factories.make_release(dataset)
    shown = client_of(ravi).get(release.get_absolute_url()).content.decode()
    assert "the labels can be relied on" in shown
    assert release.manifest_sha256 in shown


@pytest.mark.parametrize("alpha", [None, -0.1, 0.2, 0.5, 0.7, 0.9])
def test_every_agreement_has_its_own_words(alpha: float | None) -> None:
    told = {alpha_in_words(a) for a in (None, -0.1, 0.2, 0.5, 0.7, 0.9) if a != alpha}
    assert alpha_in_words(alpha) not in told


def test_more_releases_do_not_ask_more_questions(dataset: Dataset, carla: User, client_of: ClientOf) -> None:
    client, url = client_of(carla), reverse("curation:releases", args=[dataset.slug])
    factories.make_release(dataset)
    before = n_queries(client, url)
    factories.make_release(dataset)
    assert n_queries(client, url) == before <= 12
