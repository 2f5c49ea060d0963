"""The server's entry point."""

from __future__ import annotations

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from hub import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")


class StreamRequest(WSGIRequest):
    """A request whose chunked body reaches the registry.

    Django limits the stream to Content-Length, which a chunked body does not have: it would read as empty.
    The server de-chunks and ends the stream (`wsgi.input_terminated`). Only the registry reads such bodies.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
        if chunked and environ.get("wsgi.input_terminated") and self.path_info.startswith("/v2/"):
            self._stream = environ["wsgi.input"]


class Handler(WSGIHandler):
    request_class = StreamRequest


django.setup(set_prefix=False)
checks.refuse_when_unsafe()
application = Handler()
