"""One shape for every error, whatever went wrong, and a row for every domain error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings

from accounts import errors as accounts_errors
from accounts.models import User
from hub.api import errors as rest
from repositories import errors as content_errors
from repositories import quotas
from tests.api.conftest import Ask, Rest, refused
from tests.make import people

TOKENS = "/api/v1/tokens/"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v2/x", "/api/v1/", "/api/v1/nothing", "/api/v1/tokens/x/", "/api/v1//"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_addresses(method: str, path: str, rest: Ask) -> None:
    answer = rest().ask(method, path)
    assert (answer.status_code, refused(answer)["code"]) == (404, "address_unknown")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_methods_that_an_address_does_not_have(method: str, owner: User, rest: Ask) -> None:
    answer = rest(owner).ask(method, TOKENS)
    assert (answer.status_code, refused(answer)["code"]) == (405, "method_not_allowed")
    assert set(answer["Allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b'{"name": NaN}',
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"name": "a", "name": "b"}',
        b'{"name": ' + b"9" * 100_000 + b"}",
        b"[" * 100_000,
        b'{"name": "a"} {}',
    ],
    ids=["cut", "words", "nan", "bytes", "bom", "twice", "huge", "deep", "trailing"],
)
def test_malformed_json(body: bytes, owner: User, rest: Ask) -> None:
    answer = rest(owner).ask("POST", TOKENS, body)
    assert (answer.status_code, refused(answer)["code"]) == (400, "malformed_json")


@pytest.mark.parametrize("body", [[], "text", 7, True])
def test_bodies_that_are_no_objects(body: object, owner: User, rest: Ask) -> None:
    answer = rest(owner).post(TOKENS, body)
    assert answer.status_code == 400
    assert list(refused(answer)["fields"]) == ["body"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "x/y/z"]
)
def test_other_media_types(content_type: str, owner: User, rest: Ask) -> None:
    answer = rest(owner).ask("POST", TOKENS, b'{"name": "a"}', content_type=content_type)
    assert (answer.status_code, refused(answer)["code"]) == (415, "media_type_unsupported")


def test_a_charset_changes_nothing(owner: User, rest: Ask) -> None:
    body = b'{"name": "a", "scope": "repo:read"}'
    for charset in ("utf-16", "hex", "nonsense"):
        answer = rest(owner).ask("POST", TOKENS, body, content_type=f"application/json; charset={charset}")
        assert answer.status_code == 201


def test_bodies_over_one_mebibyte(owner: User, rest: Ask) -> None:
    fits = json.dumps({"name": "a" * (2**20 - 12)}).encode()
    assert len(fits) == 2**20
    assert rest(owner).ask("POST", TOKENS, fits).status_code == 400
    answer = rest(owner).ask("POST", TOKENS, fits + b" ")
    assert (answer.status_code, refused(answer)["code"]) == (413, "body_too_large")


def test_bodies_without_a_length(owner: User, rest: Ask) -> None:
    answer = rest(owner).ask("POST", TOKENS, b"{}", headers={"Transfer-Encoding": "chunked"})
    assert (answer.status_code, refused(answer)["code"]) == (411, "length_needed")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer x",
        "Bearer berth_pat_" + "a" * 49,
        "Basic",
        "Basic !!!",
        "Basic /w==",
        "Bearer a b",
        "bearer \t",
    ],
)
def test_credentials_that_are_none(header: str, rest: Ask) -> None:
    answer = rest().ask("GET", "repositories/", headers={"Authorization": header})
    assert (answer.status_code, refused(answer)["code"]) == (401, "credentials_rejected")
    assert answer["WWW-Authenticate"] == 'Bearer realm="berth"'


def test_many_rejected_tokens_from_one_address(owner: User, rest: Ask) -> None:
    wrong = Rest(headers={"Authorization": "Bearer berth_pat_wrong"})
    codes = [wrong.get("repositories/").status_code for _ in range(101)]
    assert codes == [401] * 100 + [429]
    assert int(wrong.get("repositories/")["Retry-After"]) > 0
    assert rest(owner).get("repositories/").status_code == 200


@override_settings(HUB_API_RATE=3, HUB_API_ANONYMOUS_RATE=2)
def test_too_many_requests(owner: User, outsider: User, rest: Ask) -> None:
    mine, nobody = rest(owner), rest()
    assert [mine.get("repositories/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [nobody.get("repositories/").status_code for _ in range(3)] == [200, 200, 429]
    answer = mine.get("repositories/")
    error = refused(answer)
    assert error["code"] == "rate_limited"
    assert 0 < int(answer["Retry-After"]) <= 61
    assert rest(owner).get("repositories/").status_code == 429  # the account counts, not the token
    assert rest(outsider).get("repositories/").status_code == 200
    elsewhere = nobody.client.get("/api/v1/repositories/", REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200


def test_what_nobody_expected_is_500_in_the_same_shape(
    owner: User, rest: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_down(namespace: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(quotas, "usage_of", break_down)
    mine = rest(owner)
    mine.client.raise_request_exception = False
    answer = mine.get("namespaces/owner-person/usage/")
    assert (answer.status_code, refused(answer)["code"]) == (500, "internal_error")
    assert b"secret" not in answer.content
    assert "a secret detail" in caplog.text


@pytest.mark.parametrize("module", [accounts_errors, content_errors])
def test_every_domain_error_has_a_row_of_its_own(module: Any) -> None:
    base = module.AccountError if module is accounts_errors else module.ContentError
    leaves = {kind for kind in _below(base) if not kind.__subclasses__()}
    assert leaves <= set(rest.TABLE)


def test_codes_mean_one_status_and_one_thing() -> None:
    statuses: dict[str, set[int]] = {}
    for row in rest.TABLE.values():
        statuses.setdefault(row.code, set()).add(row.status)
    assert all(len(found) == 1 for found in statuses.values())


def test_answers_are_not_kept_by_caches(owner: User, rest: Ask) -> None:
    for answer in (rest(owner).get("tokens/"), rest().get("repositories/"), rest().get("nothing")):
        assert answer["Cache-Control"] == "private, no-store"
        assert "Cookie" in answer["Vary"]


def test_the_accept_header_and_format_change_nothing(rest: Ask) -> None:
    answer = rest().ask("GET", "repositories/", headers={"Accept": "text/html,application/xml;q=0.9"})
    assert answer["Content-Type"] == "application/json"
    assert refused(rest().get("repositories/", format="api"))["code"] == "validation_failed"


def test_an_unverified_account_has_no_rights(rest: Ask, db: None) -> None:
    token = people.access_token(people.user("newcomer", verified=False))[1]
    answer = Rest(headers={"Authorization": f"Bearer {token}"}).get("namespaces/")
    assert refused(answer)["code"] == "credentials_rejected"


def _below(kind: type[Exception]) -> set[type[Exception]]:
    return {found for child in kind.__subclasses__() for found in {child, *_below(child)}}
