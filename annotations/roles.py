"""Who may do what: four roles, written down as one table.

Roles are Django groups; the rights of a role are code, not rows, so that a deployment cannot drift from
what is tested here. Views ask `user.has_perm("curation.curate")` and never name a role.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.db import models
from django.utils.translation import pgettext_lazy

LABEL = "annotations.label"
CURATE = "curation.curate"
RESEARCH = "worker.research"
MANAGE_PEOPLE = "annotations.manage_people"
VIEW_DATASET = "curation.view"
VIEW_JOBS = "worker.view_jobs"


class Role(models.TextChoices):
    """What a person does here. One person may have several roles."""

    ANNOTATOR = "annotator", pgettext_lazy("role", "Annotator")
    CURATOR = "curator", pgettext_lazy("role", "Curator")
    RESEARCHER = "researcher", pgettext_lazy("role", "Researcher")
    ADMIN = "admin", pgettext_lazy("role", "Administrator")


RIGHTS: dict[str, frozenset[str]] = {
    Role.ANNOTATOR: frozenset({LABEL}),
    Role.CURATOR: frozenset({CURATE, VIEW_DATASET, VIEW_JOBS}),
    # Researchers read the dataset and its releases; they change neither labels nor splits.
    Role.RESEARCHER: frozenset({RESEARCH, VIEW_DATASET, VIEW_JOBS}),
    Role.ADMIN: frozenset({MANAGE_PEOPLE, VIEW_JOBS}),
}
ALL_RIGHTS = frozenset().union(*RIGHTS.values())


def roles_of(user: User) -> set[str]:
    """The names of a person's roles, read once per request."""
    kept: set[str] | None = getattr(user, "_roles", None)
    if kept is None:
        kept = set(user.groups.filter(name__in=Role.values).values_list("name", flat=True))
        user._roles = kept  # type: ignore[attr-defined]  # a cache that lives as long as the request's user
    return kept


def set_roles(*, user: User, roles: set[str]) -> None:
    """Give a person exactly these roles."""
    groups = [Group.objects.get_or_create(name=Role(role).value)[0] for role in sorted(roles)]
    user.groups.set(groups)
    user.__dict__.pop("_roles", None)


class RoleBackend(BaseBackend):
    """Answers permission questions from the table above. It logs nobody in."""

    def has_perm(self, user_obj: AbstractBaseUser | AnonymousUser, perm: str, obj: Any = None) -> bool:
        """Whether one of the person's roles carries the right."""
        if not isinstance(user_obj, User) or not user_obj.is_active or perm not in ALL_RIGHTS:
            return False
        return any(perm in RIGHTS[role] for role in roles_of(user_obj))

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        """Whether the person has any right of the package; templates ask it through `perms`."""
        return any(perm.startswith(f"{app_label}.") and self.has_perm(user_obj, perm) for perm in ALL_RIGHTS)


class PasswordBackend(ModelBackend):
    """Logs people in by name and password. Rights come from the table above, never from permission rows."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """No: and without asking the database twice for every question."""
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """No."""
        return False
