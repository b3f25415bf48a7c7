"""`manage.py recount_votes`: recompute the queue's counters from the votes and leases."""

from typing import Any

from django.core.management.base import BaseCommand

from annotations.services import recount
from curation.models import Clip


class Command(BaseCommand):
    """Safe at any time; the counters are only ever a summary."""

    help = "Recompute the counters of the labelling queue from the votes and leases."

    def handle(self, *args: Any, **options: Any) -> None:
        """Recount every clip that is in the queue."""
        n_wrong = recount(Clip.objects.filter(demand__isnull=False).iterator())
        self.stdout.write(f"{n_wrong} counters were wrong and have been put right.")
