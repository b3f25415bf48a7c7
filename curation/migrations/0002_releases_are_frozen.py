"""Releases and their items are inserted once and never changed."""

from django.db import migrations

from curation.immutable import allow_updates, refuse_updates

TABLES = ["curation_release", "curation_releaseitem"]


class Migration(migrations.Migration):
    dependencies = [("curation", "0001_initial")]

    operations = [
        migrations.RunPython(
            refuse_updates(table, "A release is frozen; freeze a new release instead."), allow_updates(table)
        )
        for table in TABLES
    ]
