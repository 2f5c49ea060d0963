"""docs/clients.md: the clients, what each could be asked to do, and the page that a run's outcomes make."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from tests import gotools
from tests.programs import run

#: The columns, and what the tests of one see.
CAPABILITIES = {
    "log in": "with an access token or a password; a wrong one is refused, by crane and cosign when they first use it",
    "push": "of images, charts or artifacts into a repository that the push makes",
    "pull": "of a public repository; the bytes are those of their digests",
    "copy by mount": "into a second repository, and almost no bytes go to the hub",
    "several platforms": "an index there and back, or one platform out of it",
    "list tags": "in byte order",
    "delete": "of tags, manifests, blobs or signatures",
    "private": "its people pull; somebody else and nobody are refused in the client's own words",
    "referrers": "what refers to an image is found without a tag that stands in for it",
    "sign": "with a key pair; the other key does not verify",
    "2 GiB layer": "2³¹ bytes and more, there and back",
    "resume": "a pull whose connection was cut in a layer asks for the rest of it alone",
    "identity token": "docker keeps a token of the hub in the password's place; clients work with it",
}
#: The other direction: a registry that takes this hub's tokens.
TOKEN_SERVER = ("distribution", "token server")

_VERSION = re.compile(r"(?<![\w@])v?\d+\.\d+[\w.+~]*")


@dataclass(frozen=True)
class Client:
    """A row: how its programs tell their versions, how it is told plain http, and what it has no command for."""

    versions: tuple[tuple[str, ...], ...]
    plain: str
    lacks: Mapping[str, str] = field(default_factory=dict)


_NO_LIST = "has no command that lists tags"
_NO_DELETE = "has no command that deletes in a registry"
_NO_REFERRERS = "does not ask for referrers"
_NO_SIGN = "does not sign"
_GPG = "signs with GPG into a folder beside the registry, in Debian's build"
_TLS = "`--tls-verify=false`"

CLIENTS = {
    "docker": Client(
        (("docker", "--version"), ("dockerd", "--version")),
        "on loopback by itself",
        {
            "list tags": _NO_LIST,
            "delete": _NO_DELETE,
            "referrers": _NO_REFERRERS,
            "sign": "signs with a Notary server, which is another program",
        },
    ),
    "podman": Client(
        (("podman", "--version"),), _TLS, {"delete": _NO_DELETE, "referrers": _NO_REFERRERS, "sign": _GPG}
    ),
    "buildah": Client(
        (("buildah", "--version"),),
        _TLS,
        {"list tags": _NO_LIST, "delete": _NO_DELETE, "referrers": _NO_REFERRERS, "sign": _GPG},
    ),
    "skopeo": Client((("skopeo", "--version"),), _TLS, {"referrers": _NO_REFERRERS, "sign": _GPG}),
    "ctr": Client(
        (("ctr", "--version"),),
        "`--plain-http`",
        {
            "log in": "is given credentials with each command",
            "list tags": _NO_LIST,
            "delete": _NO_DELETE,
            "referrers": _NO_REFERRERS,
            "sign": _NO_SIGN,
        },
    ),
    "crane": Client(
        (("crane", "version"),),
        "on localhost by itself",
        {"referrers": _NO_REFERRERS, "sign": _NO_SIGN},
    ),
    "oras": Client((("oras", "version"),), "`--plain-http`", {"sign": _NO_SIGN}),
    "regctl": Client((("regctl", "version"),), "`regctl registry set --tls disabled`", {"sign": _NO_SIGN}),
    "cosign": Client(
        (("cosign", "version"),),
        "on localhost by itself",
        {
            "copy by mount": "has no command that copies between repositories",
            "list tags": _NO_LIST,
        },
    ),
    "helm": Client(
        (("helm", "version", "--short"),),
        "`--plain-http`",
        {
            "copy by mount": "has no command that copies between repositories",
            "several platforms": "has charts, which have no platform",
            "delete": _NO_DELETE,
            "referrers": _NO_REFERRERS,
            "sign": "signs into a file beside the chart",
            "2 GiB layer": "has charts, which are small",
            "resume": "has charts, which are small",
        },
    ),
}


@dataclass(frozen=True, order=True)
class Cell:
    """What the tests of one client and capability have shown."""

    word: str
    note: str = ""


@dataclass
class Notes:
    """Footnotes in the order of their first use."""

    texts: list[str] = field(default_factory=list)

    def mark(self, cell: Cell) -> str:
        if not cell.note:
            return cell.word
        if cell.note not in self.texts:
            self.texts.append(cell.note)
        return f"{cell.word} ({self.texts.index(cell.note) + 1})"


def holes(cells: Mapping[tuple[str, str], Cell]) -> list[str]:
    """What is neither shown nor known to be missing in the client, and what is both."""
    wanted = {(name, capability) for name in CLIENTS for capability in CAPABILITIES}
    lacking = {(name, capability) for name, client in CLIENTS.items() for capability in client.lacks}
    wrong = [f"{name} does not show: {capability}" for name, capability in wanted - lacking - set(cells)]
    wrong += [f"{name} lacks and shows: {capability}" for name, capability in lacking & set(cells)]
    wrong += [f"there is no cell for {pair}" for pair in set(cells) - wanted - {TOKEN_SERVER}]
    return sorted(wrong if TOKEN_SERVER in cells else [*wrong, "no second registry takes the hub's tokens"])


def version_of(client: Client) -> str:
    """The versions that the client's programs say of themselves, without what follows in brackets."""
    return ", ".join(_version(*command) for command in client.versions)


