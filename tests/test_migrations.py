"""Migrations: complete, linear, and reversible to nothing and back."""

import io
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

APPS = ("curation", "annotations", "worker")


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())


@pytest.mark.parametrize("app", APPS)
def test_migrations_are_linear(app: str) -> None:
    graph = MigrationLoader(None).graph
    assert len(graph.leaf_nodes(app)) == 1
    assert len([node for node in graph.nodes if node[0] == app]) == len(
        [node for node in graph.forwards_plan(graph.leaf_nodes(app)[0]) if node[0] == app]
    )


@pytest.mark.parametrize("app", APPS)
def test_migrations_are_named_by_hand(app: str) -> None:
    names = [name for label, name in MigrationLoader(None).graph.nodes if label == app]
    assert not [name for name in names if "auto" in name.split("_")]


@pytest.fixture
def migrated_again(transactional_db: None) -> Iterator[None]:
    """Whatever happens, the other tests find all their tables."""
    yield
    call_command("migrate", verbosity=0)


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.split("_")[0] in APPS}


@pytest.mark.xdist_group("migrations")
def test_migrations_are_reversible_to_nothing_and_back(migrated_again: None) -> None:
    before = tables()
    assert {model._meta.db_table for app in APPS for model in apps.get_app_config(app).get_models()} <= before
    for app in reversed(APPS):
        call_command("migrate", app, "zero", verbosity=0)
    assert tables() == set()
    call_command("migrate", verbosity=0)
    assert tables() == before


def test_the_triggers_are_there_again_after_going_back_and_forth(migrated_again: None) -> None:
    call_command("migrate", "annotations", "0001", verbosity=0)
    call_command("migrate", "annotations", verbosity=0)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        triggers = {row[0] for row in cursor.fetchall()}
    assert "annotations_vote_is_append_only" in triggers
    assert {"curation_release_is_append_only", "curation_releaseitem_is_append_only"} <= triggers
