"""The audit: every kind of disagreement is found, what is safe is repaired, and a busy hub is not accused."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.models import F
from django.utils import timezone

from accounts.models import Namespace, User
from repositories import blobs, catalog, manifests, quotas, tags, uploads
from repositories.access import Access
from repositories.errors import StorageUnavailable
from repositories.models import (
    Blob,
    BlobLink,
    BlobReview,
    Manifest,
    ManifestReference,
    NamespaceBlob,
    NamespaceUsage,
    Tag,
    Trash,
)
from repositories.oci import digests, names
from repositories.storage import store
from repositories.upkeep import audit, garbage, objects
from tests.make import content, people
from tests.make.damage import age, object_file
from tests.unit.repositories import builders
from tests.unit.repositories.builders import everything, limit, push_blob, push_image, push_index
from tests.unit.repositories.storm import PAYLOADS, Storm

pytestmark = pytest.mark.django_db

LAYER = builders.content(1000)
DIGEST = digests.compute(LAYER)
HOUR = timedelta(hours=1)


@pytest.fixture
def image(access: Access, storage: Path) -> Path:
    """Two repositories share a layer, an index lists an image, something is on its way in and something on its way
    out; returns the file of the layer."""
    push_index(access, [push_image(access, "one", layers=[LAYER])], "all")
    push_image(content.repository(people.user("second"), "app"), "one", layers=[LAYER])
    uploads.append(access, uploads.start(access).id, io.BytesIO(b"half"), length=None, start=None)
    push_image(access, "old", layers=[b"old"])
    tags.remove(access, "old")
    garbage.collect()
    assert audit.audit().is_clean
    return object_file(storage, Blob.objects.get(digest=DIGEST).storage_key)


def kinds(*, repair: bool = False) -> dict[str, int]:
    return dict(audit.audit(repair=repair).counts)


def stray(storage: Path, span: timedelta = HOUR) -> Path:
    """An object that no row names."""
    key = str(uuid4())
    store().create(key)
    file = object_file(storage, key)
    file.write_bytes(b"lost")
    age(file, span)
    return file


def test_a_clean_hub_is_left_alone(image: Path) -> None:
    before = everything()
    for repair in (False, True):
        report = audit.audit(repair=repair)
        assert report.is_clean
        assert report.seen["blobs"] == Blob.objects.count()
        assert report.seen["objects"] == len(builders.files())
    assert everything() == before


def test_an_object_without_a_row_goes_through_the_trash(image: Path, storage: Path) -> None:
    file = stray(storage)
    assert kinds() == {"object_without_row": 1}
    assert not Trash.objects.filter(storage_key=file.name).exists()
    [found] = audit.audit(repair=True).findings
    assert (found.facts["key"], found.facts["size"], found.repaired) == (file.name, 4, True)
    assert kinds() == {}
    garbage.collect()
    assert file.exists()
    builders.later(timedelta(hours=2))
    garbage.collect()
    assert not file.exists()


def test_an_object_that_is_new_may_still_get_its_row(image: Path, storage: Path) -> None:
    stray(storage, timedelta(minutes=5))
    assert kinds() == {}


def test_an_upload_of_yesterday_is_no_leak(access: Access, image: Path, storage: Path) -> None:
    session = uploads.start(access)
    builders.append(access, session, b"half")
    age(object_file(storage, session.id), timedelta(hours=23))
    assert kinds(repair=True) == {}
    assert uploads.status(access, session.id).offset == 4


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize(("act", "kind"), [(Path.unlink, "row_without_object"), (cut, "wrong_size")])
def test_a_blob_without_its_object_is_marked_so_that_a_push_heals_it(
    access: Access, image: Path, act: Callable[[Path], None], kind: str
) -> None:
    act(image)
    assert kinds() == {kind: 1}
    assert not Blob.objects.filter(corrupt=True).exists()
    [found] = audit.audit(repair=True).findings
    assert (found.kind, found.facts["digest"], found.repaired) == (kind, DIGEST, True)
    assert kinds(repair=True) == {"damaged_blob": 1}
    with pytest.raises(StorageUnavailable):
        blobs.find(access.repository, DIGEST)
    push_blob(access, LAYER)
    assert kinds() == {}
    assert builders.stored(access, DIGEST) == LAYER


def test_a_store_that_is_not_there_proves_nothing(image: Path, storage: Path) -> None:
    storage.rename(storage.with_name("elsewhere"))
    with pytest.raises(CommandError, match="mounted") as refused:
        call_command("audit_storage", "--repair")
    assert refused.value.returncode == 2
    assert not Blob.objects.filter(corrupt=True).exists()


def test_a_damaged_manifest_is_found_and_healed_by_a_push(access: Access, image: Path) -> None:
    digest = manifests.find(access.repository, names.tag("one")).digest
    Manifest.objects.filter(digest=digest, repository=access.repository).update(payload=b"{}")
    [found] = audit.audit().findings
    expected = {"repository": "owner-person/app", "digest": digest}
    assert (found.kind, found.facts) == ("damaged_manifest", expected)
    assert push_image(access, "one", layers=[LAYER]) == digest
    assert digests.compute(bytes(manifests.find(access.repository, digest).payload)) == digest
    assert kinds() == {}


def two_owners() -> None:
    key = Blob.objects.get(digest=DIGEST).storage_key
    Trash.objects.create(storage_key=key, size=1, not_before=timezone.now() + HOUR)


def dead_tag() -> None:
    Manifest.objects.filter(tags__name="all").update(deleted_at=timezone.now())
    NamespaceUsage.objects.update(used=0)


def dead_child() -> None:
    Manifest.objects.filter(parents__isnull=False).update(deleted_at=timezone.now())


def strange_reference() -> None:
    ManifestReference.objects.filter(digest=DIGEST).update(digest=digests.compute(b"strange"))


def elsewhere() -> None:
    """Each manifest refers to the other repository's link."""
    one, two = ManifestReference.objects.filter(digest=DIGEST).order_by("pk")
    ManifestReference.objects.filter(pk=one.pk).update(link=two.link)
    ManifestReference.objects.filter(pk=two.pk).update(link=one.link)


