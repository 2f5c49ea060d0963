"""The server's entry point."""

from __future__ import annotations

import os

import django
from django.core.handlers.wsgi import WSGIHandler

from hub import checks
from hub.bodies import Draining
from hub.requests import StreamRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")


class Handler(WSGIHandler):
    request_class = StreamRequest


django.setup(set_prefix=False)
checks.refuse_when_unsafe()
application = Draining(Handler())
