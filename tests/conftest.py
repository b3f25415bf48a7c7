"""The cast: Amina and Bo annotate, Carla curates, Ravi researches, Ada administers, Eve is nobody."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from annotations.models import Annotator
from annotations.roles import Role, set_roles
from curation.models import Dataset
from tests import factories

hypothesis.settings.register_profile("moodreel", max_examples=50, deadline=None, derandomize=True)
hypothesis.settings.load_profile("moodreel")

ClientOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    """Every test has a home of its own: what one writes, no other reads."""
    home = tmp_path / "home"
    settings.HOME = home
    settings.INBOX = home / "inbox"
    settings.MEDIA_ROOT = home / "media"
    settings.FEATURES_ROOT = home / "features"
    settings.RUNS_ROOT = home / "runs"
    settings.LOG_ROOT = home / "log"
    for folder in (settings.INBOX, settings.MEDIA_ROOT, settings.FEATURES_ROOT, settings.RUNS_ROOT):
        folder.mkdir(parents=True)


@pytest.fixture
def now() -> datetime:
    """A fixed moment."""
    return datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def dataset(db: None) -> Dataset:
    """A dataset that wants three votes a clip."""
    return factories.make_dataset()


@pytest.fixture
def amina(db: None) -> Annotator:
    """An annotator from Korea who has consented."""
    return factories.make_annotator("amina", country="KR")


@pytest.fixture
def bo(db: None) -> Annotator:
    """An annotator from Nepal who has consented."""
    return factories.make_annotator("bo", country="NP")


@pytest.fixture
def people(db: None) -> Callable[[int], list[Annotator]]:
    """`people(n)`: n annotators who have consented, from several countries."""
    return factories.make_annotators


def _person(name: str, *roles: Role) -> User:
    user = User.objects.create_user(name, password="correct horse battery")
    set_roles(user=user, roles={role.value for role in roles})
    return user


@pytest.fixture
def carla(db: None) -> User:
    """A curator."""
    return _person("carla", Role.CURATOR)


@pytest.fixture
def ravi(db: None) -> User:
    """A researcher."""
    return _person("ravi", Role.RESEARCHER)


@pytest.fixture
def ada(db: None) -> User:
    """An administrator."""
    return _person("ada", Role.ADMIN)


@pytest.fixture
def eve(db: None) -> User:
    """Somebody with an account and no role."""
    return _person("eve")


@pytest.fixture
def client_of() -> ClientOf:
    """`client_of(user)`: a browser in which `user` is logged in."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="annotations.roles.PasswordBackend")
        return client

    return logged_in
