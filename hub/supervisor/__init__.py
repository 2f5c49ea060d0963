"""Runs the whole hub on one machine: `python -m hub.supervisor`, which is what `make run` calls.

It takes the data folder for itself, makes the secrets, lets `manage.py prepare` bring the database and the static
files up to date, and then keeps two programs alive until it is told to stop: the web server and the Celery worker
with its timetable.

Standard library only and no Django, because it stays in memory beside them and must not cost anything:

    place      the data folder, its lock, the port, the secrets
    programs   the command lines, and one program that should be running
    loop       signals, waiting, reviving, shutting down
"""

from __future__ import annotations
