"""Who is warned on every page when no worker listens."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from annotations.models import Annotator
from tests.conftest import ClientOf
from worker import heartbeats

WARNING = "No worker is listening to:"


@pytest.mark.parametrize("name", ["carla", "ravi", "ada"])
def test_those_who_see_jobs_are_told_which_queues_nobody_listens_to(
    name: str, request: pytest.FixtureRequest, client_of: ClientOf
) -> None:
    client = client_of(request.getfixturevalue(name))
    assert f"{WARNING} default, gpu." in client.get(reverse("home")).content.decode()
    heartbeats.beat("default@here", ["default"])
    assert f"{WARNING} gpu." in client.get(reverse("home")).content.decode()


def test_while_every_queue_has_a_worker_nobody_is_warned(carla: User, client_of: ClientOf) -> None:
    heartbeats.beat("all@here", list(heartbeats.QUEUES))
    assert WARNING not in client_of(carla).get(reverse("home")).content.decode()


def test_who_can_do_nothing_about_it_is_not_warned(
    amina: Annotator, eve: User, client_of: ClientOf, client: Client
) -> None:
    for user in (amina.user, eve):
        assert WARNING not in client_of(user).get(reverse("home")).content.decode()
    assert WARNING not in client.get(reverse("login")).content.decode()
