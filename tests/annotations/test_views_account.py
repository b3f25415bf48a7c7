"""Consent, the profile, withdrawing, the first account, and logging in."""

from datetime import timedelta
from time import time

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.urls import reverse

from annotations import people
from annotations.models import CONSENT_VERSION, Annotator
from annotations.roles import Role, set_roles
from curation.models import Dataset
from tests import factories
from tests.conftest import ClientOf

ELSEWHERE = ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer() -> Annotator:
    """An annotator who has not agreed to anything yet."""
    return factories.make_annotator("newcomer", consented=False)


@pytest.fixture
def browser(amina: Annotator, client_of: ClientOf) -> Client:
    """Amina's."""
    return client_of(amina.user)


# --- Consent -----------------------------------------------------------------------------------------


def test_the_consent_text_says_under_which_name_answers_are_published(
    newcomer: Annotator, client_of: ClientOf
) -> None:
    page = client_of(newcomer.user).get(reverse("annotations:consent")).content.decode()
    assert newcomer.pseudonym in page


def test_opening_the_consent_text_is_no_consent(newcomer: Annotator, client_of: ClientOf) -> None:
    client_of(newcomer.user).get(reverse("annotations:consent"))
    newcomer.refresh_from_db()
    assert not newcomer.has_consented


def test_who_agrees_for_the_first_time_goes_on_to_the_profile(
    newcomer: Annotator, client_of: ClientOf
) -> None:
    response = client_of(newcomer.user).post(reverse("annotations:consent"))
    newcomer.refresh_from_db()
    assert newcomer.has_consented
    assert response.url == reverse("annotations:profile")


def test_who_has_not_agreed_is_sent_to_the_text_and_back(
    dataset: Dataset, newcomer: Annotator, client_of: ClientOf
) -> None:
    wanted = reverse("annotations:label", args=[dataset.slug]) + "?from=mail"
    response = client_of(newcomer.user).get(wanted, follow=True)
    assert response.redirect_chain == [(reverse("annotations:consent", query={"next": wanted}), 302)]
    assert f'name="next" value="{wanted}"' in response.content.decode()


def test_who_agrees_again_goes_back_to_where_the_text_stood_in_the_way(
    dataset: Dataset, amina: Annotator, browser: Client
) -> None:
    Annotator.objects.filter(pk=amina.pk).update(consent_version=CONSENT_VERSION - 1)
    wanted = reverse("annotations:label", args=[dataset.slug])
    assert browser.get(wanted).url == reverse("annotations:consent", query={"next": wanted})
    assert browser.post(reverse("annotations:consent"), {"next": wanted}).url == wanted
    assert browser.get(wanted).status_code == 200


@pytest.mark.parametrize("target", ELSEWHERE)
def test_consent_leads_nobody_to_another_site(target: str, browser: Client) -> None:
    url = reverse("annotations:consent")
    assert browser.post(url, {"next": target}).url == reverse("home")
    assert browser.post(f"{url}?next={target}").url == reverse("home")
    assert browser.get(url, {"next": target}).context["next"] == ""


# --- Profile and withdrawing -------------------------------------------------------------------------


def test_the_profile_is_kept(amina: Annotator, browser: Client) -> None:
    given = {"country": "NP", "languages": "Nepali", "music_training": "some"}
    assert browser.post(reverse("annotations:profile"), given).url == reverse("home")
    amina.refresh_from_db()
    assert (amina.country, amina.languages, amina.music_training) == ("NP", "Nepali", "some")


def test_everything_in_the_profile_is_optional(amina: Annotator, browser: Client) -> None:
    given = {"country": "", "languages": "", "music_training": ""}
    assert browser.post(reverse("annotations:profile"), given).status_code == 302
    amina.refresh_from_db()
    assert not amina.country


