"""The loop: a trained network's doubts go back to people, and nothing else does."""

import uuid

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoCaptureOnCommitCallbacks

from annotations import services as people
from annotations.models import Demand, RelabelRequest
from annotations.next_clip import assign_next
from curation import services as curation
from curation.models import Clip, Dataset, Release, Split
from tests import factories
from worker import jobs, services
from worker.errors import CannotTrain, NothingToSurface, NoTrainedModel
from worker.models import Job, Prediction, Round, TrainingRun

pytestmark = pytest.mark.django_db

RECIPE = services.Recipe(factories.SPEC, epochs=2, batch_size=4, learning_rate=0.001, seed=7)


@pytest.fixture
def pool(dataset: Dataset) -> list[Clip]:
    """Three clips nobody has labelled, beside a released dataset."""
    factories.make_release(dataset)
    return [factories.make_clip(dataset=dataset) for _ in range(3)]


@pytest.fixture
def run(dataset: Dataset, pool: list[Clip]) -> TrainingRun:
    return factories.make_trained_run(Release.objects.get(dataset=dataset))


def surface(run: TrainingRun, budget: int = 10, strategy: str = "entropy") -> Round:
    return services.surface(run=run, strategy=strategy, budget=budget, votes_per_clip=2, by=None)


def candidates(run: TrainingRun) -> set[str]:
    return {candidate.clip for candidate in services.candidates_of(run)}


# --- without a model ----------------------------------------------------------------------------------


def test_without_a_trained_model_uncertain_clips_are_an_error_that_says_so(dataset: Dataset) -> None:
    run = factories.make_run(factories.make_release(dataset))
    with pytest.raises(NoTrainedModel, match=f"Run {run.pk} has not scored any clips"):
        surface(run)
    assert not Round.objects.exists()
    assert not RelabelRequest.objects.exists()


def test_a_trained_run_that_has_scored_nothing_is_no_model_either(dataset: Dataset) -> None:
    run = factories.make_trained_run(factories.make_release(dataset), probs={})
    with pytest.raises(NoTrainedModel):
        services.candidates_of(run)


# --- what may be sent back ----------------------------------------------------------------------------


def test_the_pool_and_the_validation_clips_may_be_sent_back_training_and_test_clips_not(
    run: TrainingRun, pool: list[Clip]
) -> None:
    validation = Clip.objects.filter(dataset=run.release.dataset).in_split(Split.VALIDATION)
    assert candidates(run) == {clip.key for clip in (*validation, *pool)}
    assert len(validation) == 2


def test_a_clip_of_a_song_the_run_has_learnt_from_is_left_out(run: TrainingRun) -> None:
    learnt = run.release.items.filter(split=Split.TRAIN)[0].clip
    sibling = factories.make_clip(learnt.source)
    Prediction.objects.create(run=run, clip=sibling, probs=factories.doubtful(1), is_out_of_fold=False)
    assert sibling.key not in candidates(run)


def test_a_song_that_has_become_a_test_song_is_left_out(run: TrainingRun, pool: list[Clip]) -> None:
    curation.set_split(group=pool[0].source.group, split=Split.TEST)
    assert pool[0].key not in candidates(run)


def test_a_song_merged_with_one_the_run_has_learnt_from_is_left_out(
    run: TrainingRun, pool: list[Clip]
) -> None:
    learnt = run.release.items.filter(split=Split.TRAIN)[0].clip
    curation.merge_groups(into=pool[0].source.group, other=learnt.source.group)
    assert not {pool[0].key, learnt.key} & candidates(run)


def test_a_clip_that_waits_for_people_already_is_left_out(run: TrainingRun, pool: list[Clip]) -> None:
    people.request_relabels(
        picks=[people.Pick(pool[1], 1.0)], strategy="entropy", votes_per_clip=1, origin="", by=None
    )
    assert pool[1].key not in candidates(run)


def test_a_clip_that_is_no_longer_ready_is_left_out(run: TrainingRun, pool: list[Clip]) -> None:
    Clip.objects.filter(pk=pool[0].pk).update(state=Clip.State.REJECTED, rejection_reason="Damaged.")
    assert pool[0].key not in candidates(run)


# --- sending back -------------------------------------------------------------------------------------


