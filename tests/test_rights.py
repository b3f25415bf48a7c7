"""No page without a right."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from annotations.models import Annotator
from annotations.roles import Role, set_roles
from curation.models import Import
from tests import factories
from tests.conftest import ClientOf
from worker import services
from worker.models import Job

LOGIN, REFUSED, NOT_SO = "login", 403, 405
# What a stranger and a person without a role meet at a page's address, by GET and by POST. Everything that is
# not named here sends strangers to the login and is refused to people without the right.
OPEN: dict[str, tuple[tuple[int | str, int | str], tuple[int | str, int | str]]] = {
    "home": ((LOGIN, LOGIN), (200, 405)),
    "login": ((200, 200), (200, 200)),
    "logout": ((405, 302), (405, 302)),
    "password_change": ((LOGIN, LOGIN), (200, 200)),
    "password_change_done": ((LOGIN, LOGIN), (200, 405)),
    "set_language": ((302, 302), (302, 302)),
    "annotations:welcome": ((404, 404), (404, 404)),
}


def patterns(resolver: Any, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every URL pattern of the project with its full name."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry
        else:
            yield from patterns(entry, f"{namespace}{entry.namespace}:" if entry.namespace else namespace)


def addresses(name: str, pattern: URLPattern, world: dict[str, set[str]]) -> list[str]:
    """A page's address for each row it may be about."""
    converters = pattern.pattern.converters
    known = {key: sorted(world[key]) for key in converters}
    rows = known.pop("pk", [""])
    given = {key: values[0] for key, values in known.items()}
    return [reverse(name, kwargs={**given, **({"pk": row} if row else {})}) for row in rows]


def met(client: Client, method: str, url: str, user: User | None = None) -> int | str:
    """The status of an answer, or that it is the way to the login. `user` is logged in first."""
    if user is not None:
        client.force_login(user, backend="annotations.roles.PasswordBackend")
    response = getattr(client, method)(url)
    if response.status_code == 302 and response["Location"].startswith(f"{reverse('login')}?next="):
        return LOGIN
    status: int = response.status_code
    return status


def test_every_page_asks_for_a_right_or_is_named_as_open_to_all(
    amina: Annotator, ada: User, eve: User, client_of: ClientOf
) -> None:
    run = factories.make_trained_run()
    release, dataset = run.release, run.release.dataset
    turn = services.surface(run=run, strategy="entropy", budget=1, votes_per_clip=1, by=None)
    batch = Import.objects.create(dataset=dataset, folder="/nowhere")
    job = factories.make_job(Job.Kind.IMPORT, subject_id=batch.pk, dataset=dataset)
    vote = factories.make_vote(factories.make_clip(dataset=dataset), amina)
    clip = factories.make_clip(dataset=dataset)
    lease = factories.make_lease(clip, amina)
    for name in (clip.media, clip.poster):
        path = settings.MEDIA_ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"film")
    rows = (run, turn, batch, job, vote, lease, eve, clip.source.group)
    world = {
        "slug": {dataset.slug},
        "key": {clip.key},
        "version": {release.version},
        "kind": {"clips.csv"},
        "pk": {str(row.pk) for row in rows},
    }
    set_roles(user=amina.user, roles=set(Role.values))
    with_every_right = client_of(amina.user)

    stranger, nobody = Client(), Client()
    unguarded, unreached = {}, []
    for name, pattern in patterns(get_resolver()):
        urls = addresses(name, pattern, world)
        # A page about a row nobody made says 404 to everyone, and would hide that it asks for no right.
        reached = [url for url in urls if met(with_every_right, "get", url) != 404]
        if name not in OPEN and not reached:
            unreached.append(name)
        url = (reached or urls)[0]
        strangers = tuple(met(stranger, method, url) for method in ("get", "post"))
        nobodies = tuple(met(nobody, method, url, eve) for method in ("get", "post"))
        if name in OPEN:
            is_guarded = (strangers, nobodies) == OPEN[name]
        else:
            is_guarded = (
                set(strangers) == {LOGIN} and REFUSED in nobodies and set(nobodies) <= {REFUSED, NOT_SO}
            )
        if not is_guarded:
            unguarded[name] = (strangers, nobodies)
    assert unguarded == {}
    assert unreached == []
