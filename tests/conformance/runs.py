"""The three runs: which suite, with which settings, as whom, into which repositories."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests import gotools
from tests.conformance import results
from tests.conformance.results import Results
from tests.live import Hub

#: Seconds that one run may take; it needs about 20.
RUN_WITHIN = 300.0


@dataclass(frozen=True, slots=True)
class Account:
    """Who a suite signs in as, and where it pushes; `secret` and `namespace` are looked up in the running hub."""

    description: str
    secret: Callable[[Hub], str]
    namespace: Callable[[Hub], str]


@dataclass(frozen=True, slots=True)
class Target:
    """What a suite is pointed at. The two repositories do not exist yet."""

    registry: str
    username: str
    secret: str
    repositories: tuple[str, str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run: `program` is a name of requirements/go.txt, `settings` are variables of the suite's environment."""

    title: str
    program: str
    settings: dict[str, str]
    account: Account
    aim: Callable[[Target], dict[str, str]]
    read: Callable[[Path], Results]

    def execute(self, hub: Hub, folder: Path) -> tuple[Results, int]:
        """Run the suite in the folder; returns what it found and its exit code.

        Errors: Unreadable when it left no results; subprocess.TimeoutExpired.
        """
        names = tuple(f"{self.account.namespace(hub)}/conformance-{uuid4().hex[:12]}" for _ in range(2))
        person = hub.people["owner"]
        target = Target(hub.registry, person.username, self.account.secret(hub), (names[0], names[1]), folder)
        own = {name: value for name, value in os.environ.items() if not name.startswith("OCI_")}
        with (folder / "output.txt").open("wb") as sink:
            done = subprocess.run(
                [gotools.program(self.program)],
                cwd=folder,
                env=own | self.settings | self.aim(target),
                stdout=sink,
                stderr=sink,
                timeout=RUN_WITHIN,
                check=False,
            )
        return self.read(folder), done.returncode


def _aim_rewritten(target: Target) -> dict[str, str]:
    first, second = target.repositories
    return {
        "OCI_REGISTRY": target.registry,
        "OCI_REPO1": first,
        "OCI_REPO2": second,
        "OCI_USERNAME": target.username,
        "OCI_PASSWORD": target.secret,
        "OCI_RESULTS_DIR": str(target.folder),
    }


def _aim_older(target: Target) -> dict[str, str]:
    first, second = target.repositories
    return {
        "OCI_ROOT_URL": f"http://{target.registry}",
        "OCI_NAMESPACE": first,
        "OCI_CROSSMOUNT_NAMESPACE": second,
        "OCI_USERNAME": target.username,
        "OCI_PASSWORD": target.secret,
        "OCI_REPORT_DIR": str(target.folder),
    }


_PRIVATE = Account(
    "personal access token, private repositories of an organization",
    secret=lambda hub: hub.people["owner"].token,
    namespace=lambda hub: hub.organization,
)
_PUBLIC = Account(
    "password, public repositories of a personal namespace",
    secret=lambda hub: hub.people["owner"].password,
    namespace=lambda hub: hub.people["owner"].username,
)

#: What the suite leaves off by itself in version 1.1; the rest but OCI_DATA_SPARSE is on.
_SWITCHES = {
    "OCI_API_BLOBS_DIGEST_HEADER": "true",
    "OCI_API_BLOBS_UPLOAD_CANCEL": "true",
    "OCI_API_MANIFESTS_DIGEST_HEADER": "true",
    "OCI_API_MANIFESTS_TAG_PARAM": "true",
}
_OLDER = {
    "OCI_TEST_PULL": "1",
    "OCI_TEST_PUSH": "1",
    "OCI_TEST_CONTENT_DISCOVERY": "1",
    "OCI_TEST_CONTENT_MANAGEMENT": "1",
    "OCI_AUTOMATIC_CROSSMOUNT": "1",
    "OCI_HIDE_SKIPPED_WORKFLOWS": "0",
}


def _rewritten(version: str, account: Account) -> Run:
    settings = {"OCI_VERSION": version, "OCI_TLS": "disabled", **_SWITCHES}
    title = f"The rewritten suite, version {version}"
    return Run(title, "conformance", settings, account, _aim_rewritten, results.read_rewritten)


RUNS = (
    _rewritten("1.1", _PRIVATE),
    _rewritten("dev", _PUBLIC),
    Run("The older suite", "conformance-1.1", _OLDER, _PRIVATE, _aim_older, results.read_older),
)
