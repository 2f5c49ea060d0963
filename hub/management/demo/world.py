"""What the demonstration hub holds: plain data, read by the command `seed_demo`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hub.management.demo.content import Image, Step

KB = 1024


@dataclass(frozen=True)
class Release:
    """One push: an image for each platform under these tags, as of a date."""

    tags: tuple[str, ...]
    created: str
    app_kb: int
    platforms: tuple[str, ...] = ("linux/amd64", "linux/arm64")


@dataclass(frozen=True)
class Shelf:
    """A repository, who pushes to it, the image its releases share, and the releases, oldest first."""

    name: str
    pusher: str
    description: str
    image: Image
    releases: tuple[Release, ...] = ()
    private: bool = False
    files: dict[str, bytes] = field(default_factory=dict)  # instead of images: one artifact


def image_of(shelf: Shelf, release: Release) -> Image:
    """The shelf's image as of one release: the last layer that has a size is the application, and it grows."""
    last = max(place for place, step in enumerate(shelf.image.steps) if step.size)
    steps = [
        replace(step, size=release.app_kb * KB) if place == last else step
        for place, step in enumerate(shelf.image.steps)
    ]
    config = dict(shelf.image.config)
    labels = {"org.opencontainers.image.version": release.tags[0], "org.opencontainers.image.title": shelf.name}
    config["Labels"] = config.get("Labels", {}) | labels
    return replace(shelf.image, steps=tuple(steps), created=release.created, config=config)


_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ALPINE = (Step("ADD alpine-minirootfs-3.22.tar.gz / # buildkit", 96 * KB), Step('CMD ["/bin/sh"]'))
_DEBIAN = (Step("ADD debian-bookworm-slim.tar.xz / # buildkit", 210 * KB), Step('CMD ["bash"]'))
_SOURCE = "org.opencontainers.image.source"
_LICENCE = "org.opencontainers.image.licenses"

_NODE_APP = Image(
    steps=(
        *_ALPINE,
        Step("RUN /bin/sh -c apk add --no-cache nodejs npm", 380 * KB),
        Step("ENV NODE_ENV=production"),
        Step("WORKDIR /usr/src/app", 1),
        Step("COPY package.json package-lock.json ./", 2 * KB),
        Step("RUN /bin/sh -c npm ci --omit=dev", 120 * KB),
        Step("USER node"),
        Step("COPY src ./src", 18 * KB),
        Step("EXPOSE map[8080/tcp:{}]"),
        Step('CMD ["node" "src/index.js"]'),
    ),
    config={
        "User": "node",
        "ExposedPorts": {"8080/tcp": {}},
        "Env": [_PATH, "NODE_ENV=production"],
        "Cmd": ["node", "src/index.js"],
        "WorkingDir": "/usr/src/app",
        "Labels": {_SOURCE: "https://git.example.com/alice/docker-quickstart", _LICENCE: "MIT"},
    },
)
_PYTHON_APP = Image(
    steps=(
        *_DEBIAN,
        Step(
            "RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends python3 python3-venv", 340 * KB
        ),
        Step("COPY requirements.txt /srv/", 1 * KB),
        Step(
            "RUN /bin/sh -c python3 -m venv /srv/venv && /srv/venv/bin/pip install -r /srv/requirements.txt", 150 * KB
        ),
        Step("COPY . /srv/app", 40 * KB),
        Step("EXPOSE map[8000/tcp:{}]"),
        Step('ENTRYPOINT ["/srv/venv/bin/python" "-m" "app"]'),
    ),
    config={
        "ExposedPorts": {"8000/tcp": {}},
        "Env": [_PATH, "PYTHONUNBUFFERED=1"],
        "Entrypoint": ["/srv/venv/bin/python", "-m", "app"],
        "WorkingDir": "/srv",
        "Labels": {_LICENCE: "Apache-2.0"},
    },
)
_GO_TOOL = Image(
    steps=(
        Step("COPY /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ # buildkit", 60 * KB),
        Step("COPY /out/tool /tool # buildkit", 240 * KB),
        Step("USER 65532:65532"),
        Step('ENTRYPOINT ["/tool"]'),
    ),
    config={"User": "65532:65532", "Env": [_PATH], "Entrypoint": ["/tool"], "Labels": {_LICENCE: "Apache-2.0"}},
)
_BASE = Image(steps=_ALPINE, config={"Env": [_PATH], "Cmd": ["/bin/sh"], "Labels": {_LICENCE: "MIT"}})

