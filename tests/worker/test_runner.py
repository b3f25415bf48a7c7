"""Training and scoring by the real `python -m modelzoo`, on films of two seconds.

A run that is killed goes on from its checkpoint and ends with the very weights of one that was not.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from curation import services as curation
from curation.emotions import Emotion
from curation.media import sha256_of
from curation.models import Clip, Dataset, Release, Split
from modelzoo.manifest import read_manifest, write_manifest
from tests import factories
from tests.media import make_film
from worker import jobs, runner, services, tasks
from worker.errors import TrainingFailed
from worker.models import Job, TrainingRun

SPEC = "Compact_Music_A2"
EPOCHS = 6
SPLITS = (Split.TRAIN,) * 4 + (Split.VALIDATION,) * 2 + (Split.TEST,) * 2
TONES = {Emotion.SAD: 220.0, Emotion.EXCITED: 1760.0}


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ten films, low and high tones in turn."""
    folder = tmp_path_factory.mktemp("films")
    return [
        make_film(
            folder / f"{i}.mp4", tone_hz=list(TONES.values())[i % 2] * (1 + i / 40), size=(32, 24), fps=4
        )
        for i in range(10)
    ]


@pytest.fixture(scope="session")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feature store that the tests of this module fill for each other."""
    return tmp_path_factory.mktemp("features")


@pytest.fixture
def folders(settings: Settings, films: list[Path], features: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MEDIA_ROOT, settings.FEATURES_ROOT = films[0].parent, features
    settings.LEASE_S = 600  # no renewal in the background of a test's own transaction
    monkeypatch.setattr(runner, "POLL_S", 0.05)
    monkeypatch.setattr(runner, "REPORT_S", 0.1)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def make_films_clips(films: list[Path], dataset: Dataset) -> Release:
    """Eight agreed clips in all splits, frozen; two more in the pool."""
    voter = [factories.make_annotator()]
    for film, split, emotion in zip(films, SPLITS, list(TONES) * 4, strict=False):
        factories.make_agreed_clip(
            dataset=dataset,
            split=split,
            emotion=emotion,
            by=voter,
            media=film.name,
            media_sha256=sha256_of(film),
        )
    for film in films[8:]:
        factories.make_clip(dataset=dataset, media=film.name, media_sha256=sha256_of(film))
    return factories.releasing.freeze(dataset=dataset, by=None)


@pytest.fixture
def release(db: None, folders: None, films: list[Path]) -> Release:
    return make_films_clips(films, factories.make_dataset(votes_per_clip=1))


def request(release: Release, epochs: int = EPOCHS) -> TrainingRun:
    recipe = services.Recipe(SPEC, epochs=epochs, batch_size=2, learning_rate=0.01, seed=5)
    return services.request_run(release=release, recipe=recipe, by=None)


def train(run: TrainingRun) -> TrainingRun:
    assert run.job
    tasks.run_job(run.job.pk)
    return TrainingRun.objects.select_related("job").get(pk=run.pk)


def after_epoch(monkeypatch: pytest.MonkeyPatch, n: int, act: Callable[[], None]) -> None:
    """Let `act` happen once, as soon as the run has told of its epoch `n`."""
    real, has_acted = runner.follow_training, []

    def follow(hold: jobs.Hold, run: TrainingRun, events: Path) -> None:
        if not has_acted and len(runner.epochs_of(runner.read_events(events))) >= n:
            has_acted.append(True)
            act()
        real(hold, run, events)

    monkeypatch.setattr(runner, "follow_training", follow)


class Spawned:
    """The process that the runner started last."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        real = subprocess.Popen

        def spawn(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
            self.processes.append(real(*args, **options))
            return self.processes[-1]

        monkeypatch.setattr(runner.subprocess, "Popen", spawn)

    @property
    def last(self) -> subprocess.Popen[bytes]:
        return self.processes[-1]


def processes(name: str) -> list[Path]:
    """A file of every process of this machine, by Linux' name for it."""
    return list(Path("/proc").glob(f"[0-9]*/{name}"))


def living_members(pgid: int) -> list[str]:
    """Processes of a group. A zombie is none: it only waits for somebody to read its exit code."""
    stats = [read_or_nothing(path).decode().rpartition(") ")[2].split() for path in processes("stat")]
    return [stat[0] for stat in stats if stat and stat[2] == str(pgid) and stat[0] != "Z"]


# --- the whole way ------------------------------------------------------------------------------------


def test_a_run_that_was_killed_goes_on_and_ends_with_the_weights_of_one_that_was_not(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(request(release))
    assert whole.job
    assert whole.job.state == Job.State.SUCCEEDED, whole.job.error
    assert [epoch["epoch"] for epoch in whole.history] == list(range(1, EPOCHS + 1))
    assert (whole.job.done, whole.job.total) == (EPOCHS, EPOCHS)
    assert whole.metrics["test"]["accuracy"] is not None
    assert whole.job.result["accuracy"] == whole.metrics["test"]["accuracy"]
    assert whole.is_trained

    spawned = Spawned(monkeypatch)
    with monkeypatch.context() as patch:
        after_epoch(patch, 1, lambda: spawned.last.kill())
        killed = train(request(release))
    assert killed.job
    assert killed.job.state == Job.State.QUEUED
    assert not killed.is_trained
    wait_until(lambda: not living_members(spawned.last.pid))

    resumed = train(killed)
    assert resumed.job
    assert resumed.job.state == Job.State.SUCCEEDED, resumed.job.error
    assert resumed.started["resumed_from_epoch"] >= 1
    assert [epoch["epoch"] for epoch in resumed.history] == list(range(1, EPOCHS + 1))
    assert resumed.model_sha256 == whole.model_sha256
    assert resumed.metrics == whole.metrics


def test_a_cancelled_run_stops_with_all_its_processes_and_leaves_a_checkpoint(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned, run = Spawned(monkeypatch), request(release, epochs=60)
    after_epoch(monkeypatch, 1, lambda: jobs.cancel(job=Job.objects.get(pk=run.job_id)))
    run = train(run)
    assert run.job
    assert (run.job.state, run.job.error) == (Job.State.CANCELLED, "")
    assert not run.is_trained
    wait_until(lambda: not living_members(spawned.last.pid))
    assert (runner.folder_of(run) / "checkpoint.pt").is_file()


def test_a_trained_run_scores_all_clips_but_those_of_test_songs(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(request(release, epochs=1))
    scoring = Job.objects.get(kind=Job.Kind.SCORING, subject_id=run.pk)
    clips = Clip.objects.filter(dataset=release.dataset)
    became_test = clips.in_split(Split.NONE)[0]
    real = runner.read_scores

    def meanwhile(path: Path) -> dict[str, list[float]]:
        curation.set_split(group=became_test.source.group, split=Split.TEST)
        return real(path)

    monkeypatch.setattr(runner, "read_scores", meanwhile)
    tasks.run_job(scoring.pk)
    scoring.refresh_from_db()
    assert (scoring.state, scoring.result) == (Job.State.SUCCEEDED, {"n_predictions": 7}), scoring.error
    seen = clips.in_split(Split.TRAIN, Split.VALIDATION, Split.NONE)
    assert {p.clip for p in run.predictions.all()} == set(seen)
    unseen = set(
        run.predictions.filter(is_out_of_fold=True).values_list("clip__source__group__split", flat=True)
    )
    assert unseen == {"validation", "none"}
    for prediction in run.predictions.all():
        assert len(prediction.probs) == 6
        assert abs(sum(prediction.probs) - 1) < 1e-6


def test_scoring_again_replaces_what_was_thought_before(db: None) -> None:
    run = factories.make_trained_run()
    before = run.predictions.count()
    probs = {p.clip.key: [0.0, 0, 0, 0, 0, 1] for p in run.predictions.select_related("clip")}
    assert runner.keep_predictions(run, probs) == before == run.predictions.count()
    assert {tuple(p.probs) for p in run.predictions.all()} == {(0, 0, 0, 0, 0, 1)}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux to end a dead parent's children")
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_outright_takes_its_training_with_it_and_the_next_one_goes_on(
    folders: None, films: list[Path]
) -> None:
    run = request(make_films_clips(films, factories.make_dataset(votes_per_clip=1)), epochs=60)
    assert run.job
    events = runner.folder_of(run) / "events.jsonl"
    connection.close()
    worker = os.fork()
    if worker == 0:
        try:
            tasks.run_job(run.job.pk)
        finally:
            os._exit(0)
    try:
        wait_until(lambda: len(runner.epochs_of(runner.read_events(events))) >= 2)
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    wait_until(lambda: not processes_about(run))
    n_told = len(runner.epochs_of(runner.read_events(events)))
    assert 2 <= n_told < 60
    assert Job.objects.get(pk=run.job.pk).state == Job.State.RUNNING
    Job.objects.filter(pk=run.job.pk).update(leased_until="2020-01-01T00:00:00Z")
    tasks.tend()
    hold = jobs.claim(run.job.pk)
    assert hold is not None
    assert hold.job.attempts == 1  # its first life got on, so it does not count as a death in a row


def processes_about(run: TrainingRun) -> list[str]:
    """Command lines of living processes that work in a run's folder."""
    lines = [read_or_nothing(path).decode(errors="replace") for path in processes("cmdline")]
    return [line for line in lines if str(runner.folder_of(run)) in line and "modelzoo" in line]


def wait_until(is_so: Callable[[], object], patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


# --- failing ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_run_fails_with_the_last_word_of_its_process(release: Release, films: list[Path]) -> None:
    run = request(release, epochs=1)
    Clip.objects.filter(media=films[0].name).update(media="missing.mp4")
    shutil.rmtree(settings.FEATURES_ROOT)
    run = train(run)
    assert run.job
    assert run.job.state == Job.State.FAILED
    assert "missing.mp4" in run.job.error
    assert run.job.error.endswith(".")
    assert "python -m modelzoo train" in run.job.log


def test_a_process_that_is_killed_three_times_in_a_row_fails_the_run(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without getting on in between, as when the machine is too small for the network."""
    spawned, run = Spawned(monkeypatch), request(release)
    monkeypatch.setattr(runner, "wait_while_following", lambda process, follow: process.kill())
    assert [train(run).job.state for _ in range(Job.MAX_ATTEMPTS)] == ["queued", "queued", "failed"]
    assert "killed by SIGKILL; perhaps the machine ran out of memory." in Job.objects.get(pk=run.job_id).error
    assert len(spawned.processes) == Job.MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("told", "log", "sentence"),
    [
        ([{"event": "failed", "reason": "The disk is full."}], "x", "The disk is full."),
        ([], "one\ntwo\n", "The training process ended with code 3. Its last line was: two"),
        ([], "", "The training process ended with code 3. Its last line was: –"),
    ],
)
def test_the_last_word_is_the_reason_else_the_last_line(
    tmp_path: Path, told: list[dict[str, Any]], log: str, sentence: str
) -> None:
    (tmp_path / "log.txt").write_text(log)
    assert runner.last_word(told, tmp_path / "log.txt", 3) == sentence


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """`program(code)`: Python code in place of the networks' program; gives the file for its events."""

    def install(code: str) -> Path:
        real = subprocess.Popen

        def spawn(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
            return real([sys.executable, "-c", code], **options)

        monkeypatch.setattr(runner.subprocess, "Popen", spawn)
        return tmp_path / "events.jsonl"

    return install


@pytest.fixture
def hold(db: None, folders: None) -> jobs.Hold:
    hold = jobs.claim(factories.make_job().pk)
    assert hold is not None
    return hold


def test_the_reason_of_an_earlier_attempt_is_not_told_again(
    hold: jobs.Hold, program: Callable[[str], Path]
) -> None:
    events = program("raise SystemExit('Out of luck.')")
    events.write_text('{"event": "failed", "reason": "The disk was full last week."}\n')
    with pytest.raises(TrainingFailed, match="Its last line was: Out of luck"):
        runner.supervise(hold, [], events, lambda: None)


def test_what_a_process_started_ends_with_it(hold: jobs.Hold, program: Callable[[str], Path]) -> None:
    events = program("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)")
    runner.supervise(hold, [], events, lambda: None)
    child = int((events.parent / "log.txt").read_text())
    wait_until(lambda: ") Z" in (stat := read_or_nothing(Path(f"/proc/{child}/stat")).decode()) or not stat)


def test_a_process_that_does_not_listen_is_stopped_for_good(
    hold: jobs.Hold, program: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "STOP_S", 0.5)
    events = program(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )

    def follow() -> None:
        if "up" in (events.parent / "log.txt").read_text():
            jobs.cancel(job=hold.job)
            hold.report()

    with pytest.raises(jobs.JobCancelled):
        runner.supervise(hold, [], events, follow)


# --- events -------------------------------------------------------------------------------------------


def epoch(n: int, **values: Any) -> dict[str, Any]:
    return {"event": "epoch", "epoch": n, **values}


def test_a_resumed_run_tells_each_epoch_once_the_last_time_it_was_told() -> None:
    told = [epoch(1), epoch(2, loss=2.0), {"event": "started", "resumed_from_epoch": 1}, epoch(2, loss=1.0)]
    assert runner.epochs_of(told) == [epoch(1), epoch(2, loss=1.0)]


def test_a_run_that_starts_anew_forgets_its_epochs() -> None:
    assert runner.epochs_of([epoch(1), {"event": "started"}]) == []


def test_a_line_cut_in_half_is_left_out_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"event": "a"}\n{"event": "ep\n{"event": "b"}\n{"event": "\xc3')
    assert [event["event"] for event in runner.read_events(path)] == ["a", "b"]


def test_before_the_first_event_nothing_is_told(tmp_path: Path) -> None:
    assert runner.read_events(tmp_path / "events.jsonl") == []


@pytest.mark.parametrize(
    ("told", "note", "done"),
    [
        ([], "Starting", 0),
        ([{"event": "features", "done": 3, "total": 8}], "Preparing clips: 3 of 8", 0),
        ([{"event": "started"}, epoch(1), epoch(2)], "Training", 2),
    ],
)
def test_a_job_says_what_its_process_is_at(
    hold: jobs.Hold, monkeypatch: pytest.MonkeyPatch, told: list[dict[str, Any]], note: str, done: int
) -> None:
    run = factories.make_run(epochs=3)
    monkeypatch.setattr(runner, "read_events", lambda path: told)
    runner.follow_training(hold, run, Path("events.jsonl"))
    job = Job.objects.get(pk=hold.job.pk)
    assert (job.note, job.done, job.total) == (note, done, 3)


# --- manifests ----------------------------------------------------------------------------------------


def test_a_run_reads_its_release_and_nothing_that_came_after(release: Release) -> None:
    run = request(release)
    before = runner.release_rows(run)
    for clip in Clip.objects.filter(dataset=release.dataset):
        curation.set_split(group=clip.source.group, split=Split.NONE)
    factories.make_vote(Clip.objects.in_split(Split.NONE).filter(dataset=release.dataset).last())
    assert runner.release_rows(run) == before
    assert [row.split for row in before].count("test") == 2


def test_a_network_is_asked_about_clips_without_being_told_their_labels(release: Release) -> None:
    rows = runner.scorable_rows(request(release))
    assert len(rows) == 8
    assert {(row.label, row.probs, row.split) for row in rows} == {(None, None, "none")}


def test_with_nothing_to_score_no_process_is_started(
    db: None, folders: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = factories.make_trained_run()
    for clip in Clip.objects.filter(dataset=run.release.dataset):
        curation.set_split(group=clip.source.group, split=Split.TEST)
    scoring = runner.request_scoring(run)
    monkeypatch.setattr(runner, "supervise", lambda *args: pytest.fail("started a process"))
    tasks.run_job(scoring.pk)
    scoring.refresh_from_db()
    assert (scoring.state, scoring.result) == ("succeeded", {"n_predictions": 0})


def test_scoring_is_queued_once(db: None) -> None:
    run = factories.make_trained_run()
    assert runner.request_scoring(run) == runner.request_scoring(run)


@pytest.fixture(autouse=True)
def no_process_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    mark = str(tmp_path).encode()
    wait_until(lambda: not [p for p in processes("cmdline") if mark in read_or_nothing(p)])


def read_or_nothing(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_song_with_a_strange_name_reaches_the_network(release: Release, tmp_path: Path) -> None:
    run = request(release)
    row = runner.release_rows(run)[0]
    strange = row.__class__(**{**asdict(row), "source_group": "so\u2028ng \x85 =1"})
    write_manifest(tmp_path / "manifest.jsonl", [strange])
    assert read_manifest(tmp_path / "manifest.jsonl").rows == (strange,)
