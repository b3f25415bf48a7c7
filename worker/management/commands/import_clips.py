"""`manage.py import_clips`: bring a folder in from a terminal."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from curation.errors import CurationError
from curation.models import Dataset, ImportItem
from worker import importing
from worker.models import Job
from worker.tasks import run_job


class Command(BaseCommand):
    """Imports in this very process, with or without running workers."""

    help = "Import a folder of videos into a dataset and say what became of each file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, and into which dataset."""
        parser.add_argument("--dataset", required=True, help="the dataset's short name, as in its address")
        parser.add_argument("--folder", required=True, type=Path, help="folder that holds the videos")
        parser.add_argument("--manifest", type=Path, help="CSV that describes them; without it, every video")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, then list what was not taken."""
        dataset = Dataset.objects.filter(slug=options["dataset"]).first()
        if dataset is None:
            known = ", ".join(Dataset.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no dataset “{options['dataset']}”; there is: {known}.")
        if not options["folder"].is_dir():
            raise CommandError(f"There is no folder {options['folder']}; give the one that holds the videos.")
        manifest: Path | None = options["manifest"]
        try:
            job = importing.request_import(
                dataset=dataset,
                folder=options["folder"].resolve(),
                manifest=manifest.read_bytes() if manifest else None,
                manifest_name=manifest.name if manifest else "",
                by=None,
            )
        except (CurationError, OSError) as error:
            raise CommandError(str(error)) from error
        run_job(job.pk)
        self.tell(Job.objects.get(pk=job.pk))

    def tell(self, job: Job) -> None:
        """What became of the rows."""
        for item in ImportItem.objects.filter(batch=job.subject_id).exclude(reason=""):
            self.stdout.write(f"{item.file_name}: {item.reason}")
        if job.state == Job.State.FAILED:
            raise CommandError(job.error)
        counts = [f"{n} {ImportItem.State(state).label.lower()}" for state, n in job.result.items() if n]
        self.stdout.write(", ".join(counts) or f"The import is in the hands of a worker: job {job.pk}.")
