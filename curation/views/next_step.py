"""What a dataset needs next. Pure: counts in, a sentence and a link out."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Step(NamedTuple):
    """One step of the way from videos to a trained network."""

    name: str | Promise
    advice: str | Promise
    action: str | Promise
    url_name: str
    permission: str


STEPS = (
    Step(
        pgettext_lazy("step", "Import clips"),
        _("There are no clips yet. Bring in videos; each becomes clips of 30 seconds."),
        _("Import videos"), "worker:import_new", "curation.curate",
    ),
    Step(
        pgettext_lazy("step", "Collect votes"),
        _("No clip has an agreed label yet. Invite annotators; their queue is open."),
        _("See the open clips"), "curation:clips", "curation.view",
    ),
    Step(
        pgettext_lazy("step", "Split"),
        _("There are agreed clips whose sources are in no split. Split them by source, so that nothing leaks."),
        _("Split the sources"), "curation:split", "curation.curate",
    ),
    Step(
        pgettext_lazy("step", "Freeze"),
        _("Agreed, split clips are waiting. Freeze them as a release that never changes."),
        _("Freeze a release"), "curation:releases", "curation.curate",
    ),
    Step(
        pgettext_lazy("step", "Train and send back"),
        _("The newest release holds every clip that is ready for it. Train a network on it, and send the clips it doubts back to people."),
        _("Open training"), "worker:runs", "worker.research",
    ),
)  # fmt: skip


def current_step(tally: Mapping[str, int], n_released: int | None) -> int:
    """The position in `STEPS` of what the dataset needs next. `n_released`: clips of the newest release.

    >>> current_step({"n_clips": 9, "n_agreed": 4, "n_unsplit": 4, "n_releasable": 0}, None)
    2
    """
    if not tally["n_clips"]:
        return 0
    if not tally["n_agreed"]:
        return 1
    if tally["n_unsplit"]:
        return 2
    return 3 if n_released is None or n_released != tally["n_releasable"] else 4