def _version(name: str, *args: str) -> str:
    program = str(gotools.program(name)) if name in gotools.pinned() else name
    said = run(program, *args, env=os.environ).stdout.replace(program, "")
    found = _VERSION.search(said)
    assert found, f"{name} does not say its version: {said}"
    return found[0]


def page(cells: Mapping[tuple[str, str], Cell]) -> str:
    """The whole text of docs/clients.md."""
    notes = Notes()
    lines = [_row("client", *CAPABILITIES), "|---" * (1 + len(CAPABILITIES)) + "|"]
    for name, client in CLIENTS.items():
        row = [cells.get((name, one), Cell("—", client.lacks.get(one, ""))) for one in CAPABILITIES]
        lines.append(_row(f"**{name}**", *(notes.mark(cell) for cell in row)))
    versions = [_row(name, version_of(client), client.plain) for name, client in CLIENTS.items()]
    second = _version("distribution", "--version")
    return "\n".join(
        [
            *(_INTRODUCTION, *lines, "", *(f"{number}. {note}" for number, note in enumerate(notes.texts, 1))),
            *("", "## What a column means", "", "| | |", "|---|---|", *map(_row, CAPABILITIES, CAPABILITIES.values())),
            *("", "## Versions, and plain http", "", _PLAIN, "| client | version | told plain http |", "|---|---|---|"),
            *(*versions, "", "## Another registry", "", _SECOND.format(version=second)),
        ]
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


_INTRODUCTION = dedent("""\
    # Clients

    What unmodified clients do with a running hub. `make clients` writes this page out of the tests in `tests/clients`
    that passed, and only when none failed and none was skipped.

    **yes**: a test drives the client and checks what it said, wrote and sent. **no**: a test shows what it does
    instead. **—**: the client has no use for it. A number leads to the notes below the table.
    """)
_PLAIN = dedent("""\
    The versions are what the programs say of themselves. The tests reach the hub as `localhost:<port>` over plain http,
    which a client does by itself or has to be told; behind https none of this is needed.
    """)
_SECOND = dedent("""\
    The registry of the project distribution, {version}, takes the hub as its token server
    ([operating.md](operating.md)): crane and skopeo push and pull there with an account of the hub, and whom the hub
    refuses is refused there.
    """)
