"""What all rules of the state machine share: people, repositories, the model, the hub, the comparison."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, initialize, multiple

from tests.live import Hub
from tests.protocol.model import pool
from tests.protocol.model.answers import Answer, check
from tests.protocol.model.contents import Repository, Token
from tests.protocol.model.pool import Document, Label, Listed
from tests.protocol.model.registry import EVERYTHING, Model
from tests.registry import Body, Registry, expect, slices

#: A public repository of a person, a private one of an organization (whose name nests, and holds the words of the
#: routes), and a public one of somebody who is a stranger to the others. `{}` is new in every example.
PLACES = {
    "public": "olga/model-{:05}",
    "secret": "harbour/model-{:05}/blobs/uploads",
    "theirs": "otto/model-{:05}",
}
PEOPLE = ("owner", "writer", "outsider", "nobody")
ROLES = {
    "owner": {"olga": EVERYTHING, "harbour": EVERYTHING},
    "writer": {"walter": EVERYTHING, "harbour": frozenset({"pull", "push"})},
    "outsider": {"otto": EVERYTHING},
    "nobody": {},
}
PUBLIC = {"olga", "otto", "walter"}
#: How far a token reaches: everything that its holder may do, or less, and that only in the repository that is asked.
REACHES = {"all": EVERYTHING, "pull": frozenset({"pull"}), "push": frozenset({"pull", "push"})}
STEPS = 50
#: Who asks and with which token; "maker" is whoever may do everything in the repository.
Asker = tuple[str, str]

uploads: Bundle[Upload] = Bundle("uploads")
blobs: Bundle[Blob] = Bundle("blobs")
documents: Bundle[Document] = Bundle("documents")
pushed: Bundle[Document] = Bundle("pushed")
places = st.sampled_from(sorted(PLACES))
#: Where a thing was pushed to, mostly.
homes = st.sampled_from(["home"] * 8 + sorted(PLACES))
reaches = st.sampled_from(["all"] * 18 + ["pull", "push"])
askers = st.tuples(st.sampled_from(["maker"] * 9 + ["writer", "writer", "owner", "outsider", "nobody"]), reaches)


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that somebody opened somewhere."""

    id: str = field(repr=False)
    opener: Asker
    place: str


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that was pushed or mounted somewhere."""

    content: bytes = field(repr=False)
    digest: str
    place: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A token as the model knows it, and as the hub does."""

    token: Token
    headers: Mapping[str, str]
    client: Registry


@dataclass(slots=True)
class World:
    """What outlives an example: the people's connections to the hub, and what was counted; `examples` are those that
    went all of their steps."""

    clients: dict[str, Registry]
    numbers: Iterator[int]
    examples: int = 0
    steps: int = 0
    requests: int = 0
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, hub: Hub, numbers: Iterator[int]) -> World:
        """`numbers` are those of the examples: no other world on this hub has them."""
        people = {role: Registry(hub.url, hub.people[role].credentials) for role in PEOPLE if role != "nobody"}
        return cls(people | {"nobody": Registry(hub.url)}, numbers)

    def __str__(self) -> str:
        seconds = time.monotonic() - self.began
        rate = self.steps / seconds
        counted = f"examples={self.examples} steps={self.steps} requests={self.requests}"
        return f"{counted} seconds={seconds:.0f} steps/second={rate:.0f}"


