"""The store on S3, on two servers that speak it: the contract of all stores, and what is particular to a bucket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import httpx
import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from repositories import storage as stores
from repositories.storage import Draft, ObjectMissing
from repositories.storage.bucket import Bucket, Taken
from repositories.storage.places import Keys, Place, parse
from repositories.storage.s3 import S3Store, opened
from tests import gotools, objectstores
from tests.objectstores import BUCKET, ObjectStore
from tests.unit.repositories.storage.driver_contract import LARGE, MIB, DriverContract, append, put, read


@pytest.fixture(
    scope="module",
    params=["moto", pytest.param("versitygw", marks=gotools.needs("versitygw"))],
)
def server(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    with {"moto": objectstores.moto, "versitygw": objectstores.versitygw}[request.param]() as found:
        yield found


@pytest.fixture
def prefix() -> str:
    return f"tests/{uuid4().hex}"


@pytest.fixture
def store(server: ObjectStore, prefix: str) -> Iterator[S3Store]:
    with closing(Bucket(parse(server.url(prefix)), Keys(server.access_key, server.secret_key))) as bucket:
        yield S3Store(bucket)


@pytest.fixture
def environment(server: ObjectStore, prefix: str) -> dict[str, str]:
    return server.settings(prefix)


class TestS3(DriverContract):
    """The shared contract."""

    def test_a_small_object_is_one_put(self, store: S3Store, server: ObjectStore, prefix: str) -> None:
        key = put(store, b"small")
        assert server.names(prefix) == {f"{prefix}/data/{key[:2]}/{key}"}

    def test_a_finished_object_is_all_that_stays(self, store: S3Store, server: ObjectStore, prefix: str) -> None:
        key, draft = str(uuid4()), Draft()
        for start in range(0, len(LARGE), 3 * MIB):
            draft = append(store, key, draft, LARGE[start : start + 3 * MIB])
            tails = {name for name in server.names(prefix) if "/tails/" in name}
            assert len(tails) <= 2, "a tail that was left behind goes with the next request"
        store.finish(key, draft)
        assert server.names(prefix) == {f"{prefix}/data/{key[:2]}/{key}"}

    def test_a_failed_continuation_of_a_small_object_leaves_no_upload_open(
        self, store: S3Store, server: ObjectStore, prefix: str
    ) -> None:
        key = str(uuid4())
        draft = append(store, key, Draft(), b"small")
        begun = Draft(5, store.bucket.begin(f"data/{key[:2]}/{key}"), (), draft.tail)
        store.finish(key, begun)
        assert server.names(prefix) == {f"{prefix}/data/{key[:2]}/{key}"}
        assert read(store, key) == b"small"

    def test_nothing_is_overwritten(self, store: S3Store) -> None:
        """A put that arrives late, after its writer lost the session, changes nothing."""
        key = put(store, b"acknowledged")
        with pytest.raises(Taken):
            store.bucket.put(f"data/{key[:2]}/{key}", b"from a lost writer")
        assert read(store, key) == b"acknowledged"

    def test_an_object_that_a_lost_writer_put_is_replaced(self, store: S3Store) -> None:
        key = str(uuid4())
        append(store, key, Draft(), b"lost writer")
        draft = append(store, key, Draft(), b"good writer")
        store.finish(key, draft)
        assert read(store, key) == b"good writer"

    def test_a_lost_writer_cannot_complete_what_has_gone_on(self, store: S3Store) -> None:
        key = str(uuid4())
        begun = append(store, key, Draft(), LARGE[: 9 * MIB])
        lost = append(store, key, begun, b"x" * (8 * MIB))
        good = append(store, key, begun, LARGE[9 * MIB : 17 * MIB])
        assert lost.length == good.length
        with pytest.raises(ObjectMissing):
            store.finish(key, lost)
        store.finish(key, good)
        assert read(store, key) == LARGE[: 17 * MIB]

    def test_an_address_is_good_for_the_object_alone_and_for_ranges(
        self, server: ObjectStore, store: S3Store, prefix: str
    ) -> None:
        key = put(store, b"0123456789")
        there = opened(server.url(prefix), server.access_key, server.secret_key, redirect="always", public="")
        address = there.address(key)
        assert address is not None
        answer = httpx.get(address)
        assert (answer.status_code, answer.content) == (200, b"0123456789")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
        part = httpx.get(address, headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.content) == (206, b"234")
        there.bucket.close()

    def test_an_address_ends(self, server: ObjectStore, store: S3Store) -> None:
        key = put(store, b"0123456789")
        address = store.bucket.sign(f"data/{key[:2]}/{key}", seconds=600)
        assert "X-Amz-Expires=600" in address
        if server.access_key != "tests" or server.secret_key != "tests":  # moto believes everybody
            forged = address.replace("X-Amz-Expires=600", "X-Amz-Expires=6000")
            assert httpx.get(forged).status_code == 403
            assert httpx.get(address.partition("?")[0]).status_code == 403


PLACES = [
    ("s3://b", Place("b")),
    ("s3://b/", Place("b")),
    ("s3://b/a/deep%20one/", Place("b", "a/deep one/")),
    (
        "s3://b/hub?endpoint=http://127.0.0.1:9000&region=eu-1&style=path",
        Place("b", "hub/", "http://127.0.0.1:9000", "eu-1", "path"),
    ),
]


@pytest.mark.parametrize(("url", "place"), PLACES)
def test_an_address_names_the_place(url: str, place: Place) -> None:
    assert parse(url) == place


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///x", "s3://b?style=odd", "s3://b?secret=x", "s3://b?endpoint=example.com", "file:///x"]
)
def test_what_names_no_place_is_refused(settings: Settings, url: str) -> None:
    with pytest.raises(ValueError, match="="):
        parse(url)
    if url.startswith("s3:"):
        settings.HUB_STORAGE_URL = url
        with pytest.raises(ImproperlyConfigured):
            stores.store()


@pytest.mark.parametrize(
    ("redirect", "endpoint", "public", "host"),
    [
        ("auto", "", "", "amazonaws.com"),
        ("auto", "http://10.0.0.1", "", None),
        ("auto", "http://10.0.0.1", "https://s3.example", "s3.example"),
        ("always", "http://10.0.0.1", "", "10.0.0.1"),
        ("always", "http://10.0.0.1", "https://s3.example", "s3.example"),
        ("never", "http://10.0.0.1", "https://s3.example", None),
        ("never", "", "", None),
    ],
)
def test_clients_are_sent_where_they_can_go(redirect: str, endpoint: str, public: str, host: str | None) -> None:
    url = f"s3://{BUCKET}/hub?endpoint={endpoint}&style=path" if endpoint else f"s3://{BUCKET}/hub?style=path"
    address = opened(url, "key", "secret", redirect=redirect, public=public).address(str(uuid4()))
    found = httpx.URL(address).host if address else None
    assert found == host or (host == "amazonaws.com" and found is not None and found.endswith(host))


def test_the_setting_names_the_store(settings: Settings) -> None:
    settings.HUB_STORAGE_URL = "s3://bucket/hub?endpoint=http://127.0.0.1:1&style=path"
    found = stores.store()
    assert isinstance(found, S3Store)
    assert stores.store() is found


def test_the_keys_are_not_told() -> None:
    assert "hidden" not in repr(Keys("hidden", "hidden"))
