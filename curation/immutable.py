"""Database triggers that refuse to change rows: a rule no shell session or future view can forget."""

from collections.abc import Callable
from typing import Any

SQLITE = """
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""
POSTGRES = """
CREATE FUNCTION {table}_refuse_update() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_refuse_update()
"""
DROP = {
    "sqlite": "DROP TRIGGER {table}_is_append_only",
    "postgresql": "DROP TRIGGER {table}_is_append_only ON {table}; DROP FUNCTION {table}_refuse_update()",
}


def refuse_updates(table: str, message: str) -> Callable[[Any, Any], None]:
    """A migration step that makes every UPDATE of a row of `table` fail with `message`.

    Deleting is left to foreign keys (all PROTECT) and the models, so that test databases can be emptied.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        template = {"sqlite": SQLITE, "postgresql": POSTGRES}[schema_editor.connection.vendor]
        schema_editor.execute(template.format(table=table, message=message), params=None)

    return forwards


def allow_updates(table: str) -> Callable[[Any, Any], None]:
    """The reverse of `refuse_updates`."""

    def backwards(apps: Any, schema_editor: Any) -> None:
        schema_editor.execute(DROP[schema_editor.connection.vendor].format(table=table), params=None)

    return backwards
