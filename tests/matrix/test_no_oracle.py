"""Nobody learns from a side way what they may not see: mounts, manifests that name things, listings, counts, spellings.

Two questions that differ in one thing only are asked: the digest of a private repository and one that exists nowhere,
the hub with the private repository and without it. Everything about their answers must be equal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import transaction

from accounts import callers
from registry_api.auth import bearer, scopes
from tests.make import content
from tests.matrix import endings
from tests.matrix.inside import Answer, Asked, Inside
from tests.matrix.places import CANARY, NO_DIGEST, REPOSITORIES
from tests.matrix.world import World, user_of
from tests.registry import OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST

pytestmark = pytest.mark.django_db
OWN = "outsider-person/own"
HOST = "localhost:8000"
SECRET, PUBLIC = REPOSITORIES["secret"], REPOSITORIES["public"]
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pushing_token(*names: str) -> dict[str, str]:
    """A bearer token of the outsider for all actions, as far as it goes."""
    claimed = [scopes.repository(name, *scopes.ACTIONS) for name in names]
    token, _ = bearer.sign(callers.of(user_of("outsider")), claimed, service=HOST)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def own(made: World) -> dict[str, str]:
    """The outsider has a repository, and a token for it and for everything they would like to see."""
    content.image(content.repository(user_of("outsider"), "own"), "v1")
    return pushing_token(OWN, *REPOSITORIES.values())


def equal(answer: Answer, *masked: str) -> tuple[int, list[str], str]:
    """All of an answer but its date and ids, and what was asked."""

    def blank(text: str) -> str:
        for word in masked:
            text = text.replace(word, "<asked>")
        return _UUID.sub("<id>", text)

    headers = [f"{key}: {blank(value)}" for key, value in answer.headers if key not in {"date", "x-request-id"}]
    return answer.status, headers, blank(answer.body.decode("latin-1"))


# -- Digests of a private repository and digests that exist nowhere

MOUNTS = ["?mount={digest}&from={secret}", "?mount={digest}&from={absent}", "?mount={digest}"]


@pytest.mark.parametrize("query", MOUNTS)
@pytest.mark.parametrize("kind", ["blob", "loose blob", "image"])
def test_a_mount_of_what_is_private_begins_an_upload(
    inside: Inside, made: World, own: dict[str, str], query: str, kind: str
) -> None:
    found = []
    for digest in (made.things["secret"][kind], NO_DIGEST):
        asked = query.format(digest=digest, secret=SECRET, absent=REPOSITORIES["absent"])
        answer = inside.send(Asked("POST", f"/v2/{OWN}/blobs/uploads/{asked}", own))
        assert answer.status == 202
        found.append(equal(answer, digest))
    assert found[0] == found[1]


def test_a_mount_asks_for_the_right_to_read_and_no_more(inside: Inside, made: World, own: dict[str, str]) -> None:
    """With the right the same request succeeds: what is refused above is refused for want of it."""
    path = f"/v2/{OWN}/blobs/uploads/?mount={made.things['public']['blob']}&from={PUBLIC}"
    assert inside.send(Asked("POST", path, own)).status == 201


READS = ["blobs/{digest}", "manifests/{digest}", "referrers/{digest}", "referrers/{digest}?artifactType=a/b"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("path", READS)
def test_foreign_content_is_not_here(inside: Inside, made: World, own: dict[str, str], method: str, path: str) -> None:
    things = made.things["secret"]
    for digest in (things["blob"], things["image"], things["artifact"]):
        mine, nowhere = (
            equal(inside.send(Asked(method, f"/v2/{OWN}/{path.format(digest=each)}", own)), each)
            for each in (digest, NO_DIGEST)
        )
        assert mine == nowhere


def manifest(config: str, layer: str) -> dict[str, object]:
    sizes = {"size": 600}
    return {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": OCI_CONFIG, "digest": config, **sizes},
        "layers": [{"mediaType": OCI_LAYER, "digest": layer, **sizes}],
    }


def index(child: str, **more: object) -> dict[str, object]:
    children = [{"mediaType": OCI_MANIFEST, "digest": child, "size": 600}] if child else []
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children, **more}


def documents(things: dict[str, str], mine: str, digest: str) -> Iterator[tuple[dict[str, object], int]]:
    """Manifests that name a digest in every place for one, with the status of their push."""
    yield manifest(digest, mine), 400
    yield manifest(mine, digest), 400
    yield index(digest), 400
    yield index("", subject={"mediaType": OCI_MANIFEST, "digest": digest, "size": 600}), 201


def test_a_manifest_that_names_foreign_content_is_no_question(inside: Inside, made: World, own: dict[str, str]) -> None:
    config = inside.send(Asked("GET", f"/v2/{OWN}/manifests/v1", own)).document["config"]["digest"]
    for kind in ("blob", "image", "artifact"):
        digests = (made.things["secret"][kind], NO_DIGEST)
        for pair in zip(*(documents(made.things["secret"], config, digest) for digest in digests), strict=True):
            found = []
            for digest, (document, status) in zip(digests, pair, strict=True):
                headers = {**own, "Content-Type": str(document["mediaType"])}
                answer = inside.send(Asked("PUT", f"/v2/{OWN}/manifests/new", headers, json.dumps(document).encode()))
                assert answer.status == status, answer.body
                found.append(equal(answer, digest, answer.header("docker-content-digest") or "\0"))
            assert found[0] == found[1]


def test_somebody_elses_upload_is_not_here(inside: Inside, made: World, own: dict[str, str]) -> None:
    """Neither in the repository where it runs nor in one's own, and it goes on as if nobody had asked."""
    upload, never = made.uploads["owner"]["secret"], "11111111-1111-4111-8111-111111111111"
    editors = made.proofs["editor"].shown["bearer that claims everything"]
    for name, headers in ((OWN, own), (SECRET, editors), (PUBLIC, editors)):
        for method, body in (("GET", b""), ("HEAD", b""), ("PATCH", b"stolen"), ("DELETE", b"")):
            path = f"/v2/{name}/blobs/uploads/"
            theirs, nobodys = (inside.send(Asked(method, path + each, headers, body)) for each in (upload, never))
            assert theirs.status == 404
            assert equal(theirs) == equal(nobodys)
    mine = made.proofs["owner"].shown["bearer that claims everything"]
    answer = inside.send(Asked("GET", f"/v2/{SECRET}/blobs/uploads/{upload}", mine))
    assert (answer.status, answer.header("range")) == (204, "0-0")


