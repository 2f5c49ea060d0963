"""Count pulls, and limit them by plan."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("repositories", "0004_verify_blobs")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="pulls",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Pulls in a window (HUB_PULL_WINDOW) of the person whose namespace is on it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="repository", name="pulls", field=models.PositiveBigIntegerField(default=0, editable=False)
        ),
        migrations.AddIndex(
            model_name="pullday",
            index=models.Index(fields=["repository", "reference"], name="pulls_of_a_reference"),
        ),
        migrations.CreateModel(
            name="PullWriter",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("batch", models.PositiveBigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
