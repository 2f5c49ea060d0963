"""Every blob has a time at which its bytes were known to be right, and is found by it."""

from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def count_arrival_as_verification(apps, schema_editor):
    """Bytes are compared with the digest on their way in."""
    blobs = apps.get_model("repositories", "Blob").objects
    blobs.filter(verified_at=None).update(verified_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("repositories", "0003_remember_duplicates")]

    operations = [
        migrations.RunPython(count_arrival_as_verification, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="blob", name="verified_at", field=models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.AddIndex(
            model_name="blob", index=models.Index(fields=["verified_at", "id"], name="blobs_by_verification")
        ),
        migrations.AddIndex(
            model_name="blob",
            index=models.Index(condition=models.Q(("corrupt", True)), fields=["id"], name="blobs_that_are_corrupt"),
        ),
    ]