# -- The hub with the private repository, and without it

#: Lists, counts, searches and neighbours, as far as anybody can ask.
LISTS = [
    *("/", "/explore", "/explore?q=secret", f"/explore?q={CANARY}", "/explore?q=description", "/explore?page=2"),
    *("/acme", "/acme?q=secret", "/acme?page=2", "/new", "/settings/"),
    *(f"/{PUBLIC}", f"/{PUBLIC}/-/tags", f"/{PUBLIC}/-/tags?q={CANARY}", f"/{PUBLIC}/-/tags?q={{image}}"),
    *("/api/v1/repositories/", "/api/v1/repositories/?q=secret", "/api/v1/repositories/?namespace=acme"),
    *("/api/v1/repositories/?page_size=1", "/api/v1/repositories/?page_size=1&page=2&q=acme"),
    *("/api/v1/namespaces/", "/api/v1/namespaces/acme/", f"/api/v1/repositories/{PUBLIC}/-/tags/?q={{image}}"),
    *("/v2/_catalog", "/v2/_catalog?n=1", "/v2/_catalog?n=1&last=acme/public-app", f"/v2/_catalog?last={SECRET}"),
    *(
        f"/v2/_catalog?n=1&last={SECRET[:-1]}",
        f"/v2/{PUBLIC}/referrers/{{image}}",
        f"/v2/{PUBLIC}/tags/list?last={CANARY}",
    ),
]


