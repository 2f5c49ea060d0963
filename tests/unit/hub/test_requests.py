"""The request that the server's entry point makes."""

from __future__ import annotations

import io

import pytest
from django.test import RequestFactory

from hub.requests import StreamRequest


def _request(path: str, body: bytes = b"", **headers: object) -> StreamRequest:
    environ = RequestFactory().generic("PATCH", path, body).environ
    environ.pop("CONTENT_LENGTH", None)
    return StreamRequest({**environ, "wsgi.input": io.BytesIO(body), **headers})


def test_a_chunked_body_reaches_the_registry_as_the_server_gives_it() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert _request("/v2/a/b/blobs/uploads/x", b"layer", **chunked).read(10) == b"layer"


def test_a_chunked_body_elsewhere_stays_unread() -> None:
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert _request("/new", b"form", **chunked).read(10) == b""


@pytest.mark.parametrize("charset", ["hex", "rot13", "no-such-thing", "utf-16"])
def test_a_strange_charset_is_ignored(charset: str) -> None:
    request = _request("/?q=one", CONTENT_TYPE=f"text/plain; charset={charset}", QUERY_STRING="q=one")
    assert request.GET["q"] == "one"
    assert request.content_type == "text/plain"
