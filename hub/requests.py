"""The request that the server's entry point makes of an environ."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class StreamRequest(WSGIRequest):
    """A request whose chunked body reaches the registry.

    Django limits the stream to Content-Length, which a chunked body does not have: it would read as empty.
    The server de-chunks and ends the stream (`wsgi.input_terminated`). Only the registry reads such bodies.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        chunked = "chunked" in str(environ.get("HTTP_TRANSFER_ENCODING", "")).lower()
        if chunked and environ.get("wsgi.input_terminated") and self.path_info.startswith(("/v2/", "/token")):
            self._stream = environ["wsgi.input"]

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        """Forms and JSON are UTF-8 here. Django would take any codec's name for a charset, and break on some."""
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