def lists(inside: Inside, made: World, person: str) -> dict[str, tuple[int, list[str], str]]:
    """What one person is shown, by address."""
    held, image, found = made.proofs[person].shown, made.things["secret"]["image"], {}
    for address in LISTS:
        registry = address.startswith("/v2/")
        headers = held["bearer that claims everything" if registry else "session" if person != "nobody" else "nothing"]
        found[address] = equal(_lasting(inside.send(Asked("GET", address.format(image=image), headers))))
    return found


def _lasting(answer: Answer) -> Answer:
    """What proves that a form is the hub's own is another in every answer, and “4 minutes ago” is not for long."""
    body = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"|(?<=<time)[^>]*>[^<]*', b"", answer.body)
    headers = tuple(pair for pair in answer.headers if pair[0] not in {"set-cookie", "content-length"})
    return replace(answer, body=body, headers=headers)


@pytest.mark.parametrize(
    "person", ["nobody", "outsider", "member", "pattern-elsewhere", "staff", "former", "unverified", "disabled"]
)
def test_lists_and_counts_are_those_of_a_hub_without_it(inside: Inside, made: World, person: str) -> None:
    before = lists(inside, made, person)
    with transaction.atomic():
        endings.ACTS["`secret` is deleted"](person, made)
        after = lists(inside, made, person)
        transaction.set_rollback(True)
    assert {address for address in LISTS if before[address] != after[address]} == set()


def test_the_lists_do_show_it_to_who_may_see_it(inside: Inside, made: World) -> None:
    """So that the test before cannot pass because nothing is ever shown."""
    shown = lists(inside, made, "reader")
    for address in ("/explore", "/acme", "/api/v1/repositories/", "/v2/_catalog"):
        assert SECRET in shown[address][2], address


# -- Headers, and other ways to write an address

#: All that a blob's answer says about itself.
ALLOWED = {
    *("content-type", "content-length", "docker-content-digest", "etag", "accept-ranges", "cache-control"),
    *("content-disposition", "content-security-policy", "docker-distribution-api-version", "x-content-type-options"),
    "x-request-id",
}


def test_a_blob_that_was_mounted_does_not_say_where_it_came_from(inside: Inside, made: World) -> None:
    digest = made.things["secret"]["blob"]
    owner, nobody = (made.proofs[who].shown["bearer that claims everything"] for who in ("owner", "nobody"))
    with transaction.atomic():
        mounted = inside.keep(Asked("POST", f"/v2/{PUBLIC}/blobs/uploads/?mount={digest}&from={SECRET}", owner))
        assert mounted.status == 201
        answer = inside.send(Asked("GET", f"/v2/{PUBLIC}/blobs/{digest}", nobody))
        transaction.set_rollback(True)
    assert answer.status == 200
    assert {key for key, _ in answer.headers} <= ALLOWED
    assert not [value for _, value in answer.headers if "acme" in value or _UUID.search(value)]


def spellings(name: str) -> Iterator[str]:
    """The same repository, to a careless router."""
    namespace, _, rest = name.partition("/")
    yield from (name.upper(), f"{namespace}//{rest}", f"{namespace}/./{rest}", f"{namespace}/x/../{rest}", f"./{name}")
    yield from (
        f"{name}%0a",
        f"{name}%00",
        f"{name}%20",
        f"{name}/",
        f"{namespace}%2f{rest}",
        f"/{name}",
        f"{name}%2f.",
    )


@pytest.mark.parametrize(
    "place", ["/v2/{}/manifests/v1", "/v2/{}/tags/list", "/{}/-/tags", "/{}", "/api/v1/repositories/{}/"]
)
def test_no_spelling_of_its_name_shows_it(inside: Inside, made: World, place: str) -> None:
    for person in ("nobody", "outsider"):
        for name in spellings(SECRET):
            key = "bearer that claims everything" if place.startswith("/v2/") else "session"
            headers = made.proofs[person].shown.get(key, {})
            answer = inside.send(Asked("GET", place.format(name), headers))
            assert answer.status in {301, 302, 400, 401, 404}, name
            assert CANARY not in answer.body.decode("latin-1").replace(name, "").replace(SECRET, ""), name
