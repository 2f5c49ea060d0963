"""Remember which uploads were finished with content that was here already, so that finishing again is a success."""

from __future__ import annotations

from django.db import migrations

import repositories.fields


class Migration(migrations.Migration):
    dependencies = [("repositories", "0002_check_references_at_once")]

    operations = [
        migrations.AddField(
            model_name="trash", name="digest", field=repositories.fields.DigestField(max_length=65, null=True)
        ),
    ]
