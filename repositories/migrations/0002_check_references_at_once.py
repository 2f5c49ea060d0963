"""PostgreSQL: check foreign keys when a statement runs, not when the transaction commits.

Django makes them `INITIALLY DEFERRED`; a rule that would orphan a row must hear of it where it can still answer.
"""

from __future__ import annotations

from django.db import migrations

CONSTRAINTS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND condeferrable AND conrelid::regclass::text LIKE 'repositories_%%'
"""


def check_at_once(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(CONSTRAINTS)
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY IMMEDIATE')


class Migration(migrations.Migration):
    dependencies = [("repositories", "0001_initial")]
    operations = [migrations.RunPython(check_at_once, migrations.RunPython.noop)]
