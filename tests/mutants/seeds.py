"""The bugs. Each is a piece of the hub's code, what stands there instead, and the tests that are there to notice."""

from __future__ import annotations

from dataclasses import dataclass

_UNIT = "tests/unit/repositories"


@dataclass(frozen=True, slots=True)
class Seed:
    """`file` from the root; `right` occurs in it once; `races`: only a database that lets writers run side by side
    shows it, and so the tests run on PostgreSQL."""

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]
    races: bool = False


# The last steps of an upload, as they stand in `uploads._complete`.
_FINISH = '        store().finish(row.storage_key, draft_of(row))\n        failpoints.reach("blob.synced")\n'
_READ_AGAIN = (
    "        if known is None:  # several pieces: only the finished object can be read\n"
    "            blocks = store().open_range(row.storage_key, 0, row.offset)\n"
    "            _compare(digests.compute(blocks, digest.algorithm), digest)\n"
)
_CLAIM = "        retry.on_conflict(lambda: _claim(access, row, digest))\n"

SEEDS = (
    Seed(
        "the folder of a new object is not synced",
        "repositories/storage/filesystem.py",
        "            sink.sync_folder(paths.file_of(self.root, key).parent)\n",
        "",
        (f"{_UNIT}/storage/test_filesystem.py",),
    ),
    Seed(
        "the body of a request is not synced before its row says that it is there",
        "repositories/storage/sink.py",
        "            os.fsync(file)\n",
        "            pass\n",
        (f"{_UNIT}/storage/test_filesystem.py",),
    ),
    Seed(
        "the object is not synced",
        "repositories/storage/filesystem.py",
        "            os.fsync(file)\n",
        "",
        (f"{_UNIT}/storage/test_filesystem.py",),
    ),
    Seed(
        "the blob's row is committed before its object is synced",
        "repositories/uploads.py",
        _FINISH + _READ_AGAIN + _CLAIM,
        _READ_AGAIN + _CLAIM + _FINISH,
        (f"{_UNIT}/test_full_disk.py", f"{_UNIT}/test_uploads.py", "tests/faults"),
    ),
    Seed(
        "whoever finishes an upload does not claim it",
        "repositories/uploads.py",
        "    if not Upload.objects.filter(pk=row.pk, lease_token=row.lease_token).delete()[0]:\n",
        "    Upload.objects.filter(pk=row.pk).delete()\n    if False:\n",
        (f"{_UNIT}/test_upload_races.py", f"{_UNIT}/test_uploads.py"),
    ),
    Seed(
        "the digest is not compared",
        "repositories/uploads.py",
        "    if found != wanted:\n",
        "    if False:\n",
        (f"{_UNIT}/test_uploads.py",),
    ),
    Seed(
        "a cancelled upload keeps its reservation",
        "repositories/uploads.py",
        "        quotas.subtract(row.repository.namespace_id, 0, settled=found.reserved)",
        "        quotas.subtract(row.repository.namespace_id, 0, settled=0)",
        (f"{_UNIT}/test_quotas.py", f"{_UNIT}/test_upload_limits.py"),
    ),
    Seed(
        "an upload belongs to whoever knows its id",
        "repositories/uploads.py",
        ", user_id=_user_id(access))",
        ")",
        (f"{_UNIT}/test_uploads.py", f"{_UNIT}/test_upload_races.py"),
    ),
    Seed(
        "a mount from anywhere finds private blobs",
        "repositories/blobs.py",
        "Q(Exists(visible))",
        "Q()",
        (f"{_UNIT}/test_blobs.py",),
    ),
    Seed(
        "the byte limit is read first and charged later",
        "repositories/quotas.py",
        '        usage = usage.filter(used__lte=limit - size + settled - F("reserved"))\n',
        '        if usage.filter(used__gt=limit - size + settled - F("reserved")).exists():\n'
        "            raise _bytes_exceeded(row, limit, size)\n",
        (f"{_UNIT}/test_quotas.py", f"{_UNIT}/test_storm.py"),
        races=True,
    ),
    Seed(
        "two who give a blob back do not wait for each other",
        "repositories/quotas.py",
        "        if held.select_for_update().values_list",
        "        if held.values_list",
        (f"{_UNIT}/test_quotas.py", f"{_UNIT}/test_storm.py", f"{_UNIT}/test_collectors.py"),
        races=True,
    ),
    Seed(
        "a blob that a living manifest uses may be deleted",
        "repositories/blobs.py",
        "        raise BlobReferenced(digest)\n",
        "        pass\n",
        (f"{_UNIT}/test_blobs.py",),
    ),
    Seed(
        "a manifest that an index lists may be deleted",
        "repositories/manifests.py",
        "            raise ManifestReferenced(digest)\n",
        "            pass\n",
        (f"{_UNIT}/test_manifests.py", f"{_UNIT}/test_reach.py"),
    ),
    Seed(
        "a revived manifest is not charged again",
        "repositories/manifests.py",
        "    added = quotas.take_blobs(repository.namespace_id, given_back)\n",
        "    added = 0\n",
        (f"{_UNIT}/test_manifests.py", f"{_UNIT}/test_quotas.py"),
    ),
    Seed(
        "links of a living manifest go on expiring",
        "repositories/manifests.py",
        ".update(charged=True, expires_at=None)",
        ".update(charged=True)",
        (f"{_UNIT}/test_garbage.py", f"{_UNIT}/test_manifests.py"),
    ),
    Seed(
        "a collector does not ask whether a blob is linked",
        "repositories/upkeep/garbage.py",
        "    free = [blob for blob in locked if blob.pk not in linked]\n",
        "    free = locked if linked is not None else []\n",
        (f"{_UNIT}/test_garbage.py", f"{_UNIT}/test_collectors.py"),
    ),
    Seed(
        "the trash is emptied without its delay",
        "repositories/upkeep/garbage.py",
        "    due = Trash.objects.filter(not_before__lte=replace(clock, now=timezone.now()).trash_due)\n",
        "    due = Trash.objects.all()\n",
        (f"{_UNIT}/test_garbage.py",),
    ),
    Seed(
        "a collected object is unlinked at once, past the trash",
        "repositories/upkeep/garbage.py",
        "    due = clock.now + settings.HUB_TRASH_DELAY\n",
        "    due = clock.now + settings.HUB_TRASH_DELAY\n    store().delete_many(blob.storage_key for blob in free)\n",
        (f"{_UNIT}/test_garbage.py", f"{_UNIT}/test_collectors.py"),
    ),
    Seed(
        "a mount from what may not be read says so",
        "registry_api/uploads.py",
        "        except (DigestInvalid, NameInvalid, RepositoryUnknown):\n",
        "        except (DigestInvalid, NameInvalid):\n",
        ("tests/matrix/test_no_oracle.py",),
    ),
    Seed(
        "a failed sync is no failure",
        "repositories/storage/filesystem.py",
        '            failpoints.reach("file.sync")\n            os.fsync(file)\n',
        '            try:\n                failpoints.reach("file.sync")\n                os.fsync(file)\n'
        "            except OSError:\n                pass\n",
        (f"{_UNIT}/storage", "tests/faults"),
    ),
)
