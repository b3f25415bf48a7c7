"""The demo: simulated people who hear as the paper's people did, and what they are given."""

import random
from collections import Counter
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from annotations.models import Annotator, Assignment, Demand, Vote
from curation.emotions import Emotion
from curation.errors import BadManifest, UnknownEmotion
from curation.manifest import read_manifest
from curation.models import Clip, Dataset, Release
from tests import factories
from worker.demo.cast import ANNOTATORS, CONFUSIONS, FIDELITY, LEANINGS, cue_of, perceive
from worker.demo.material import LATE_SHARE, late_groups, material_of, place, spoil, unlabelled_manifest
from worker.demo.story import Story
from worker.errors import WorkerError
from worker.models import Job

N = 4000


def heard(truth: str, country: str = "XX", seed: int = 1) -> Counter[str]:
    """What many simulated people of a country answer."""
    rng = random.Random(seed)
    return Counter(perceive(truth, country, rng) for _ in range(N))


# --- The cast ----------------------------------------------------------------------------------------


def test_most_answers_are_what_the_clip_was_made_to_express() -> None:
    for emotion in Emotion.values:
        assert heard(emotion)[emotion] / N == pytest.approx(FIDELITY, abs=0.03)


def test_fear_is_taken_for_tension_more_often_than_for_anything_else() -> None:
    answers = heard("Fear")
    assert answers["Tension"] > answers["Neutral"] > answers["Excited"] == 0


def test_neutral_is_mixed_up_with_all() -> None:
    assert set(heard("Neutral")) == set(Emotion.values)


def test_excited_and_sad_are_never_mixed_up() -> None:
    assert heard("Excited")["Sad"] == heard("Sad")["Excited"] == 0


@pytest.mark.parametrize(
    ("country", "emotion", "truth"), [("NP", "Relaxation", "Sad"), ("KR", "Neutral", "Fear")]
)
def test_a_culture_leans_towards_its_own_answer(country: str, emotion: str, truth: str) -> None:
    assert heard(truth, country)[emotion] > heard(truth)[emotion]


def test_the_same_seed_gives_the_same_answers() -> None:
    assert heard("Sad", "KR", seed=3) == heard("Sad", "KR", seed=3) != heard("Sad", "KR", seed=4)


def test_the_tables_name_the_six_emotions_and_the_casts_countries_alone() -> None:
    assert set(CONFUSIONS) == set(Emotion.values)
    for truth, others in CONFUSIONS.items():
        assert set(others) <= set(Emotion.values) - {truth}
    assert set(LEANINGS) == {person.country for person in ANNOTATORS}
    assert {emotion for leaning in LEANINGS.values() for emotion in leaning} <= set(Emotion.values)


def test_the_cast_are_ten_people_who_could_fill_in_the_profile() -> None:
    assert len({person.username for person in ANNOTATORS}) == 10
    assert {person.music_training for person in ANNOTATORS} <= set(Annotator.MusicTraining.values)


def test_the_music_gives_most_emotions_away() -> None:
    rng = random.Random(1)
    for emotion in Emotion.values:
        cues = Counter(cue_of(emotion, rng) for _ in range(N))
        assert set(cues) == set(Vote.Cue.values)
        assert cues.most_common(1)[0][0] == "music"


# --- The material ------------------------------------------------------------------------------------


