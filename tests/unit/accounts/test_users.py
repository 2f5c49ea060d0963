"""Passwords that cannot be guessed, administrators, disabling, accounts that nobody verified."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts import callers, namespaces, tasks, tokens, users
from accounts.errors import CredentialsRejected, NameInvalid, NamespaceUnknown, NameTaken, RateLimited
from accounts.models import Namespace, User
from tests.make import content, people
from tests.make.people import caller_of
from tests.make.threads import together

pytestmark = pytest.mark.django_db
PASSWORD = people.PASSWORD
HERE = "192.0.2.1"


# -- passwords


@pytest.mark.parametrize(
    "login", ["owner-person", " Owner-Person\n", "owner-person@example.com", "Owner-Person@EXAMPLE.com"]
)
def test_name_or_address_with_the_password(owner: User, login: str) -> None:
    assert users.authenticate(login, PASSWORD, address=HERE) == owner


def test_a_second_proven_address_counts_an_unproven_one_does_not(owner: User) -> None:
    second = EmailAddress.objects.create(user=owner, email="second@example.com", verified=False)
    with pytest.raises(CredentialsRejected):
        users.authenticate("second@example.com", PASSWORD, address=HERE)
    second.verified = True
    second.save()
    assert users.authenticate("second@example.com", PASSWORD, address=HERE) == owner


def test_who_proved_an_address_owns_it(owner: User) -> None:
    squatter = people.user("squatter-person", verified=False, password="the-squatter's-own")
    EmailAddress.objects.filter(user=squatter).update(email=owner.email)
    assert users.authenticate(owner.email, PASSWORD, address=HERE) == owner
    with pytest.raises(CredentialsRejected):
        users.authenticate(owner.email, "the-squatter's-own", address=HERE)


@pytest.mark.parametrize(
    "login", ["nobody", "", "owner-person", "unverified-person", "disabled-person", "a" * 999, "o\x00", "\ud800@x.y"]
)
def test_everything_else_is_one_refusal(owner: User, login: str) -> None:
    people.user("unverified-person", verified=False)
    users.disable(people.user("disabled-person"))
    password = "wrong" if login == "owner-person" else PASSWORD
    with pytest.raises(CredentialsRejected, match="is not right"):
        users.authenticate(login, password, address=HERE)


def test_the_limit_comes_before_the_password(owner: User) -> None:
    for n in range(10):
        with pytest.raises(CredentialsRejected):
            users.authenticate(owner.username, "wrong", address=f"192.0.2.{n}")
    with pytest.raises(RateLimited) as caught:
        users.authenticate(owner.email, PASSWORD, address="198.51.100.1")
    assert 0 < caught.value.retry_after <= 301


def test_one_household_of_ipv6_is_one_address(owner: User) -> None:
    for n in range(30):
        with pytest.raises(CredentialsRejected):
            users.authenticate(f"nobody-{n}", "wrong", address=f"2001:db8::{n:x}")
    with pytest.raises(RateLimited):
        users.authenticate(owner.username, PASSWORD, address="2001:db8::ffff")
    assert users.authenticate(owner.username, PASSWORD, address="2001:db8:0:1::1") == owner


@pytest.mark.django_db(transaction=True)
def test_guesses_at_once_are_all_counted() -> None:
    owner = people.user("owner-person")

    def guess(n: int) -> User:
        return users.authenticate(owner.username, "wrong", address=f"192.0.2.{n}")

    outcomes = together([lambda n=n: guess(n) for n in range(16)])  # type: ignore[misc]
    assert sum(isinstance(outcome, CredentialsRejected) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 6


def test_without_the_count_there_is_no_guess(owner: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_ratewindow RENAME TO out_of_reach")
    with pytest.raises(DatabaseError), transaction.atomic():
        users.authenticate(owner.username, PASSWORD, address=HERE)


# -- ending what an account can do


def test_disabling_ends_everything(owner: User) -> None:
    who = caller_of(owner)
    row, token = people.access_token(owner)
    users.disable(owner)
    assert not callers.matching(who).exists()
    assert not callers.matching(caller_of(owner)).exists()
    assert not callers.matching(caller_of(owner, row)).exists()
    with pytest.raises(CredentialsRejected):
        tokens.authenticate(token)


def test_ending_bearer_tokens_leaves_access_tokens(owner: User) -> None:
    who = caller_of(owner)
    _, token = people.access_token(owner)
    users.end_bearer_tokens(owner)
    assert not callers.matching(who).exists()
    assert callers.matching(caller_of(owner)).get() == owner
    assert tokens.authenticate(token).user == owner


# -- an administrator verifies


def test_an_administrator_verifies_an_address() -> None:
    user = people.user("waiting-person", verified=False)
    assert users.confirm_address(user)
    assert users.confirm_address(user)
    assert callers.trusted_users().get(pk=user.pk) == user
    bare = User.objects.create_user(username="bare-person", email="Bare@example.com")
    assert users.confirm_address(bare)
    assert EmailAddress.objects.get(user=bare).email == "bare@example.com"


def test_an_address_of_somebody_else_is_not_verified(owner: User) -> None:
    second = EmailAddress.objects.create(user=owner, email="waiting-person@example.com", verified=True)
    waiting = people.user("waiting-person", verified=False)
    assert not users.confirm_address(waiting)
    assert not callers.trusted_users().filter(pk=waiting.pk).exists()
    assert second.user == owner
    assert not users.confirm_address(User.objects.create_user(username="no-address"))


# -- administrators


def create_superuser(**facts: str) -> str:
    out = io.StringIO()
    call_command("createsuperuser", interactive=False, stdout=out, **facts)
    return out.getvalue()


def test_createsuperuser_takes_a_reserved_name_without_a_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_USERNAME", "admin")
    monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Admin@Example.com")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    assert "Superuser created" in create_superuser()
    boss = users.authenticate("admin", PASSWORD, address=HERE)
    assert (boss.is_superuser, boss.is_staff, boss.email) == (True, True, "admin@example.com")
    assert users.authenticate("admin@example.com", PASSWORD, address=HERE) == boss
    with pytest.raises(NamespaceUnknown):
        namespaces.find("admin")
    assert [found.name for found in namespaces.of_user(caller_of(boss))] == ["library"]


def test_an_administrator_with_a_plain_name_owns_its_namespace() -> None:
    create_superuser(username="boss-person", email="boss@example.com")
    boss = User.objects.get(username="boss-person")
    assert namespaces.find("boss-person").user == boss
    assert not boss.has_usable_password()
    with pytest.raises(NameTaken):
        namespaces.check_free("b0ss.person")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"username": "Boss", "email": "boss@example.com"}, "lower-case letters"),
        ({"username": "x", "email": "boss@example.com"}, "3 to 39"),
        ({"username": "owner-person", "email": "boss@example.com"}, "already taken"),
        ({"username": "0wner-person", "email": "boss@example.com"}, "too similar"),
        ({"username": "boss-person", "email": "nonsense"}, "valid email"),
        ({"username": "boss-person", "email": "OWNER-person@example.com"}, "another account"),
        ({"username": "boss-person"}, "--email"),
        ({"email": "boss@example.com"}, "--username"),
    ],
)
def test_createsuperuser_says_what_is_wrong(owner: User, facts: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        create_superuser(**facts)
    assert not User.objects.filter(is_superuser=True).exists()


def test_createsuperuser_asks_until_it_is_right(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["Boss", "owner-person", "admin", "nonsense", "boss@example.com"])
    secrets = iter(["one-password-12", "another-password", PASSWORD, PASSWORD])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    monkeypatch.setattr("getpass.getpass", lambda prompt="": next(secrets))
    out, err = io.StringIO(), io.StringIO()
    call_command("createsuperuser", interactive=True, stdin=_Terminal(), stdout=out, stderr=err)
    assert users.authenticate("admin", PASSWORD, address=HERE).is_superuser
    for sentence in ("lower-case letters", "already taken", "valid email", "didn't match"):
        assert sentence in err.getvalue()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_create_administrator_stores_nothing_when_it_fails(owner: User) -> None:
    for facts, error in (
        ({"username": "Admin!", "email": "a@example.com"}, NameInvalid),
        ({"username": owner.username, "email": "a@example.com"}, NameTaken),
        ({"username": "owner.person", "email": "a@example.com"}, NameTaken),
        ({"username": "boss-person", "email": ""}, ValidationError),
    ):
        with pytest.raises(error):
            users.create_administrator(**facts, password=PASSWORD)
    assert list(User.objects.all()) == [owner]


# -- accounts that nobody verified


def age(*people_: User, days: int = 8) -> None:
    User.objects.filter(pk__in=[one.pk for one in people_]).update(date_joined=timezone.now() - timedelta(days=days))


def test_an_unproven_account_goes_after_a_week_and_its_name_is_free() -> None:
    old, young = people.user("old-person", verified=False), people.user("young-person", verified=False)
    age(old)
    age(young, days=6)
    tasks.forget_unverified_accounts()
    assert list(User.objects.all()) == [young]
    assert not Namespace.objects.filter(name="old-person").exists()
    fresh = people.user("old-person")
    assert namespaces.find("old-person").user == fresh


def test_nobody_goes_who_could_ever_do_anything(owner: User, organization: Namespace) -> None:
    came_in, has_token, joined, unproven_boss = (people.user(verified=False) for _ in range(4))
    User.objects.filter(pk=came_in.pk).update(last_login=timezone.now() - timedelta(days=30))
    people.access_token(has_token)
    organization.memberships.create(user=joined, role="member")
    User.objects.filter(pk=unproven_boss.pk).update(is_staff=True)
    everybody = list(User.objects.all())
    age(*everybody)
    assert users.forget_unverified() == 0
    assert list(User.objects.all()) == everybody
    with pytest.raises(NameTaken):
        namespaces.check_free(came_in.username)


def test_a_name_under_which_something_was_stored_is_never_free() -> None:
    user = people.user("busy-person")
    content.repository(user)
    EmailAddress.objects.filter(user=user).update(verified=False)
    age(user)
    assert users.forget_unverified() == 0
    assert namespaces.find("busy-person").user == user
    assert EmailAddress.objects.filter(user=user).exists()


def test_where_administrators_verify_people_nobody_goes_by_the_clock(settings: Settings) -> None:
    settings.HUB_MAIL = "none"
    age(people.user("old-person", verified=False))
    assert users.forget_unverified() == 0
    assert User.objects.filter(username="old-person").exists()


@pytest.mark.django_db(transaction=True)
def test_the_code_and_the_job_at_once_leave_the_account_whole_or_gone() -> None:
    user = people.user("late-person", verified=False)
    age(user)
    together([users.forget_unverified, lambda: users.confirm_address(User.objects.get(pk=user.pk))])
    if User.objects.filter(pk=user.pk).exists():
        assert callers.trusted_users().filter(pk=user.pk).exists()
        assert namespaces.find("late-person").user == user
    else:
        assert namespaces.check_free("late-person")


# -- what the database holds on its own


def test_one_account_per_address_whatever_its_case(owner: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user(username="other-person", email="OWNER-person@example.com")
    User.objects.create_user(username="no-address-1")
    User.objects.create_user(username="no-address-2")


def test_the_daily_jobs_run(owner: User) -> None:
    for job in (tasks.forget_rate_windows, tasks.forget_sessions, tasks.tidy_signing_keys):
        job()
    assert User.objects.get() == owner
