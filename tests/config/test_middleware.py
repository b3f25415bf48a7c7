"""`/healthz` answers whoever watches the process."""

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.0.0.7", "anything.example", "not a host"])
def test_health_is_told_under_every_name(host: str, client: Client) -> None:
    response = client.get("/healthz", headers={"Host": host})
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_a_page_is_told_only_under_the_sites_names(client: Client) -> None:
    assert client.get("/", headers={"Host": "anything.example"}).status_code == 400


def test_health_is_told_without_tls_where_pages_are_not(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/").headers["Location"].startswith("https://")


def test_health_starts_no_session_and_asks_for_no_login(client: Client) -> None:
    assert not client.get("/healthz").cookies


def test_without_a_database_there_is_no_health(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(connection, "cursor", away)
    assert Client(raise_request_exception=False).get("/healthz").status_code == 500
