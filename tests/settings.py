"""The hub's settings for tests: a data folder of its own per run, cheap password hashes, no wish to be fast else."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

if "HUB_DATA_DIR" not in os.environ:
    os.environ["HUB_DATA_DIR"] = tempfile.mkdtemp(prefix="berth-tests-")
    # Processes that the tests start inherit the folder; only the one that made it takes it away.
    atexit.register(shutil.rmtree, os.environ["HUB_DATA_DIR"], ignore_errors=True)
# Tests that run side by side must not see each other's files.
if os.environ.get("PYTEST_XDIST_WORKER", "") not in {"", Path(os.environ["HUB_DATA_DIR"]).name}:
    os.environ["HUB_DATA_DIR"] = str(Path(os.environ["HUB_DATA_DIR"], os.environ["PYTEST_XDIST_WORKER"]))
os.environ.setdefault("HUB_SECRET_KEY", "tests-" + "k" * 48)
os.environ.setdefault("HUB_FIELD_KEY", "tests-" + "f" * 48)

from hub.settings import *  # noqa: F403
from hub.settings import DATABASES, HUB_DATA_DIR, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATABASES["default"]["TEST"] = (
    {"NAME": str(Path(HUB_DATA_DIR) / "unit.sqlite3")} if "sqlite" in DATABASES["default"]["ENGINE"] else {}
)
HUB_PULL_FLUSH = timedelta(0)  # a thread would write into the middle of a test
# Nothing is collected for the tests: pages link to style sheets and scripts by their plain names.
(Path(HUB_DATA_DIR) / "static").mkdir(parents=True, exist_ok=True)
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
