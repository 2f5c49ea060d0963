"""Throw-away object stores that speak S3 on free loopback ports: versitygw, and moto's server.

    with objectstores.versitygw() as found:
        with running(**found.settings("app")) as hub: ...

    python -m tests.objectstores -- pytest tests/protocol     # every live hub has its bytes in versitygw

Each keeps everything in a temporary folder or in memory, has one empty bucket, and is ended by its process id.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests import gotools
from tests.servers import free_port

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "berth"
START_WITHIN = 60.0
STOP_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A running server with the bucket `BUCKET`."""

    endpoint: str
    access_key: str
    secret_key: str

    def url(self, prefix: str) -> str:
        """What HUB_STORAGE_URL is for a hub that lives under the prefix."""
        return f"s3://{BUCKET}/{prefix}?endpoint={self.endpoint}&region=us-east-1&style=path"

    def settings(self, prefix: str) -> dict[str, str]:
        """The environment of such a hub."""
        keys = {"HUB_S3_ACCESS_KEY": self.access_key, "HUB_S3_SECRET_KEY": self.secret_key}
        return {"HUB_STORAGE_URL": self.url(prefix), **keys}

    def client(self) -> S3Client:
        """A client of the tests' own; close it."""
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def names(self, prefix: str) -> set[str]:
        """All that is stored under the prefix, open multipart uploads too."""
        client = self.client()
        try:
            objects = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
            uploads = client.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET, Prefix=prefix)
            found = {item["Key"] for page in objects for item in page.get("Contents", [])}
            return found | {f"{item['Key']} (open)" for page in uploads for item in page.get("Uploads", [])}
        finally:
            client.close()


@contextmanager
def versitygw() -> Iterator[ObjectStore]:
    """A server with its objects as files."""
    store = ObjectStore(f"http://127.0.0.1:{free_port()}", "tests", secrets.token_hex(16))
    with tempfile.TemporaryDirectory(prefix="berth-versitygw-", ignore_cleanup_errors=True) as folder:
        for name in ("objects", "about"):
            Path(folder, name).mkdir()
        # Its notes about objects lie beside them, because not every file system of tests takes extended attributes.
        place = ["posix", "--sidecar", f"{folder}/about", f"{folder}/objects"]
        command = [str(gotools.program("versitygw")), "--port", store.endpoint.removeprefix("http://"), *place]
        keys = {"ROOT_ACCESS_KEY": store.access_key, "ROOT_SECRET_KEY": store.secret_key}
        with _running(command, Path(folder), store, keys):
            yield store


@contextmanager
def moto() -> Iterator[ObjectStore]:
    """A server with its objects in memory, which knows much of what Amazon's answers."""
    port = free_port()
    store = ObjectStore(f"http://127.0.0.1:{port}", "tests", "tests")
    with tempfile.TemporaryDirectory(prefix="berth-moto-") as folder:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with _running(command, Path(folder), store, {"MOTO_S3_CUSTOM_ENDPOINTS": ""}):
            yield store


@contextmanager
def _running(command: list[str], folder: Path, store: ObjectStore, more: dict[str, str]) -> Iterator[None]:
    log = folder / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=folder, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, env={**os.environ, **more}
        )
    try:
        _make_bucket(process, store, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_WITHIN)


def _make_bucket(process: subprocess.Popen[bytes], store: ObjectStore, log: Path) -> None:
    """Wait until the server answers."""
    deadline, client = time.monotonic() + START_WITHIN, store.client()
    try:
        while True:
            try:
                client.create_bucket(Bucket=BUCKET)
                return
            except (BotoCoreError, ClientError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"The object store did not start:\n{log.read_text()[-2000:]}") from error
            time.sleep(0.1)
    finally:
        client.close()


def main(command: list[str]) -> int:
    """Runs the command beside versitygw, the variables of the hub's storage set; returns its exit code, or
    EX_UNAVAILABLE when Go is not installed, which builds the server."""
    if shutil.which("go") is None:
        print("missing: go", file=sys.stderr)
        return os.EX_UNAVAILABLE
    with versitygw() as store:
        return subprocess.run(command, env={**os.environ, **store.settings("tests")}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] if sys.argv[1:2] != ["--"] else sys.argv[2:]))
