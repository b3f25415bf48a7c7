"""A vote is inserted once and never changed; a correction is a new row."""

from django.db import migrations

from curation.immutable import allow_updates, refuse_updates


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial")]

    operations = [
        migrations.RunPython(
            refuse_updates("annotations_vote", "Votes are append-only; record a correction instead."),
            allow_updates("annotations_vote"),
        )
    ]
