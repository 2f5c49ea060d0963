"""Bodies whose framing is broken: none of them becomes a blob, and nothing behind them is taken for a request.

The web server hands a chunked body that breaks off on as if it had ended, so an append may be accepted; what the client
meant to send is then missing at the end, and its digest protects it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.live import Hub
from tests.registry import Registry, digest_of, expect
from tests.wire import CHUNKED, Line

MEANT = b"hello, harbour"
DIGEST = digest_of(MEANT)
_HELLO = b"5\r\nhello\r\n"
_HARBOUR = b"9\r\n, harbour\r\n"
_END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Broken:
    """A body that should have been MEANT. `breaks_off`: the client says that nothing more comes."""

    content: bytes
    headers: tuple[str, ...] = (CHUNKED,)
    breaks_off: bool = False


CHUNKS = {
    "no last chunk": Broken(_HELLO + _HARBOUR[:-4], breaks_off=True),
    "half a chunk": Broken(_HELLO + b"9\r\n, har", breaks_off=True),
    "half a size": Broken(_HELLO + b"9", breaks_off=True),
    "nothing": Broken(b"", breaks_off=True),
    "a size that is no number": Broken(_HELLO + b"zz\r\n, harbour\r\n" + _END),
    "a size below nothing": Broken(_HELLO + b"-9\r\n, harbour\r\n" + _END),
    "a size in another notation": Broken(_HELLO + b"0x9\r\n, harbour\r\n" + _END),
    "a size without end": Broken(_HELLO + b"f" * 17 + b"\r\n, harbour\r\n" + _END),
    "no size": Broken(_HELLO + b"\r\n, harbour\r\n" + _END),
    "more bytes than the size": Broken(_HELLO + b"2\r\n, harbour\r\n" + _END),
    "fewer bytes than the size": Broken(_HELLO + b"a\r\n, harbour\r\n" + _END),
    "lines that end in other ways": Broken(b"5\nhello\n9\n, harbour\n0\n\n"),
}
LENGTHS = {
    "a length that is too long": Broken(MEANT[:9], ("Content-Length: 14",), breaks_off=True),
    "two lengths": Broken(MEANT, ("Content-Length: 14", "Content-Length: 9")),
    "two lengths in one": Broken(MEANT, ("Content-Length: 14, 9",)),
    "a length with a sign": Broken(MEANT, ("Content-Length: +14",)),
    "a length below nothing": Broken(MEANT, ("Content-Length: -14",)),
    "a length in another notation": Broken(MEANT, ("Content-Length: 0xe",)),
}
CODINGS = {
    coding: Broken(_HELLO + _HARBOUR + _END, (f"Transfer-Encoding: {coding}",))
    for coding in ("gzip, chunked", "chunked, gzip", "chunked, chunked", "gzip", "xchunked", "identity", "chunked;x=y")
}
FORMS = {**CHUNKS, **LENGTHS}


@pytest.mark.parametrize("form", FORMS)
def test_a_broken_body_never_becomes_a_blob(hub: Hub, owner: Registry, public: str, form: str) -> None:
    """In the first request, in the last one, and in one between."""
    for way in ("POST", "PUT", "PATCH"):
        location = owner.start_upload(public)
        query = "" if way == "PATCH" else f"?digest={DIGEST}"
        with Line(hub) as line:
            place = f"/v2/{public}/blobs/uploads/" if way == "POST" else location
            line.request(way, place + query, *FORMS[form].headers, bearer=owner.bearer, content=FORMS[form].content)
            if FORMS[form].breaks_off:
                line.finish()
            assert line.answer().status in ({202, 400} if way == "PATCH" else {400})
        if way == "PATCH":
            expect(owner.put(f"{location}?digest={DIGEST}"), 400, "DIGEST_INVALID")
        expect(owner.head(f"/v2/{public}/blobs/{DIGEST}"), 404)
        owner.delete(location)


@pytest.mark.parametrize("form", CODINGS)
def test_a_coding_that_is_not_understood_is_not_stored_as_it_came(
    hub: Hub, owner: Registry, public: str, form: str
) -> None:
    """RFC 9112, 6.1 and 6.3. The digest is right for what is in the chunks, which is not what they stand for."""
    owner.push_blob(public, b"{}")
    for bearer in (owner.bearer, {}):
        with Line(hub) as line:
            path = f"/v2/{public}/blobs/uploads/?digest={DIGEST}"
            line.request("POST", path, *CODINGS[form].headers, bearer=bearer, content=CODINGS[form].content)
            assert line.answer().status in ({400, 501} if bearer else {400, 401, 501})
        expect(owner.head(f"/v2/{public}/blobs/{DIGEST}"), 404)


@pytest.mark.parametrize("form", [form for form, body in FORMS.items() if not body.breaks_off])
@pytest.mark.parametrize("known", [True, False], ids=["with a token", "without a token"])
def test_nothing_behind_a_broken_body_is_answered(
    hub: Hub, owner: Registry, public: str, form: str, known: bool
) -> None:
    location = owner.start_upload(public)
    with Line(hub) as line:
        bearer = owner.bearer if known else {}
        line.request("PATCH", location, *FORMS[form].headers, bearer=bearer, content=FORMS[form].content)
        line.request("GET", f"/v2/{public}/tags/list", bearer=owner.bearer)
        line.answer()
        assert line.is_over()
    owner.delete(location)


def test_a_manifest_that_breaks_off_is_not_stored(hub: Hub, owner: Registry, public: str) -> None:
    pushed = owner.push_image(public, "1")
    half = pushed.manifest[:-1]
    for headers, content in (
        (CHUNKED, b"%x\r\n%s\r\n" % (len(half), half)),
        (f"Content-Length: {len(pushed.manifest)}", half),
    ):
        with Line(hub) as line:
            line.request("PUT", f"/v2/{public}/manifests/2", headers, bearer=owner.bearer, content=content)
            line.finish()
            assert line.answer().status == 400
        expect(owner.head(f"/v2/{public}/manifests/2"), 404)
