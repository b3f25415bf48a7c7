"""The table of rights is the whole truth: no row, no backend and no view knows another right."""

import re
from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import AnonymousUser, Group, Permission, User

from annotations.models import Annotator
from annotations.roles import ALL_RIGHTS, LABEL, RIGHTS, Role, roles_of, set_roles
from tests import factories

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("annotations", "curation", "worker")
APPS = r"(?:annotations|curation|worker)"
pytestmark = pytest.mark.django_db


def rights_asked_for(folder: str, suffix: str, pattern: str) -> set[str]:
    """Rights named in the source text under a folder."""
    return {
        right for path in (ROOT / folder).rglob(suffix) for right in re.findall(pattern, path.read_text())
    }


def test_every_role_has_a_line_in_the_table() -> None:
    assert set(RIGHTS) == set(Role)


def test_every_right_the_code_asks_for_belongs_to_a_role() -> None:
    named = rf'(?m)(?:has_perm\(|^[A-Z_]+ = |^ +_\(.+\), ".+", )"({APPS}\.[a-z_]+)"'
    asked = {right for package in PACKAGES for right in rights_asked_for(package, "*.py", named)}
    assert asked == ALL_RIGHTS


def test_every_right_a_template_asks_for_belongs_to_a_role() -> None:
    asked = rights_asked_for("templates", "*.html", rf"perms\.({APPS}\.[a-z_]+)")
    assert asked
    assert asked <= ALL_RIGHTS


def test_labelling_goes_with_no_role_that_sees_titles_or_votes() -> None:
    assert [role for role in Role if LABEL in RIGHTS[role]] == [Role.ANNOTATOR]
    assert RIGHTS[Role.ANNOTATOR] == {LABEL}


def test_templates_ask_a_whole_package_through_the_same_table(carla: User, eve: User) -> None:
    assert [carla.has_module_perms(package) for package in PACKAGES] == [False, True, True]
    assert not any(eve.has_module_perms(package) for package in PACKAGES)


def test_a_person_who_has_left_has_no_right_in_any_package(ada: User) -> None:
    ada.is_active = False
    assert not any(ada.has_perm(right) for right in ALL_RIGHTS)
    assert not any(ada.has_module_perms(package) for package in PACKAGES)


def test_rows_of_permissions_give_nobody_a_right(eve: User) -> None:
    """What somebody once typed into the database cannot open a page."""
    every = Permission.objects.all()
    Group.objects.create(name="everything").permissions.set(every)
    eve.user_permissions.set(every)
    eve.groups.add(Group.objects.get(name="everything"))
    for permission in every.select_related("content_type"):
        assert not eve.has_perm(f"{permission.content_type.app_label}.{permission.codename}")


def test_a_group_that_is_no_role_is_none(eve: User) -> None:
    eve.groups.add(Group.objects.create(name="administrators"))
    assert roles_of(eve) == set()


def test_an_unknown_role_is_refused(eve: User) -> None:
    with pytest.raises(ValueError, match="emperor"):
        set_roles(user=eve, roles={"emperor"})


def test_roles_are_read_once_a_request(carla: User, django_assert_num_queries: object) -> None:
    person = User.objects.get(pk=carla.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert [person.has_perm(right) for right in sorted(ALL_RIGHTS)].count(True) == 3


def test_strangers_are_asked_nothing_of_the_database(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert not any(AnonymousUser().has_perm(right) for right in ALL_RIGHTS)


def test_the_right_name_and_password_log_a_person_in_and_nothing_else_does(carla: User) -> None:
    assert authenticate(username="carla", password="correct horse battery") == carla
    assert authenticate(username="carla", password="wrong") is None
    assert authenticate(username="carla", password="") is None
    assert authenticate(username="nobody", password="correct horse battery") is None


def test_an_account_without_a_password_cannot_log_in(amina: Annotator) -> None:
    factories.make_user("passwordless", Role.ADMIN)
    assert authenticate(username="passwordless", password="") is None
