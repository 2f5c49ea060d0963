"""What the table is about: its people, the organization `acme`, its repositories and what is in them. Made once."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from accounts import members, namespaces, users
from accounts.models import Namespace, Team, User
from accounts.roles import Role
from hub.management.demo import content as pushing
from repositories import access as rights
from repositories import catalog, manifests, uploads
from repositories.access import Action
from repositories.errors import AccessDenied, RepositoryUnknown
from repositories.models import ManifestReference, NamespaceUsage, Plan, Repository, RepositoryGrant
from repositories.oci import names
from tests.make import content, people
from tests.matrix.inside import Inside
from tests.matrix.places import CANARY, PATTERN, PEOPLE, REPOSITORIES, username
from tests.matrix.proofs import Proofs, prove
from tests.matrix.table import Table

Level = RepositoryGrant.Level
_LEVELS = {"reader": Level.READ, "writer": Level.WRITE, "admin": Level.ADMIN}


@dataclass
class World:
    """What was made. `uploads`: the open upload of a person in a repository, by both; `things`: digests, by repository
    and word of the table; `rows`: a number of a row, by the address that the administration gives its kind."""

    proofs: dict[str, Proofs] = field(default_factory=dict)
    uploads: dict[str, dict[str, str]] = field(default_factory=dict)
    things: dict[str, dict[str, str]] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> World:
        """The inverse, for a world that was made in another process."""
        found = json.loads(text)
        proofs = {person: Proofs(**facts) for person, facts in found.pop("proofs").items()}
        for one in proofs.values():
            one.login = {word: (name, secret) for word, (name, secret) in one.login.items()}
        return cls(proofs=proofs, **found)


def user_of(person: str) -> User:
    """The row as it is now."""
    return User.objects.get(username=username(person))


def build(inside: Inside, table: Table) -> World:
    """Make everything that the table is about, and the credentials that somebody walks it with.

    Those who lost their rights lose them last, so that what they hold is from before.
    """
    world = World()
    for person in PEOPLE:
        people.user(username(person))
    User.objects.filter(username=username("staff")).update(is_staff=True)
    User.objects.filter(username=username("superuser")).update(is_staff=True, is_superuser=True)
    acme = _organization()
    for key in ("public", "secret", "erased", "site"):
        world.things[key] = _repository(key)
    _grants(acme)
    for person in PEOPLE:
        world.uploads[person] = _uploads(person)
        world.proofs[person] = prove(user_of(person), inside, table.shown_by(person))
    world.proofs["nobody"] = prove(None, inside, table.shown_by("nobody"))
    _end(acme)
    world.rows = _rows_of_the_administration()
    return world


def _organization() -> Namespace:
    acme = people.organization("acme", user_of("owner"))
    roomy = Plan.objects.create(name="Roomy", private_repositories=None, bytes=None)
    NamespaceUsage.objects.create(namespace=acme, plan=roomy)
    for person in ("member", "team-reader", "team-writer", "team-admin", "pattern-admin"):
        people.member(acme, user_of(person))
    for person in ("editor", "disabled", "unverified", "former"):
        people.member(acme, user_of(person), Role.EDITOR)
    namespaces.ensure_site_namespace()
    return acme


def _repository(key: str) -> dict[str, str]:
    """Create it and push what the table's words stand for, with the canary wherever people write something."""
    namespace, _, name = REPOSITORIES[key].partition("/")
    maker = user_of("staff" if key == "site" else "owner")
    hidden = key in {"secret", "erased"}
    word = CANARY if hidden else "plain"
    access = content.repository(maker, name, namespace=namespace, private=hidden, description=f"{word} description")
    layers = ((f"COPY {word} /{key}", 600),)
    image = content.image(access, "v1", f"{word}-tag", layers=layers, labels={"org.example.word": word})
    note = {"org.example.note": f"{word} note"}
    kind = "application/vnd.example.note"
    artifact = pushing.push_artifact(access, {word: b"{}"}, artifact_type=kind, annotations=note, subject=image)
    loose = pushing.push_blob(access, f"{word}, loose in {key}".encode())
    layer = manifests.find(access.repository, image).references.get(role=ManifestReference.Role.LAYER)
    return {"image": str(image), "artifact": str(artifact), "blob": str(layer.digest), "loose blob": str(loose)}


def _grants(acme: Namespace) -> None:
    """By user and by team, on a repository and on a pattern. `former` has one of each kind."""
    for person, level in _LEVELS.items():
        team = people.team(acme, person, users=(user_of(f"team-{person}"),))
        for key in ("public", "secret"):
            grant(acme, level, on=key, user=user_of(person))
            grant(acme, level, on=key, team=team)
    grant(acme, Level.WRITE, on=PATTERN, user=user_of("pattern-writer"))
    grant(acme, Level.ADMIN, on=PATTERN, team=people.team(acme, "patterns", users=(user_of("pattern-admin"),)))
    grant(acme, Level.ADMIN, on="other-*", user=user_of("pattern-elsewhere"))
    grant(acme, Level.ADMIN, on="secret", user=user_of("former"))
    grant(acme, Level.ADMIN, on=PATTERN, team=people.team(acme, "leavers", users=(user_of("former"),)))


def grant(acme: Namespace, level: int, *, on: str, user: User | None = None, team: Team | None = None) -> None:
    """A right on a repository of the table, or on a pattern."""
    if on in REPOSITORIES:
        repository = Repository.objects.get(namespace=acme, name=names.rest_of(names.repository(REPOSITORIES[on])))
        RepositoryGrant.objects.create(namespace=acme, repository=repository, user=user, team=team, level=level)
    else:
        like = rights.like_of(on)
        RepositoryGrant.objects.create(namespace=acme, pattern=on, like=like, user=user, team=team, level=level)


def _uploads(person: str) -> dict[str, str]:
    """An open upload in every repository that the person may push to."""
    caller = people.caller_of(user_of(person))
    opened = {}
    for key, full_name in REPOSITORIES.items():
        with suppress(RepositoryUnknown, AccessDenied):
            opened[key] = uploads.start(rights.require(names.repository(full_name), caller, Action.PUSH)).id
    return opened


def _end(acme: Namespace) -> None:
    """What ended a moment ago: a repository, two accounts, and every right of `former`."""
    erased = content.access(user_of("owner"), REPOSITORIES["erased"], Action.ADMIN)
    catalog.delete(erased, confirm=REPOSITORIES["erased"])
    users.disable(user_of("disabled"))
    EmailAddress.objects.filter(user=user_of("unverified")).update(verified=False)
    former = username("former")
    members.remove(people.caller_of(user_of("owner")), namespace=acme, username=former)
    RepositoryGrant.objects.filter(user__username=former).delete()


def _rows_of_the_administration() -> dict[str, str]:
    """One row of every kind that the administration shows."""
    Group.objects.create(name="Helpers")
    rows = {
        f"{model._meta.app_label}/{model._meta.model_name}": str(model._base_manager.order_by("pk")[0].pk)
        for model in admin.site._registry
    }
    content_type = ContentType.objects.get_for_model(User)
    return {**rows, "user": rows["accounts/user"], "content type": str(content_type.pk), "app": "accounts"}