@pytest.mark.parametrize(
    "given", [{"country": "XX"}, {"music_training": "genius"}, {"languages": "x" * 121}], ids=str
)
def test_a_profile_that_cannot_be_understood_is_refused(
    given: dict[str, str], amina: Annotator, browser: Client
) -> None:
    assert browser.post(reverse("annotations:profile"), given).status_code == 422
    amina.refresh_from_db()
    assert amina.country == "KR"


def test_a_profile_changes_nobody_elses(amina: Annotator, bo: Annotator, browser: Client) -> None:
    browser.post(reverse("annotations:profile"), {"country": "FR", "pseudonym": bo.pseudonym, "user": bo.pk})
    bo.refresh_from_db()
    assert bo.country == "NP"
    assert Annotator.objects.get(pk=amina.pk).pseudonym == amina.pseudonym


def test_who_withdraws_is_thanked_and_asked_again_before_the_next_clip(
    dataset: Dataset, amina: Annotator, browser: Client
) -> None:
    response = browser.post(reverse("annotations:withdraw"), follow=True)
    amina.refresh_from_db()
    assert amina.withdrawn_at is not None
    assert "Your answers no longer count" in response.content.decode()
    after = browser.get(reverse("annotations:label", args=[dataset.slug]))
    assert after.url.startswith(reverse("annotations:consent"))


def test_withdrawing_twice_keeps_the_first_moment(amina: Annotator, browser: Client) -> None:
    browser.post(reverse("annotations:withdraw"))
    amina.refresh_from_db()
    first = amina.withdrawn_at
    browser.post(reverse("annotations:withdraw"))
    amina.refresh_from_db()
    assert amina.withdrawn_at == first


def test_who_lost_the_role_keeps_the_profile_and_may_withdraw(amina: Annotator, browser: Client) -> None:
    set_roles(user=amina.user, roles=set())
    assert "Withdraw my answers" in browser.get(reverse("annotations:profile")).content.decode()
    assert browser.post(reverse("annotations:profile"), {"languages": "Hindi"}).status_code == 302
    assert browser.post(reverse("annotations:withdraw")).status_code == 302
    amina.refresh_from_db()
    assert (amina.languages, amina.has_consented) == ("Hindi", False)


def test_who_lost_the_role_labels_no_more(dataset: Dataset, amina: Annotator, browser: Client) -> None:
    set_roles(user=amina.user, roles={Role.CURATOR.value})
    assert browser.get(reverse("annotations:label", args=[dataset.slug])).status_code == 403
    assert browser.get(reverse("annotations:consent")).status_code == 403


def test_asking_for_a_profile_makes_nobody_an_annotator(eve: User, client_of: ClientOf) -> None:
    assert client_of(eve).get(reverse("annotations:profile")).status_code == 403
    assert client_of(eve).post(reverse("annotations:withdraw")).status_code == 403
    assert not Annotator.objects.filter(user=eve).exists()


# --- The first account -------------------------------------------------------------------------------


def welcome_url(token: str | None = None) -> str:
    return reverse("annotations:welcome", query={"token": people.welcome_token() if token is None else token})


def test_the_welcome_link_makes_an_administrator_who_is_logged_in(client: Client) -> None:
    url = welcome_url()
    assert client.get(url).status_code == 200
    response = client.post(url, {"username": "ada", "password": PASSWORD}, follow=True)
    assert response.redirect_chain == [(reverse("home"), 302)]
    assert response.context["user"] == User.objects.get(username="ada")


def test_the_first_administrator_has_every_role_but_the_one_that_must_be_blind(client: Client) -> None:
    client.post(welcome_url(), {"username": "ada", "password": PASSWORD})
    roles = set(User.objects.get().groups.values_list("name", flat=True))
    assert roles == {Role.CURATOR, Role.RESEARCHER, Role.ADMIN}


