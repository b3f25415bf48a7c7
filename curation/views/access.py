"""Requests of people who may see or change the dataset.

The rights are spelt out: the package of the people, which defines them, builds on this one.
"""

from django.contrib.auth.models import User
from django.http import HttpRequest

VIEW_DATASET = "curation.view"
CURATE = "curation.curate"
LABEL = "annotations.label"


class AuthenticatedRequest(HttpRequest):
    """A request whose view is behind `login_required`."""

    user: User


def may_watch(user: User) -> bool:
    """Whether the person may see a clip's film: people who label it, and people who see the dataset."""
    return user.has_perm(LABEL) or user.has_perm(VIEW_DATASET)