def rows_of(n_groups: int = 4, n_clips: int = 2) -> list[dict[str, str]]:
    """Rows of a manifest: some songs of each emotion, each song with some clips."""
    return [
        {
            "file_name": f"{emotion}-{song}.mp4",
            "source_group": f"{emotion}-{song}",
            "start_s": str(30 * clip),
            "label": emotion,
        }
        for emotion in Emotion.values
        for song in range(n_groups)
        for clip in range(n_clips)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Films by name, and their manifest."""
    rows = rows_of()
    for row in rows:
        (tmp_path / row["file_name"]).write_bytes(row["file_name"].encode())
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    (tmp_path / "manifest.csv").write_text("\n".join(lines))
    return tmp_path


def test_a_quarter_of_the_songs_come_late_spread_over_the_emotions() -> None:
    late = late_groups(rows_of(), seed=7)
    assert len(late) == round(LATE_SHARE * 24)
    assert Counter(name.split("-")[0] for name in late) == dict.fromkeys(Emotion.values, 1)


def test_which_songs_come_late_depends_on_the_seed_alone() -> None:
    rows = rows_of()
    assert late_groups(rows, seed=7) == late_groups(rows_of(n_clips=3), seed=7)
    assert late_groups(rows, seed=7) != late_groups(rows, seed=8)


def test_without_labels_nothing_comes_late() -> None:
    assert late_groups([{**row, "label": ""} for row in rows_of()], seed=7) == set()


def test_a_quarter_of_many_songs_come_late_too() -> None:
    assert len(late_groups(rows_of(n_groups=12), seed=7)) == round(LATE_SHARE * 72)


def test_a_song_comes_first_or_late_as_a_whole(folder: Path) -> None:
    material = material_of(folder, folder / "manifest.csv", seed=7)
    first = {row["source_group"] for row in material.first}
    late = {row["source_group"] for row in material.late}
    assert not first & late
    assert len(material.first) + len(material.late) == len(rows_of())


def test_what_a_clip_was_made_to_express_is_known_by_its_place(folder: Path) -> None:
    truths = material_of(folder, folder / "manifest.csv", seed=7).truths
    assert truths["Sad-1.mp4", 30_000] == "Sad"
    assert len(truths) == len(rows_of())


def test_the_predecessors_names_of_emotions_are_understood(folder: Path) -> None:
    (folder / "manifest.csv").write_text("file_name,source_group,label\nSad-1.mp4,sad,excitation\n")
    assert material_of(folder, folder / "manifest.csv", seed=7).truths == {("Sad-1.mp4", 0): "Excited"}


def test_an_unknown_emotion_is_refused_before_anything_is_imported(folder: Path) -> None:
    (folder / "manifest.csv").write_text("file_name,source_group,label\nSad-1.mp4,sad,bored\n")
    with pytest.raises(UnknownEmotion, match="“bored” is not one of the emotions"):
        material_of(folder, folder / "manifest.csv", seed=7)


def test_a_folder_without_a_manifest_is_taken_whole_and_unlabelled(folder: Path) -> None:
    material = material_of(folder, None, seed=7)
    assert len(material.first) == 24
    assert (material.late, material.truths) == ([], {})


def test_a_folder_without_a_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="There is no video"):
        material_of(tmp_path, None, seed=7)


@pytest.mark.parametrize(("start", "start_ms"), [("12.5", 12_500), ("", 0), ("soon", 0)])
def test_a_place_is_a_file_and_a_millisecond(start: str, start_ms: int) -> None:
    assert place({"file_name": "a.mp4", "start_s": start}) == ("a.mp4", start_ms)


def test_people_are_not_told_what_a_clip_was_made_to_express() -> None:
    rows = read_manifest(unlabelled_manifest(rows_of()))
    assert [set(row) for row in rows] == [{"file_name", "source_group", "start_s"}] * len(rows_of())
    assert rows[-1]["file_name"] == rows_of()[-1]["file_name"]


def test_the_late_arrivals_bring_a_copy_and_a_file_that_is_no_video(folder: Path) -> None:
    material = material_of(folder, folder / "manifest.csv", seed=7)
    n_first, n_late = len(material.first), len(material.late)
    spoil(material)
    copy, broken = material.late[n_late:]
    assert len(material.first) == n_first
    assert (folder / copy["file_name"]).read_bytes() == (folder / material.first[0]["file_name"]).read_bytes()
    assert copy["source_group"] != material.first[0]["source_group"]
    assert "text file" in (folder / broken["file_name"]).read_text()
    assert len(read_manifest(unlabelled_manifest(material.late))) == n_late + 2


def test_spoiling_again_on_a_second_run_changes_nothing(folder: Path) -> None:
    for _ in range(2):
        material = material_of(folder, folder / "manifest.csv", seed=7)
        spoil(material)
    names = [row["file_name"] for row in material.late]
    assert len(set(names) - {row["file_name"] for row in rows_of()}) == 2


# --- The story ---------------------------------------------------------------------------------------


@pytest.fixture
def cast(db: None) -> list[Annotator]:
    """The demo's annotators."""
    return [factories.make_annotator(p.username, country=p.country) for p in ANNOTATORS]


@pytest.fixture
def story(dataset: Dataset, cast: list[Annotator], ravi: User) -> Story:
    """The story of the dataset, told to nobody."""
    return Story(dataset, lambda text: None, seed=7)


def test_the_people_vote_until_every_clip_has_all_its_answers(story: Story, dataset: Dataset) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(6)]
    story.vote({clip.key: emotion for clip, emotion in zip(clips, Emotion.values, strict=True)})
    for demand in Demand.objects.all():
        assert (demand.n_votes, demand.n_leased) == (dataset.votes_per_clip, 0)
    assert not Clip.objects.filter(label__n_votes=0).exists()


