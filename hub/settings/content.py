"""Content: storage, garbage, limits; and the tokens of the registry."""

from __future__ import annotations

from datetime import timedelta

from hub import env
from hub.settings.place import HUB_DATA_DIR

HUB_STORAGE_URL = env.sealed("HUB_STORAGE_URL", f"file://{HUB_DATA_DIR / 'blobs'}")
HUB_S3_ACCESS_KEY = env.sealed("HUB_S3_ACCESS_KEY")
HUB_S3_SECRET_KEY = env.sealed("HUB_S3_SECRET_KEY")
HUB_STORAGE_REDIRECT = env.choice("HUB_STORAGE_REDIRECT", "auto", ("auto", "always", "never"))
HUB_STORAGE_PUBLIC_ENDPOINT = env.origin("HUB_STORAGE_PUBLIC_ENDPOINT", "")
HUB_GC_GRACE = env.span("HUB_GC_GRACE", "24h")
HUB_GC_INTERVAL = env.span("HUB_GC_INTERVAL", "30s")
HUB_TRASH_DELAY = env.span("HUB_TRASH_DELAY", "1h")
HUB_SCRUB_DAYS = env.count("HUB_SCRUB_DAYS", 7)
HUB_SCRUB_INTERVAL = timedelta(minutes=1)
HUB_VERIFY_READS = env.flag("HUB_VERIFY_READS", False)
HUB_UPLOAD_TTL = env.span("HUB_UPLOAD_TTL", "24h")
HUB_UNTAGGED_DAYS = env.count("HUB_UNTAGGED_DAYS", 14)
HUB_RESTORE_DAYS = 0  # deleted manifests are not kept until tags have a history to restore them from
HUB_CREATE_ON_PUSH = env.flag("HUB_CREATE_ON_PUSH", True)
HUB_MAX_MANIFEST_BYTES = 4 * 2**20
HUB_MAX_BLOB_BYTES = env.size("HUB_MAX_BLOB_BYTES", 64 * 2**30)
HUB_MAX_UPLOADS = env.count("HUB_MAX_UPLOADS", 100, low=1)
HUB_PULL_LIMIT_ANONYMOUS = env.count("HUB_PULL_LIMIT_ANONYMOUS", 0)
HUB_PULL_WINDOW = env.span("HUB_PULL_WINDOW", "6h", low=1)
HUB_PULL_FLUSH = timedelta(seconds=2)  # how often a process writes down what was pulled from it
HUB_FREE_DISK_FLOOR = env.size("HUB_FREE_DISK_FLOOR", 256 * 2**20)

# -- The registry's tokens
HUB_REGISTRY_TOKEN_TTL = timedelta(minutes=5)
#: Other registries for which the token service signs.
HUB_TOKEN_SERVICES = env.names("HUB_TOKEN_SERVICES")
