"""Accounts and roles: rights come from one table, and nobody can lock everybody out."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from annotations import people
from annotations.errors import LastAdministrator
from annotations.roles import (
    ALL_RIGHTS,
    CURATE,
    LABEL,
    MANAGE_PEOPLE,
    RESEARCH,
    RIGHTS,
    Role,
    roles_of,
    set_roles,
)
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_a_role_carries_exactly_its_rights(role: Role) -> None:
    user = factories.make_user("someone", role.value)
    assert {right for right in ALL_RIGHTS if user.has_perm(right)} == RIGHTS[role]


def test_two_roles_carry_the_rights_of_both() -> None:
    user = factories.make_user("both", Role.ANNOTATOR, Role.RESEARCHER)
    assert user.has_perms([LABEL, RESEARCH])
    assert not user.has_perm(CURATE)


def test_nobody_in_particular_has_no_rights(eve: User) -> None:
    for user in (eve, AnonymousUser()):
        assert not [right for right in ALL_RIGHTS if user.has_perm(right)]


def test_a_person_who_has_left_has_no_rights(carla: User) -> None:
    carla.is_active = False
    assert not carla.has_perm(CURATE)


def test_a_right_outside_the_table_is_nobodys(ada: User) -> None:
    assert not ada.has_perm("auth.delete_user")


def test_changing_roles_changes_rights_at_once(eve: User) -> None:
    assert not eve.has_perm(CURATE)
    set_roles(user=eve, roles={Role.CURATOR.value})
    assert eve.has_perm(CURATE)
    set_roles(user=eve, roles=set())
    assert roles_of(eve) == set()


def test_an_account_is_created_with_its_roles_and_password() -> None:
    user = people.save_person(
        person=None, username="dina", roles={"annotator"}, is_active=True, password="a long password"
    )
    assert user.check_password("a long password")
    assert user.has_perm(LABEL)


def test_without_a_new_password_the_old_one_stays() -> None:
    user = people.save_person(person=None, username="dina", roles=set(), is_active=True, password="first one")
    people.save_person(person=user, username="dinah", roles=set(), is_active=True)
    user.refresh_from_db()
    assert (user.username, user.check_password("first one")) == ("dinah", True)


@pytest.mark.parametrize(("roles", "is_active"), [({"curator"}, True), ({"admin"}, False)])
def test_the_last_administrator_stays(ada: User, roles: set[str], is_active: bool) -> None:
    with pytest.raises(LastAdministrator, match="“ada” is the last administrator; make somebody else one"):
        people.save_person(person=ada, username="ada", roles=roles, is_active=is_active)
    assert User.objects.get(pk=ada.pk).has_perm(MANAGE_PEOPLE)


def test_an_administrator_may_go_when_there_is_another(ada: User) -> None:
    factories.make_user("second", Role.ADMIN)
    people.save_person(person=ada, username="ada", roles=set(), is_active=True)
    assert not User.objects.get(pk=ada.pk).has_perm(MANAGE_PEOPLE)


def test_an_administrator_who_has_left_is_no_other(ada: User) -> None:
    gone = factories.make_user("gone", Role.ADMIN)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    with pytest.raises(LastAdministrator):
        people.save_person(person=ada, username="ada", roles=set(), is_active=True)


def test_the_welcome_link_is_good_until_there_is_somebody() -> None:
    token = people.welcome_token()
    assert people.is_welcome(token)
    assert not people.is_welcome(token[:-1] + ("A" if token[-1] != "A" else "B"))
    factories.make_user("first", Role.ADMIN)
    assert not people.is_welcome(token)
