"""Training runs: the list, the recipe, and one run while it learns and after."""

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from curation.models import Dataset, Release
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries
from worker.models import Job, TrainingRun
from worker.views.figures import curves

EMOTIONS = ("Excited", "Fear", "Neutral", "Relaxation", "Sad", "Tension")
METRICS: dict[str, Any] = {
    "n_clips": 12,
    "accuracy": 0.75,
    "macro_f1": 0.7,
    "paper_f1": 0.6,
    "auc": None,
    "ece": 0.1,
    "confusion": [[2 if i == j else 0 for j in range(6)] for i in range(6)],
    "per_class": {e: {"precision": None, "recall": 0.5, "f1": None, "n_clips": 2} for e in EMOTIONS},
}
EPOCHS = [
    {
        "epoch": n,
        "train_loss": 1 / n,
        "validation_loss": 2 / n,
        "validation_accuracy": 0.5,
        "samples_per_s": 9.0,
    }
    for n in (1, 2, 2, 3)
]


@pytest.fixture
def release(dataset: Dataset) -> Release:
    """A release that can be trained on."""
    return factories.make_release(dataset, splits=("train", "train", "validation", "validation", "test"))


def recipe(release: Release, **instead: object) -> dict[str, object]:
    return {
        "release": release.pk,
        "spec": "Compact_Music_A2",
        "epochs": 2,
        "batch_size": 4,
        "learning_rate": "0.001",
        "seed": 3,
        "key": uuid.uuid4(),
        **instead,
    }


def test_a_form_sent_twice_starts_one_run(release: Release, ravi: User, client_of: ClientOf) -> None:
    client, url = client_of(ravi), reverse("worker:run_new", args=[release.dataset.slug])
    given = recipe(release)
    first, second = client.post(url, given), client.post(url, given)
    run = TrainingRun.objects.get()
    assert first["Location"] == second["Location"] == run.get_absolute_url()
    assert (run.spec, run.epochs, run.created_by) == ("Compact_Music_A2", 2, ravi)


@pytest.mark.parametrize(
    "instead", [{"batch_size": 1}, {"epochs": 0}, {"learning_rate": "0"}, {"spec": "ResNet"}, {"key": "x"}]
)
def test_a_recipe_that_cannot_work_starts_nothing(
    instead: dict[str, object], release: Release, ravi: User, client_of: ClientOf
) -> None:
    url = reverse("worker:run_new", args=[release.dataset.slug])
    assert client_of(ravi).post(url, recipe(release, **instead)).status_code == 422
    assert not TrainingRun.objects.exists()


def test_a_release_without_test_clips_is_refused_in_a_sentence(
    dataset: Dataset, ravi: User, client_of: ClientOf
) -> None:
    release = factories.make_release(dataset, splits=("train", "train", "validation"))
    response = client_of(ravi).post(reverse("worker:run_new", args=[dataset.slug]), recipe(release))
    assert "has no clip in Test" in response.content.decode()


def test_a_release_of_another_dataset_is_not_trained_on(
    release: Release, ravi: User, client_of: ClientOf
) -> None:
    url = reverse("worker:run_new", args=[release.dataset.slug])
    assert client_of(ravi).post(url, recipe(factories.make_release())).status_code == 422


def test_the_form_proposes_what_suits_the_network(release: Release, ravi: User, client_of: ClientOf) -> None:
    client, url = client_of(ravi), reverse("worker:run_new", args=[release.dataset.slug])
    compact = client.get(url).context["form"].initial
    paper = client.get(url, {"spec": "Music_A0_SE"}).context["form"].initial
    assert compact["release"] == release
    assert compact["spec"].startswith("Compact")
    assert compact["learning_rate"] > paper["learning_rate"]


def test_the_form_shows_what_the_release_has_to_learn_from(
    release: Release, ravi: User, client_of: ClientOf
) -> None:
    response = client_of(ravi).get(reverse("worker:run_new", args=[release.dataset.slug]))
    assert {row.split: row.n_clips for row in response.context["rows"]} == {
        "train": 2,
        "validation": 2,
        "test": 1,
    }


def test_without_a_release_there_is_nothing_to_start(
    dataset: Dataset, ravi: User, client_of: ClientOf
) -> None:
    for name in ("worker:runs", "worker:run_new"):
        shown = client_of(ravi).get(reverse(name, args=[dataset.slug])).content.decode()
        assert "No release to train on" in shown


def test_a_script_that_has_seen_it_all_gets_nothing(
    release: Release, ravi: User, client_of: ClientOf
) -> None:
    run, client = factories.make_run(release), client_of(ravi)
    url = run.get_absolute_url()
    mark = client.get(url).context["mark"]
    as_script = {"HX-Request": "true"}
    assert client.get(url, {"seen": mark}, headers=as_script).status_code == 204
    Job.objects.filter(pk=run.job_id).update(note="Training", done=1)
    news = client.get(url, {"seen": mark}, headers=as_script)
    assert news.status_code == 200
    assert "<html" not in news.content.decode()


def test_the_page_follows_training_and_then_scoring(
    release: Release, ravi: User, client_of: ClientOf
) -> None:
    run, client = factories.make_trained_run(release), client_of(ravi)
    assert "data-poll" not in client.get(run.get_absolute_url()).content.decode()
    factories.make_job(Job.Kind.SCORING, subject_id=run.pk)
    shown = client.get(run.get_absolute_url()).content.decode()
    assert "data-poll" in shown
    assert reverse("worker:surface", args=[release.dataset.slug, run.pk]) not in shown


def test_an_epoch_trained_twice_is_drawn_once() -> None:
    drawn = curves(EPOCHS)
    assert drawn["loss"]["x"]["values"] == [1, 2, 3]
    assert drawn["loss"]["series"][1]["values"] == [2.0, 1.0, 2 / 3]
    assert drawn["quality"]["series"][1]["values"] == [None, None, None]


def test_a_finished_run_shows_its_figures(release: Release, ravi: User, client_of: ClientOf) -> None:
    metrics = {"best_epoch": 3, "test": METRICS, "validation": {**METRICS, "accuracy": 0.625}}
    run = factories.make_trained_run(release, metrics=metrics, history=EPOCHS)
    shown = client_of(ravi).get(run.get_absolute_url()).content.decode()
    assert "75.0 %" in shown
    assert "62.5 %" in shown
    assert 'class="heat-9 is-diagonal"' in shown
    assert "Not defined" in shown  # no AUC where one emotion is missing


@pytest.mark.parametrize("metrics", [{}, {"test": None}, {"test": {"accuracy": 0.5}}])
def test_metrics_with_holes_do_not_break_the_page(
    metrics: dict[str, Any], release: Release, ravi: User, client_of: ClientOf
) -> None:
    run = factories.make_trained_run(release, metrics=metrics)
    assert client_of(ravi).get(run.get_absolute_url()).status_code == 200


def test_a_failed_run_says_why_and_can_go_on(release: Release, ravi: User, client_of: ClientOf) -> None:
    run = factories.make_run(release)
    Job.objects.filter(pk=run.job_id).update(state="failed", error="The disk is full.")
    shown = client_of(ravi).get(run.get_absolute_url()).content.decode()
    assert "The disk is full." in shown
    assert reverse("worker:job_retry", args=[run.job_id]) in shown


def test_more_runs_do_not_ask_more_questions(release: Release, ravi: User, client_of: ClientOf) -> None:
    client, url = client_of(ravi), reverse("worker:runs", args=[release.dataset.slug])
    factories.make_run(release)
    before = n_queries(client, url)
    factories.make_trained_run(release)
    assert n_queries(client, url) == before <= 12
