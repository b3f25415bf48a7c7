"""Accounts and roles, in an administrator's browser."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.roles import Role, roles_of
from tests import factories
from tests.conftest import ClientOf
from tests.queries import n_queries

PASSWORD = "staple after staple"
NEW = {"username": "dina", "roles": ["annotator"], "is_active": "on", "password": PASSWORD}


@pytest.fixture
def browser(ada: User, client_of: ClientOf) -> Client:
    """Ada's."""
    return client_of(ada)


def person_url(user: User) -> str:
    return reverse("annotations:person", args=[user.pk])


def test_everybody_is_listed_with_their_roles(browser: Client, ada: User, carla: User, eve: User) -> None:
    User.objects.filter(pk=eve.pk).update(is_active=False)
    response = browser.get(reverse("annotations:people"))
    assert [(row["user"], row["roles"]) for row in response.context["rows"]] == [
        (ada, ["Administrator"]),
        (carla, ["Curator"]),
        (eve, []),
    ]
    assert response.content.decode().count("May not log in") == 1


def test_more_people_do_not_ask_more_questions(browser: Client) -> None:
    before = n_queries(browser, reverse("annotations:people"))
    for n in range(3):
        factories.make_user(f"person{n}", Role.CURATOR, Role.ANNOTATOR)
    assert n_queries(browser, reverse("annotations:people")) == before <= 12


def test_a_new_person_is_saved_and_can_log_in(browser: Client) -> None:
    response = browser.post(reverse("annotations:person_new"), NEW, follow=True)
    assert response.redirect_chain == [(reverse("annotations:people"), 302)]
    assert "“dina” is saved." in response.content.decode()
    assert roles_of(User.objects.get(username="dina")) == {"annotator"}
    assert Client().login(username="dina", password=PASSWORD)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"username": "ADA"}, "is taken; choose another user name"),
        ({"username": ""}, "required"),
        ({"username": "dina dinova"}, "valid username"),
        ({"username": "d" * 151}, "150"),
        ({"password": ""}, "required"),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "password123"}, "too common"),
        ({"password": " " * 12}, "only spaces"),
        ({"roles": ["emperor"]}, "emperor is not one of the available choices"),
    ],
    ids=str,
)
def test_a_new_person_who_would_not_do_is_refused_with_a_reason(
    given: dict[str, object], reason: str, browser: Client
) -> None:
    response = browser.post(reverse("annotations:person_new"), {**NEW, **given})
    assert response.status_code == 422
    assert reason in response.content.decode()
    assert User.objects.count() == 1


def test_a_password_is_never_sent_back(browser: Client) -> None:
    page = browser.post(reverse("annotations:person_new"), {**NEW, "username": ""}).content.decode()
    assert PASSWORD not in page


def test_the_form_shows_the_person_as_she_is(browser: Client, carla: User) -> None:
    page = browser.get(person_url(carla)).content.decode()
    assert 'value="carla"' in page
    assert re.search(r'name="roles" value="curator"[^>]* checked', page)
    assert not re.search(r'name="roles" value="admin"[^>]* checked', page)
    assert re.search(r'name="is_active"[^>]* checked', page)


def test_a_person_gets_another_name_and_other_roles_and_keeps_the_password(
    browser: Client, carla: User
) -> None:
    given = {**NEW, "username": "carlotta", "roles": ["curator", "researcher"], "password": ""}
    assert browser.post(person_url(carla), given).status_code == 302
    saved = User.objects.get(pk=carla.pk)
    assert (saved.username, roles_of(saved)) == ("carlotta", {"curator", "researcher"})
    assert saved.check_password("correct horse battery")


def test_a_person_may_keep_her_name(browser: Client, carla: User) -> None:
    assert browser.post(person_url(carla), {**NEW, "username": "Carla"}).status_code == 302


def test_nobody_gets_the_name_of_another(browser: Client, carla: User) -> None:
    response = browser.post(person_url(carla), {**NEW, "username": "Ada"})
    assert response.status_code == 422
    assert "“Ada” is taken" in response.content.decode()


def test_a_password_like_the_persons_name_is_refused(browser: Client) -> None:
    person = factories.make_user("gondwana-99")
    given = {**NEW, "username": "gondwana-99", "password": "gondwana-99"}
    assert "too similar to the username" in browser.post(person_url(person), given).content.decode()


def test_a_password_like_a_new_persons_name_is_refused(browser: Client) -> None:
    given = {**NEW, "username": "gondwana-99", "password": "gondwana-99"}
    assert browser.post(reverse("annotations:person_new"), given).status_code == 422


@pytest.mark.parametrize(
    "name", ["\u1112\u1161\u11ab\u1100\u1173\u11af", "\uff41\uff44\uff41\uff11"], ids=ascii
)
def test_a_person_logs_in_whatever_way_her_name_was_typed(name: str, browser: Client, client: Client) -> None:
    """Hangul as a Mac decomposes it, and full-width Latin, are the same names in another spelling."""
    browser.post(reverse("annotations:person_new"), {**NEW, "username": name})
    given = {"username": name, "password": PASSWORD}
    assert client.post(reverse("login"), given).status_code == 302


def test_a_person_may_be_kept_out(browser: Client, carla: User) -> None:
    given = {"username": "carla", "roles": ["curator"], "password": ""}
    assert browser.post(person_url(carla), given).status_code == 302
    assert not Client().login(username="carla", password="correct horse battery")


@pytest.mark.parametrize("change", [{"roles": []}, {"is_active": ""}], ids=str)
def test_the_last_administrator_is_kept_with_a_sentence(
    change: dict[str, object], browser: Client, ada: User
) -> None:
    given = {"username": "ada", "roles": ["admin"], "is_active": "on", "password": "", **change}
    response = browser.post(person_url(ada), given)
    assert response.status_code == 422
    assert "“ada” is the last administrator; make somebody else one first." in response.content.decode()
    ada.refresh_from_db()
    assert ada.is_active
    assert roles_of(User.objects.get(pk=ada.pk)) == {"admin"}


def test_an_administrator_who_makes_another_one_may_go(browser: Client, ada: User) -> None:
    browser.post(reverse("annotations:person_new"), {**NEW, "roles": ["admin"]})
    given = {"username": "ada", "roles": [], "is_active": "on", "password": ""}
    assert browser.post(person_url(ada), given, follow=True).status_code == 403  # she no longer sees the list
    assert roles_of(User.objects.get(pk=ada.pk)) == set()
