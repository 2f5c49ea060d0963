"""`seed_demo`: fill a hub with people, an organization and real images, only through the rules."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import callers, members, namespaces, teams
from accounts.callers import Caller
from accounts.errors import MembershipInvalid, NamespaceUnknown, TeamInvalid
from accounts.roles import Role
from hub.management.demo import content, world
from hub.management.demo.world import Shelf
from repositories import access as permissions
from repositories import catalog, tags
from repositories.access import Access, Action
from repositories.errors import QuotaExceeded, RepositoryExists
from repositories.oci import names

User = get_user_model()


class Command(BaseCommand):
    help = "Fill the hub with demonstration content: two people, an organization, a dozen repositories with images."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="also when the hub is reachable by others")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.HUB_IS_LOOPBACK and not options["force"]:
            raise CommandError(f"{settings.HUB_PUBLIC_URL} is not a local hub. Use --force to fill it all the same.")
        people = {name: self._person(name) for name in world.PEOPLE}
        self._organization(*people.values())
        for shelf in world.SHELVES:
            self._fill(shelf, people[shelf.pusher])
        self.stdout.write(f"The demonstration is at {settings.HUB_PUBLIC_URL}/explore")

    def _person(self, name: str) -> Caller:
        """A verified person with a random password, which is printed; one who is there keeps theirs."""
        user = User.objects.filter(username=name).first()
        if user is not None:
            self.stdout.write(f"user {name}: there already, the password is unchanged")
            return callers.of(user)
        password = secrets.token_urlsafe(12)
        with transaction.atomic():
            namespaces.check_free(name)
            user = User.objects.create_user(username=name, email=f"{name}@example.com", password=password)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
            namespaces.claim_personal(user)
        self.stdout.write(f"user {name}: password {password}")
        return callers.of(user)

    def _organization(self, owner: Caller, editor: Caller) -> None:
        """The organization with its owner, an editor, and a team with both."""
        boss, colleague = callers.matching(owner).get(), callers.matching(editor).get()
        try:
            organization = namespaces.find(world.ORGANIZATION)
        except NamespaceUnknown:
            organization = namespaces.create_organization(world.ORGANIZATION, boss)
        try:
            members.add(owner, namespace=organization, username=colleague.username, role=Role.EDITOR)
            team = teams.create(owner, namespace=organization, name=world.TEAM, description="Answer for the images.")
            for person in (boss, colleague):
                teams.add_member(owner, team=team, username=person.username)
        except (MembershipInvalid, TeamInvalid):
            return  # from an earlier run
        self.stdout.write(f"organization {organization.name}: {boss.username}, {colleague.username}; team {team.name}")

    def _fill(self, shelf: Shelf, pusher: Caller) -> None:
        """Make the repository and push to it, unless it holds tags already."""
        try:
            access = self._open(shelf, pusher)
        except QuotaExceeded as error:
            self.stdout.write(f"repository {shelf.name}: left out. {error}")
            return
        if tags.rows(access, limit=1)[1] == 0:
            for release in shelf.releases:
                built = dict.fromkeys(release.platforms, world.image_of(shelf, release))
                if len(built) == 1:
                    [(platform, image)] = built.items()
                    content.push_image(access, image, platform=platform, tags=release.tags[::-1])
                else:
                    content.push_index(access, built, tags=release.tags[::-1])
            if shelf.files:
                content.push_artifact(access, shelf.files, artifact_type=world.CHARTS, tags=("latest",))
        self.stdout.write(
            f"repository {shelf.name}: tags {', '.join(tags.names_after(access.repository)[0]) or 'none'}"
        )

    def _open(self, shelf: Shelf, pusher: Caller) -> Access:
        namespace, _, name = shelf.name.partition("/")
        visibility = "private" if shelf.private else "public"
        with suppress(RepositoryExists):  # from an earlier run
            catalog.create(pusher, namespace=namespace, name=name, description=shelf.description, visibility=visibility)
        return permissions.require(names.repository(shelf.name), pusher, Action.PUSH)