class Machine(RuleBasedStateMachine):
    """An example: its own repositories on the hub, and the model of them."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.number = next(world.numbers)
        self.names = {place: pattern.format(self.number) for place, pattern in PLACES.items()}
        self.model = Model(ROLES, PUBLIC)
        self.tickets: dict[tuple[str, str, str], Ticket] = {}
        self.agrees = True
        self.steps = 0

    @initialize(target=documents)
    def begin(self) -> MultipleResults[Document]:
        """Two documents that others can name before they are pushed themselves."""
        plain = pool.image(Listed(("braces", "sha256")), Label(), None, self.number)
        bare = pool.index([], [], Label(), None, self.number)
        return multiple(replace(plain, place="secret"), replace(bare, place="public"))

    def check_invariants(self, *args: Any) -> None:
        """Hypothesis calls this before the first step and after each."""
        self.steps += 1
        super().check_invariants(*args)

    # -- asking

    def ticket(self, asker: Asker, place: str) -> Ticket:
        """The token of somebody, asked for once in an example, or again after `forget`."""
        who, reach = asker
        if who == "maker":
            who = "outsider" if place == "theirs" else "owner"
        key = who, reach, "" if reach == "all" else place
        if key not in self.tickets:
            self.tickets[key] = self._issue(who, reach, place)
        return self.tickets[key]

    def forget(self, who: str) -> None:
        self.tickets = {key: ticket for key, ticket in self.tickets.items() if key[0] != who}

    def _issue(self, who: str, reach: str, place: str) -> Ticket:
        names = list(self.names.values()) if reach == "all" else [self.names[place]]
        wanted = dict.fromkeys(names, REACHES[reach])
        token = self.model.grant(who, wanted, lists=reach == "all")
        asked = [f"repository:{name}:{','.join(sorted(actions))}" for name, actions in wanted.items()]
        client = self.world.clients[who]
        self.world.requests += 1
        raw = expect(client.token(*asked, *(["registry:catalog:*"] if token.lists else [])), 200).json()["token"]
        held = {item["name"]: frozenset(item["actions"]) for item in _claims(raw)["access"]}
        assert held.pop("catalog", None) == (frozenset("*") if token.lists else None)
        assert held == token.grants, f"{who} asked for {wanted}"
        return Ticket(token, {"Authorization": f"Bearer {raw}"}, client)

    def send(
        self,
        expected: Answer,
        ticket: Ticket,
        method: str,
        path: str,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """One request, and its answer as the model expects it."""
        self.world.requests += 1
        sent = body() if callable(body) else body
        self.agrees = False
        response = ticket.client.http.request(method, path, content=sent, headers={**ticket.headers, **(headers or {})})
        check(expected, response)
        self.agrees = True
        return response

    def post(self, ticket: Ticket, name: str, digest: str, body: bytes) -> tuple[Answer, httpx.Response]:
        """A blob in one request."""
        answer = self.model.post(ticket.token, name, digest, body)
        return answer, self.send(answer, ticket, "POST", f"/v2/{name}/blobs/uploads/?digest={digest}", body)

    def opened(
        self, answer: Answer, response: httpx.Response, ticket: Ticket, asker: Asker, place: str
    ) -> MultipleResults[Upload]:
        """The session that the answer opened, if it did."""
        if not answer.opens:
            return multiple()
        upload = Upload(response.headers["Docker-Upload-UUID"], asker, place)
        self.model.opened(ticket.token, self.names[place], upload.id)
        return multiple(upload)

    def content(self, what: str | Document) -> bytes:
        """The bytes of a blob: by its name, or those of a document."""
        return pool.blob(what, self.number) if isinstance(what, str) else what.body

    @property
    def grown(self) -> bool:
        """Whether somebody could have a larger token than they hold."""
        return any(
            self.model.grant(who, dict.fromkeys(self.names.values(), EVERYTHING), lists=True) != ticket.token
            for (who, reach, _), ticket in self.tickets.items()
            if reach == "all"
        )

    # -- comparing

    def teardown(self) -> None:
        """Compare everything."""
        self.world.examples += self.steps - 1 == STEPS
        self.world.steps += self.steps - 1
        if self.agrees:
            for place in PLACES:
                self._list(place)
                self._delete_what_is_needed(place)
                self._compare(place)
            self._reach_for_secrets()
            self._look_at_uploads()

    def _list(self, place: str) -> None:
        """The tags, as everybody sees them who may, and nobody who may not."""
        name = self.names[place]
        for who in ("maker", "writer", "outsider", "nobody") if place == "secret" else ("maker",):
            ticket = self.ticket((who, "all"), place)
            self.send(self.model.list_tags(ticket.token, name), ticket, "GET", f"/v2/{name}/tags/list")

    def _delete_what_is_needed(self, place: str) -> None:
        """Something that a living manifest refers to, of each kind: refused."""
        name, ticket = self.names[place], self.ticket(("maker", "all"), place)
        repository = self.model.repositories.get(name, Repository())
        living = repository.manifests.values()
        for digest in sorted(digest for manifest in living for digest in manifest.children)[:1]:
            answer = self.model.delete_manifest(ticket.token, name, digest)
            self.send(answer, ticket, "DELETE", f"/v2/{name}/manifests/{digest}")
        for digest in sorted(digest for manifest in living for digest in manifest.blobs)[:1]:
            answer = self.model.delete_blob(ticket.token, name, digest)
            self.send(answer, ticket, "DELETE", f"/v2/{name}/blobs/{digest}")

    def _compare(self, place: str) -> None:
        """Everything that was ever in a repository, as its maker sees it."""
        name, ticket = self.names[place], self.ticket(("maker", "all"), place)
        repository = self.model.repositories.get(name, Repository())
        for digest in [*repository.manifests, *repository.deleted]:
            answer = self.model.get_manifest(ticket.token, name, digest)
            self.send(answer, ticket, "GET", f"/v2/{name}/manifests/{digest}")
        for digest in [*repository.blobs, *repository.kept]:
            answer = self.model.get_blob(ticket.token, name, digest)
            self.send(answer, ticket, "GET", f"/v2/{name}/blobs/{digest}")
        manifests = [*repository.manifests.values(), *repository.deleted.values()]
        for digest in {manifest.subject for manifest in manifests} - {""}:
            answer = self.model.list_referrers(ticket.token, name, digest)
            self.send(answer, ticket, "GET", f"/v2/{name}/referrers/{digest}")

    def _reach_for_secrets(self) -> None:
        """The stranger tries to mount a blob of the private repository, by its name and without."""
        ticket, target = self.ticket(("outsider", "all"), "theirs"), self.names["theirs"]
        secret = self.model.repositories.get(self.names["secret"], Repository())
        for digest in [digest for digest, content in secret.blobs.items() if content not in pool.COMMON.values()][:1]:
            for source in (self.names["secret"], None):
                answer = self.model.mount(ticket.token, target, digest, source)
                query = f"?mount={digest}" + (f"&from={source}" if source else "")
                self.send(answer, ticket, "POST", f"/v2/{target}/blobs/uploads/{query}")

    def _look_at_uploads(self) -> None:
        """The last two that are open."""
        sessions = [(upload, session) for upload, session in self.model.sessions.items() if not session.became]
        for upload, session in sessions[-2:]:
            ticket = self.ticket((session.owner, "all"), "")
            answer = self.model.status(ticket.token, session.name, upload)
            self.send(answer, ticket, "GET", f"/v2/{session.name}/blobs/uploads/{upload}")


def chunked(body: bytes) -> Body:
    """A body that comes in chunks of unknown number."""
    return lambda: slices(body)


def _claims(raw: str) -> dict[str, Any]:
    payload = raw.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found