@pytest.mark.parametrize(
    "given",
    [
        {"username": "", "password": PASSWORD},
        {"username": "ada", "password": ""},
        {"username": "ada", "password": "short"},
        {"username": "ada", "password": "password123"},
        {"username": "ada lovelace", "password": PASSWORD},
    ],
    ids=str,
)
def test_a_first_account_that_would_not_do_is_refused(given: dict[str, str], client: Client) -> None:
    assert client.post(welcome_url(), given).status_code == 422
    assert not User.objects.exists()


@pytest.mark.parametrize("token", ["", "guess", "ImZpcnN0IGFkbWluaXN0cmF0b3Ii:1u0000:xxxx"])
def test_a_wrong_welcome_link_is_a_404(token: str, client: Client) -> None:
    assert client.get(welcome_url(token)).status_code == 404
    response = client.post(welcome_url(token), {"username": "ada", "password": PASSWORD})
    assert response.status_code == 404
    assert not User.objects.exists()


def test_a_token_made_for_something_else_is_no_welcome(client: Client) -> None:
    token = signing.dumps("first administrator", salt="another page")
    assert client.get(welcome_url(token)).status_code == 404


def test_a_welcome_link_is_good_for_a_day(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for hours, status in ((23, 200), (25, 404)):
        with monkeypatch.context() as then:
            made_at = time() - timedelta(hours=hours).total_seconds()
            then.setattr(signing.time, "time", lambda made_at=made_at: made_at)
            url = welcome_url()
        assert client.get(url).status_code == status, hours


def test_a_welcome_link_is_good_for_one_account(client: Client) -> None:
    url = welcome_url()
    client.post(url, {"username": "ada", "password": PASSWORD})
    assert Client().get(url).status_code == 404
    assert Client().post(url, {"username": "eve", "password": PASSWORD}).status_code == 404
    assert User.objects.count() == 1


def test_the_welcome_page_refuses_other_methods(client: Client) -> None:
    assert client.put(welcome_url()).status_code == 405


# --- Logging in --------------------------------------------------------------------------------------


def log_in(client: Client, name: str = "carla", *, target: str = "") -> int:
    """The status of an attempt to log in."""
    given = {"username": name, "password": PASSWORD, "next": target}
    return client.post(reverse("login"), given).status_code


def test_a_person_logs_in_and_out(carla: User, client: Client) -> None:
    assert log_in(client) == 302
    assert client.get(reverse("home")).status_code == 200
    assert client.post(reverse("logout")).url == reverse("login")
    assert client.get(reverse("home")).status_code == 302


def test_a_person_who_has_left_cannot_log_in(carla: User, client: Client) -> None:
    User.objects.filter(pk=carla.pk).update(is_active=False)
    assert log_in(client) == 200
    assert client.get(reverse("home")).status_code == 302


def test_a_person_who_leaves_is_out_at_once(carla: User, client: Client) -> None:
    log_in(client)
    User.objects.filter(pk=carla.pk).update(is_active=False)
    assert client.get(reverse("home")).status_code == 302


def test_logging_in_leads_to_where_one_was_going_and_to_no_other_site(carla: User, client: Client) -> None:
    given = {"username": "carla", "password": PASSWORD}
    assert client.post(reverse("login"), {**given, "next": "/dataset/new/"}).url == "/dataset/new/"
    assert client.post(reverse("login"), {**given, "next": "//evil.example/"}).url == reverse("home")


def test_a_person_changes_the_password(carla: User, client_of: ClientOf) -> None:
    client = client_of(carla)
    assert client.get(reverse("password_change")).status_code == 200
    new = "staple after staple"
    given = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post(reverse("password_change"), given).url == reverse("password_change_done")
    assert client.get(reverse("password_change_done")).status_code == 200
    carla.refresh_from_db()
    assert carla.check_password(new)


def test_nothing_else_of_djangos_accounts_is_open(client: Client) -> None:
    for path in ("password_reset/", "password_reset/done/", "reset/MQ/set-password/", "reset/done/", ""):
        assert client.get(f"/accounts/{path}").status_code == 404, path
