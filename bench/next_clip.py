"""Does the next clip cost more when there are more clips?

    python bench/next_clip.py            # 1,000, 10,000 and 100,000 clips on a scratch SQLite database

Eight annotators in turn ask for a clip and answer it, through the services the pages use. The baseline is the
first size; the claim is the ratio. `DATABASE_URL` chooses another database, which is emptied: give a scratch one.
"""

import os
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from annotations.models import Annotator
    from curation.models import Dataset

SIZES = (1_000, 10_000, 100_000)
N_ANSWERS = 200
N_ANNOTATORS = 8


def set_up() -> None:
    """A scratch home, and Django on it."""
    home = tempfile.mkdtemp(prefix="moodreel-bench-")
    os.environ.setdefault("MOODREEL_HOME", home)
    os.environ.setdefault("MOODREEL_SECRET_KEY", "only for measuring, which serves nobody at all")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def fill(n_clips: int) -> "Dataset":
    """A dataset of `n_clips` ready clips, two of each source, as an import would have left them."""
    from annotations.models import Demand
    from curation.models import Clip, ClipLabel, Dataset, Source, SourceGroup

    dataset = Dataset.objects.create(slug=f"bench-{n_clips}", name=f"{n_clips} clips", min_heard_s=0)
    groups = SourceGroup.objects.bulk_create(
        (SourceGroup(dataset=dataset, name=f"g{i}") for i in range(n_clips // 2)), batch_size=2000
    )
    sources = Source.objects.bulk_create(
        (
            Source(dataset=dataset, group=g, file_name=f"{g.name}.mp4", sha256=g.name, duration_s=60.0)
            for g in groups
        ),
        batch_size=2000,
    )
    clips = Clip.objects.bulk_create(
        (
            Clip(
                dataset=dataset,
                source=source,
                start_ms=start,
                end_ms=start + 30_000,
                media="x",
                media_sha256="x",
                state="ready",
            )
            for source in sources
            for start in (0, 30_000)
        ),
        batch_size=2000,
    )
    ClipLabel.objects.bulk_create((ClipLabel(clip=clip) for clip in clips), batch_size=2000)
    Demand.objects.bulk_create(
        (Demand(clip=clip, dataset=dataset, wanted=3) for clip in clips), batch_size=2000
    )
    return dataset


def people() -> list["Annotator"]:
    """Eight annotators who have consented."""
    from django.contrib.auth.models import User

    from annotations import services

    annotators = []
    for i in range(N_ANNOTATORS):
        user, _created = User.objects.get_or_create(username=f"annotator-{i}")
        annotator = services.annotator_of(user)
        services.give_consent(annotator=annotator)
        annotators.append(annotator)
    return annotators


def measure(dataset: "Dataset", annotators: list["Annotator"]) -> list[float]:
    """Milliseconds of each "next clip, answer it"."""
    from annotations import next_clip, services

    took = []
    for i in range(N_ANSWERS):
        annotator = annotators[i % len(annotators)]
        started = time.perf_counter()
        served = next_clip.assign_next(annotator=annotator, dataset=dataset)
        assert served.assignment is not None
        services.record_vote(
            assignment=served.assignment,
            annotator=annotator,
            answer=services.Answer(emotion="Sad"),
            key=uuid.uuid4(),
        )
        took.append(1000 * (time.perf_counter() - started))
    return took


def main() -> None:
    """Print one line a size."""
    set_up()
    annotators = people()
    baseline = None
    print(f"{'clips':>8}  {'median ms':>9}  {'95 % ms':>8}  {'times the first':>15}")
    for n_clips in SIZES:
        took = sorted(measure(fill(n_clips), annotators))
        median = statistics.median(took)
        baseline = baseline or median
        print(f"{n_clips:>8,}  {median:9.1f}  {took[int(0.95 * len(took))]:8.1f}  {median / baseline:15.2f}")


if __name__ == "__main__":
    main()
