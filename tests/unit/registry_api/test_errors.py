"""Every error of the floors below has an answer of the specification."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from accounts.errors import AccountError, RateLimited
from registry_api import errors
from registry_api.errors import Code
from repositories.errors import (
    AccessDenied,
    ContentError,
    ManifestBlobUnknown,
    QuotaExceeded,
    RangeInvalid,
    RepositoryUnknown,
)
from repositories.oci import digests

#: The codes of distribution-spec 1.1.1, "Error Codes".
SPECIFIED = set(Code) - {Code.UNKNOWN, Code.UNAVAILABLE}
#: Raised by pages and REST only: no rule that this door calls knows them.
ELSEWHERE = {
    "ConfirmationMismatch",
    "DescriptionTooLong",
    "LastOwner",
    "MembershipInvalid",
    "NameTaken",
    "TeamInvalid",
    "TeamUnknown",
    "TokenInvalid",
    "TokenUnknown",
}


def leaves(base: type[Exception]) -> Iterator[type[Exception]]:
    for child in base.__subclasses__():
        yield from leaves(child) if child.__subclasses__() else [child]


@pytest.mark.parametrize("error", [*leaves(ContentError), *leaves(AccountError)], ids=lambda error: error.__qualname__)
def test_every_error_has_a_row_or_belongs_elsewhere(error: type[Exception]) -> None:
    known = error in errors.TABLE
    if error.__module__ == "accounts.errors" and error.__name__ == "NameInvalid":
        return  # the grammar of new namespaces; repository names have their own
    assert known != (error.__name__ in ELSEWHERE)


def test_there_are_fourteen_codes() -> None:
    assert len(SPECIFIED) == 14


def test_one_entry_for_each_missing_blob() -> None:
    missing = [digests.compute(b"one"), digests.compute(b"two")]
    body = json.loads(errors.answer_for(ManifestBlobUnknown(missing)).body())
    assert [entry["detail"]["digest"] for entry in body["errors"]] == [str(digest) for digest in missing]
    assert {entry["code"] for entry in body["errors"]} == {"MANIFEST_BLOB_UNKNOWN"}
    many = [digests.compute(str(number).encode(), "sha512") for number in range(5000)]
    assert len(errors.answer_for(ManifestBlobUnknown(many)).body()) < 64 * 2**10


def test_a_hidden_repository_and_a_forbidden_action_answer_alike() -> None:
    hidden = errors.answer_for(RepositoryUnknown("acme/secret"))
    assert hidden == errors.answer_for(AccessDenied("acme/secret", "push"))
    assert (hidden.status, hidden.challenge) == (401, "insufficient_scope")


def test_a_repository_that_its_owner_has_not_made_is_not_found() -> None:
    answer = errors.answer_for(RepositoryUnknown("me/app", in_reach=True))
    assert (answer.status, answer.code, answer.challenge) == (404, "NAME_UNKNOWN", None)


def test_a_quota_says_its_whole_sentence_and_its_figures() -> None:
    answer = errors.answer_for(QuotaExceeded("One private repository is all.", rule="private", used=1, limit=1))
    assert (answer.status, answer.code, answer.message) == (403, "DENIED", "One private repository is all.")
    assert answer.details == ({"rule": "private", "used": 1, "limit": 1},)


@pytest.mark.parametrize(("offset", "shown"), [(0, "0-0"), (1, "0-0"), (500, "0-499")])
def test_a_chunk_out_of_order_is_told_where_to_go_on(offset: int, shown: str) -> None:
    assert errors.answer_for(RangeInvalid(offset, "an-id")).headers["Range"] == shown


def test_who_comes_too_often_is_told_when_to_come_back() -> None:
    answer = errors.answer_for(RateLimited(17))
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "TOOMANYREQUESTS", "17")


def test_what_nobody_expected_tells_nothing() -> None:
    answer = errors.answer_for(RuntimeError("the password is swordfish"))
    assert answer.status == 500
    assert b"swordfish" not in answer.body()
