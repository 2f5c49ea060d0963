"""Access tokens become of two kinds: those that people make, and those that programs keep instead of a password."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="kind",
            field=models.CharField(
                choices=[("personal", "Personal"), ("refresh", "Refresh")], default="personal", max_length=8
            ),
        ),
        migrations.AddConstraint(
            model_name="accesstoken",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["personal", "refresh"])), name="token_kind_known"
            ),
        ),
    ]