def test_several_clips_of_one_song_are_all_answered(story: Story, dataset: Dataset) -> None:
    """Nobody sees two of them in a row; the clock of the story goes on while people rest."""
    source = factories.make_source(factories.make_group(dataset))
    clips = [factories.make_clip(source) for _ in range(3)]
    story.vote(dict.fromkeys((clip.key for clip in clips), "Sad"))
    assert Vote.objects.count() == 3 * dataset.votes_per_clip


def test_no_simulated_person_answers_a_clip_twice_and_all_hear_enough(story: Story, dataset: Dataset) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(4)]
    story.vote({clip.key: "Fear" for clip in clips})
    votes = list(Vote.objects.all())
    assert len({(v.assignment.annotator_id, v.assignment.clip_id) for v in votes}) == len(votes)
    assert min(vote.seconds_heard or 0 for vote in votes) >= dataset.min_heard_s


def test_a_clip_nobody_knows_anything_of_is_skipped(story: Story, dataset: Dataset) -> None:
    known, unknown = (factories.make_clip(dataset=dataset) for _ in range(2))
    story.vote({known.key: "Sad"})
    assert Demand.objects.get(clip=known).n_votes == dataset.votes_per_clip
    assert set(unknown.assignments.values_list("state", flat=True)) == {Assignment.State.SKIPPED}


def test_a_skipped_clip_does_not_keep_the_rest_of_its_song_unanswered(story: Story, dataset: Dataset) -> None:
    source = factories.make_source(factories.make_group(dataset))
    _unknown, known = (factories.make_clip(source) for _ in range(2))
    story.vote({known.key: "Sad"})
    assert Demand.objects.get(clip=known).n_votes == dataset.votes_per_clip


def test_the_votes_are_dated_before_now_and_in_order(story: Story, dataset: Dataset) -> None:
    clips = [factories.make_clip(dataset=dataset) for _ in range(3)]
    story.vote({clip.key: "Sad" for clip in clips})
    moments = list(Vote.objects.order_by("pk").values_list("created_at", flat=True))
    assert moments == sorted(moments)


def test_the_same_seed_tells_the_same_story(dataset: Dataset, cast: list[Annotator], ravi: User) -> None:
    told = []
    for _ in range(2):
        own = factories.make_dataset()
        clips = [factories.make_clip(dataset=own) for _ in range(4)]
        Story(own, lambda text: None, seed=7).vote({clip.key: "Fear" for clip in clips})
        votes = Vote.objects.filter(assignment__clip__dataset=own).order_by("pk")
        told.append(list(votes.values_list("assignment__annotator", "emotion", "cue", "confidence")))
    assert told[0] == told[1]


def test_a_story_that_goes_on_after_a_release_asks_nobody_again(story: Story, dataset: Dataset) -> None:
    factories.make_release(dataset)
    before = Vote.objects.count()
    clip = factories.make_clip(dataset=dataset)
    story.vote({clip.key: "Sad"})
    assert Vote.objects.count() == before


def test_a_release_is_frozen_once(story: Story, dataset: Dataset) -> None:
    for emotion in ("Sad", "Fear") * 5:
        factories.make_agreed_clip(dataset=dataset, emotion=emotion)
    release = story.release()
    assert story.release() == release
    assert Release.objects.count() == 1
    assert set(release.items.values_list("split", flat=True)) == {"train", "validation", "test"}


def test_what_a_clip_was_made_to_express_is_found_by_place_and_else_by_file(
    story: Story, dataset: Dataset, folder: Path
) -> None:
    source = factories.make_source(factories.make_group(dataset), file_name="Sad-1.mp4")
    at_place, elsewhere = factories.make_clip(source, start_s=30), factories.make_clip(source, start_s=90)
    stranger = factories.make_clip(dataset=dataset)
    truths = story.truths_by_clip(material_of(folder, folder / "manifest.csv", seed=7))
    assert truths == {at_place.key: "Sad", elsewhere.key: "Sad"}
    assert stranger.key not in truths


def test_a_job_that_failed_ends_the_story_with_its_reason(story: Story) -> None:
    job = factories.make_job(state=Job.State.FAILED, error="The disk is full.", finished_at=factories.MOMENT)
    with pytest.raises(WorkerError, match="The disk is full"):
        story.wait(job)