def unlinked_blob() -> None:
    """A blob that no repository links, and that no collector will look at."""
    key = str(uuid4())
    store().create(key)
    Blob.objects.create(digest=digests.compute(b""), size=0, storage_key=key)
    BlobReview.objects.all().delete()


BROKEN: dict[str, tuple[Callable[[], object], set[str]]] = {
    "a key of two owners": (two_owners, {"shared_key"}),
    "a link that is not paid for": (
        lambda: BlobLink.objects.filter(blob__digest=DIGEST).update(charged=False),
        {"uncharged_link", "wrong_counter"},
    ),
    "a link in use that expires": (lambda: BlobLink.objects.update(expires_at=timezone.now()), {"expiring_link"}),
    "a link that nothing uses": (
        lambda: BlobLink.objects.exclude(expires_at=None).update(expires_at=None),
        {"unexpiring_link"},
    ),
    "a tag of a deleted manifest": (dead_tag, {"tag_without_manifest", "wrong_counter"}),
    "a deleted child": (dead_child, {"deleted_child", "tag_without_manifest", "unexpiring_link", "wrong_counter"}),
    "a reference to another blob": (strange_reference, {"wrong_link"}),
    "a link of another repository": (elsewhere, {"wrong_link"}),
    "a blob that nobody reviews": (
        unlinked_blob,
        {"unreviewed_blob"},
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_belong_together_is_found(image: Path, name: str) -> None:
    act, expected = BROKEN[name]
    act()
    assert set(kinds()) == expected


def wrong(**numbers: int) -> Callable[[], object]:
    return lambda: NamespaceUsage.objects.filter(namespace__name="owner-person").update(**numbers)


COUNTERS: dict[str, tuple[Callable[[], object], str]] = {
    "bytes": (wrong(used=7), "used"),
    "promises": (wrong(reserved=7), "reserved"),
    "private repositories": (wrong(private_repositories=7), "private_repositories"),
    "a usage that is gone": (lambda: NamespaceUsage.objects.filter(namespace__name="second").delete(), "used"),
    "charges": (lambda: NamespaceBlob.objects.filter(blob__digest=DIGEST).update(refs=5), "refs"),
    "a charge that is gone": (
        lambda: NamespaceBlob.objects.filter(blob__digest=DIGEST, namespace__name="second").delete(),
        "refs",
    ),
}


def usages() -> dict[str, quotas.Usage]:
    return {namespace.name: quotas.usage_of(namespace) for namespace in Namespace.objects.all()}


@pytest.mark.parametrize("name", COUNTERS)
def test_a_wrong_counter_is_found_and_counted_anew(access: Access, image: Path, name: str) -> None:
    act, counter = COUNTERS[name]
    right = usages()
    act()
    found = audit.audit()
    assert counter in {each.facts["counter"] for each in found.findings}
    assert set(found.counts) == {"wrong_counter"}
    repaired = audit.audit(repair=True)
    assert repaired.counts["wrong_counter"] == repaired.repaired > 0
    assert kinds() == {}
    builders.audit()
    assert usages() == right


def test_a_charge_without_links_goes(access: Access, image: Path) -> None:
    blob = Blob.objects.get(digest=digests.compute(b"old"))
    NamespaceBlob.objects.create(namespace=access.repository.namespace, blob=blob, refs=3)
    assert kinds(repair=True) == {"wrong_counter": 1}
    assert kinds() == {}


def test_the_nightly_count_repairs_and_raises_its_voice(image: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert audit.reconcile().is_clean
    assert not caplog.records
    wrong(used=7)()
    assert audit.reconcile().repaired == 1
    [record] = caplog.records
    assert record.levelname == "ERROR"
    assert "owner-person" in record.getMessage()
    assert audit.audit().is_clean


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("table", "kind"), [("repositories_bloblink", "missing_link"), ("repositories_blob", "missing_blob")]
)
def test_a_reference_that_leads_nowhere_is_found(image: Path, table: str, kind: str) -> None:
    """The database refuses to make one; a damaged or half restored database may have it."""
    with connection.cursor() as cursor:
        sqlite = connection.vendor == "sqlite"
        cursor.execute("PRAGMA foreign_keys=OFF" if sqlite else "SET session_replication_role = replica")
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute("PRAGMA foreign_keys=ON" if sqlite else "RESET session_replication_role")
    assert kind in kinds()


def test_the_command_prints_one_object_and_ends_with_one(
    image: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit_storage", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["clean"], told["counts"], told["findings"]) == (True, {}, [])
    file = stray(storage)
    with pytest.raises(SystemExit) as ended:
        call_command("audit_storage", "--json")
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told["counts"] == {"object_without_row": 1}
    assert told["findings"][0].items() >= {"kind": "object_without_row", "key": file.name, "repaired": False}.items()
    with pytest.raises(SystemExit):
        call_command("audit_storage", "--repair")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"object_without_row key={file.name} ")
    assert lines[-1].startswith("audit_storage: objects=")
    assert lines[-1].endswith(" findings=1 repaired=1")
    call_command("audit_storage")


def during(storm: Storm, act: Callable[[], object]) -> int:
    """Repeat the act while the storm rages; returns how often."""
    over, times = threading.Event(), 0

    def repeat() -> None:
        nonlocal times
        try:
            while not over.is_set():
                act()
                times += 1
        finally:
            connection.close()

    thread = threading.Thread(target=repeat)
    thread.start()
    storm.rage(6.0 if connection.vendor == "postgresql" else 3.0)
    over.set()
    thread.join(timeout=60)
    assert not thread.is_alive()
    return times


@pytest.fixture
def storm(owner: User, outsider: User) -> Storm:
    cast = [(people.caller_of(user), user.namespace) for user in (owner, outsider)]
    for caller, namespace in cast:
        for number in range(3):
            catalog.create(caller, namespace=namespace.name, name=f"app-{number}")
    limit(outsider.namespace, sum(map(len, PAYLOADS)))
    return Storm(cast)


@pytest.mark.django_db(transaction=True)
def test_a_busy_hub_is_not_accused(storm: Storm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when it has no patience with new objects, and collectors have none with what was deleted."""
    monkeypatch.setattr(objects, "_SETTLED", timedelta(0))
    reports: list[audit.Report] = []
    assert during(storm, lambda: reports.append(audit.audit(repair=True))) > 3
    assert [report.findings for report in reports if not report.is_clean] == []
    assert storm.surprises == []
    assert Tag.objects.exists()
    assert audit.audit().is_clean


@pytest.mark.django_db(transaction=True)
def test_counters_are_set_right_while_people_push(storm: Storm) -> None:
    """What was counted wrong is right afterwards, with everything that was pushed and deleted during the count."""
    found = 0

    def disturb() -> None:
        nonlocal found
        NamespaceUsage.objects.update(used=F("used") + 777_777, reserved=F("reserved") + 777)
        NamespaceBlob.objects.filter(pk__in=NamespaceBlob.objects.values("pk")[:1]).update(refs=F("refs") + 2)
        found += audit.reconcile().repaired

    assert during(storm, disturb) > 3
    assert found > 3
    assert {type(error) for error in storm.surprises} <= {IntegrityError}  # a charge too many keeps a blob from going
    builders.audit()