#: The owner of the organization first, then an editor of it.
PEOPLE = ("alice", "bob")
ORGANIZATION = "harbour"
TEAM = "maintainers"
#: The type of the artifact that is no image.
CHARTS = "application/vnd.harbour.charts"

SHELVES = (
    Shelf(
        "harbour/base",
        "alice",
        "The base image that every service of Harbour starts from.",
        _BASE,
        (
            Release(("3.21",), "2026-05-30T08:00:00Z", 92),
            Release(("3.22", "latest"), "2026-10-04T08:00:00Z", 96, ("linux/amd64", "linux/arm64", "linux/arm/v7")),
        ),
    ),
    Shelf(
        "harbour/crane-operator",
        "bob",
        "Schedules berths and cranes. Runs in the cluster.",
        _GO_TOOL,
        (
            Release(("0.9.0",), "2026-08-19T14:05:00Z", 225),
            Release(("0.9.1", "0.9", "latest"), "2026-10-21T10:40:00Z", 240),
        ),
    ),
    Shelf(
        "harbour/tools/manifest-lint",
        "bob",
        "Checks shipping manifests in a pipeline.",
        _GO_TOOL,
        (Release(("1.0.0", "1.0", "1", "latest"), "2026-09-02T16:20:00Z", 130),),
    ),
    Shelf(
        "harbour/tools/tide-table",
        "alice",
        "High and low water, as JSON.",
        _PYTHON_APP,
        (Release(("2026.10", "latest"), "2026-10-01T06:00:00Z", 35, ("linux/amd64",)),),
    ),
    Shelf(
        "harbour/billing",
        "alice",
        "Invoices for berths. Not for outsiders.",
        _PYTHON_APP,
        (Release(("4.3.0", "4.3", "latest"), "2026-11-10T13:00:00Z", 64, ("linux/amd64",)),),
        private=True,
    ),
    Shelf(
        "harbour/charts",
        "bob",
        "Sea charts, packed as an artifact.",
        _BASE,
        files={"north-sea.csv": b"depth,lat,lon\n" * 9000},
    ),
    Shelf(
        "bob/gitea-backup",
        "bob",
        "Nightly dump of a Gitea, sent to object storage.",
        _GO_TOOL,
        (Release(("0.4.2", "latest"), "2026-07-12T20:10:00Z", 110),),
    ),
    Shelf(
        "bob/weather-station",
        "bob",
        "Reads the sensors on the roof and draws them.",
        _PYTHON_APP,
        (
            Release(("1.1",), "2026-04-08T18:30:00Z", 52, ("linux/arm64", "linux/arm/v7")),
            Release(("1.2", "latest"), "2026-06-27T18:30:00Z", 55, ("linux/arm64", "linux/arm/v7")),
        ),
    ),
    Shelf(
        "bob/home-automation",
        "bob",
        "Lights, blinds and the coffee machine.",
        _PYTHON_APP,
        (Release(("nightly",), "2026-11-20T02:00:00Z", 70, ("linux/arm64",)),),
        private=True,
    ),
    Shelf(
        "alice/static-site",
        "alice",
        "",
        _GO_TOOL,
        (Release(("latest",), "2026-03-15T11:00:00Z", 86, ("linux/amd64",)),),
    ),
    Shelf(
        "alice/notes",
        "alice",
        "Lab notes, searchable.",
        _NODE_APP,
        (Release(("7", "latest"), "2026-10-30T21:45:00Z", 24, ("linux/amd64",)),),
        private=True,
    ),
    Shelf("alice/scratch", "alice", "For trying things out.", _BASE),
    Shelf(
        "alice/docker-quickstart",
        "alice",
        "The small Node.js app of the walk-through, built for two platforms.",
        _NODE_APP,
        (
            Release(("1.2.0", "1.2"), "2026-06-02T09:12:00Z", 14),
            Release(("1.3.0", "1.3"), "2026-08-11T09:12:00Z", 15),
            Release(("1.4.0",), "2026-10-05T09:12:00Z", 17),
            Release(("1.4.1",), "2026-10-29T15:48:00Z", 18, ("linux/amd64",)),
            Release(("1.4.2", "1.4", "latest"), "2026-11-17T08:31:00Z", 18),
        ),
    ),
)