def test_the_most_uncertain_clips_go_back_and_are_served_in_that_order(
    run: TrainingRun, pool: list[Clip], dataset: Dataset, ravi: User
) -> None:
    turn = services.surface(run=run, strategy="entropy", budget=2, votes_per_clip=2, by=ravi)
    assert (turn.n_candidates, turn.n_requested, turn.created_by) == (5, 2, ravi)
    requests = RelabelRequest.objects.all()
    assert [r.clip for r in requests] == [pool[2], pool[1]]
    assert {(r.origin, r.strategy, r.n_votes) for r in requests} == {(f"round {turn.pk}", "entropy", 2)}
    for annotator in factories.make_annotators(2):
        served = assign_next(annotator=annotator, dataset=dataset).assignment
        assert served is not None
        assert (served.clip, served.reason) == (pool[2], "relabel")


def test_no_song_is_sent_back_twice_in_a_round(run: TrainingRun, pool: list[Clip]) -> None:
    twin = factories.make_clip(pool[2].source)
    Prediction.objects.create(run=run, clip=twin, probs=factories.doubtful(0.1), is_out_of_fold=True)
    surface(run)
    assert twin not in [r.clip for r in RelabelRequest.objects.all()]


def test_a_second_round_sends_others(run: TrainingRun) -> None:
    surface(run, budget=2)
    surface(run, budget=3)
    assert RelabelRequest.objects.values("clip").distinct().count() == 5
    with pytest.raises(NothingToSurface, match="all scored clips are in training or test, or are already"):
        surface(run)


def test_test_clips_are_untouched_by_a_round(run: TrainingRun) -> None:
    before = list(Demand.objects.filter(clip__source__group__split="test").values())
    assert before
    surface(run)
    assert list(Demand.objects.filter(clip__source__group__split="test").values()) == before


def test_an_unknown_strategy_sends_nothing(run: TrainingRun) -> None:
    with pytest.raises((KeyError, ValueError)):
        surface(run, strategy="random")
    assert not RelabelRequest.objects.exists()


# --- requesting a run ---------------------------------------------------------------------------------


def test_a_requested_run_is_queued_once_with_its_recipe(
    monkeypatch: pytest.MonkeyPatch,
    ravi: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sent: list[tuple[int, str]] = []
    monkeypatch.setattr(jobs, "send", lambda job_id, queue: sent.append((job_id, queue)))
    release, key = factories.make_release(), uuid.uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        run = services.request_run(release=release, recipe=RECIPE, by=ravi, key=key)
        assert services.request_run(release=release, recipe=RECIPE, by=ravi, key=key) == run
    assert (run.spec, run.epochs, run.seed, run.created_by) == (factories.SPEC, 2, 7, ravi)
    assert run.job is not None
    assert (run.job.state, run.job.kind, run.job.total) == ("queued", "training", 2)
    assert sent == [(run.job.pk, "gpu")]


def test_the_same_recipe_has_the_same_hash_and_another_another() -> None:
    release = factories.make_release()
    first, same, other = (
        services.request_run(release=release, recipe=recipe, by=None)
        for recipe in (RECIPE, RECIPE, RECIPE._replace(seed=8))
    )
    assert first.config_sha256 == same.config_sha256 != other.config_sha256


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(CannotTrain, match="Music_A9"):
        services.request_run(
            release=factories.make_release(), recipe=RECIPE._replace(spec="Music_A9"), by=None
        )


@pytest.mark.parametrize(
    ("splits", "missing"),
    [
        (("validation", "test"), "Train"),
        (("train", "train", "test"), "Validation"),
        (("train", "validation"), "Test"),
    ],
)
def test_a_release_without_one_of_the_splits_is_refused(splits: tuple[str, ...], missing: str) -> None:
    with pytest.raises(CannotTrain, match=f"Release 1.0.0 has no clip in {missing}"):
        services.request_run(release=factories.make_release(splits=splits), recipe=RECIPE, by=None)


def test_a_release_that_teaches_one_emotion_is_refused() -> None:
    """A network learns differences; there is none between clips of one emotion."""
    release = factories.make_release(emotions=["Sad"])
    with pytest.raises(CannotTrain, match=r"All clips of release 1\.0\.0 in Train show the same emotion"):
        services.request_run(release=release, recipe=RECIPE, by=None)
    assert not Job.objects.exists()
