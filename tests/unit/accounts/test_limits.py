"""The limiter of guesses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import limits
from accounts.errors import RateLimited
from accounts.models import RateWindow
from tests.make.threads import together

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def spend(who: str = "ana", kind: str = "test", limit: int = 3) -> None:
    limits.spend(kind, who, limit=limit, window=MINUTE)


def test_tries_end_at_the_limit_and_say_for_how_long() -> None:
    for _ in range(3):
        spend()
    for _ in range(2):
        with pytest.raises(RateLimited, match=r"Try again in \d+ seconds") as caught:
            spend()
        assert 55 <= caught.value.retry_after <= 61


def test_people_and_kinds_are_counted_apart() -> None:
    for _ in range(3):
        spend()
    spend("ben")
    spend(kind="other")


def test_a_window_ends_and_refused_tries_do_not_prolong_it() -> None:
    for _ in range(3):
        spend()
    before = RateWindow.objects.get().ends_at
    with pytest.raises(RateLimited):
        spend()
    assert RateWindow.objects.get().ends_at == before
    RateWindow.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    spend()
    row = RateWindow.objects.get()
    assert row.tries == 1
    assert row.ends_at > timezone.now()


def test_a_refund_takes_back_one_try_only() -> None:
    for _ in range(3):
        spend()
    limits.refund("test", "ana")
    spend()
    with pytest.raises(RateLimited):
        spend()
    limits.refund("test", "nobody")
    spend("ben")
    limits.refund("test", "ben")
    assert not RateWindow.objects.filter(tries=1).exists()


def test_forgiving_and_forgetting() -> None:
    for _ in range(3):
        spend()
    limits.forgive("test", "ana")
    spend()
    spend("ben")
    RateWindow.objects.filter(tries=1).update(ends_at=timezone.now() - timedelta(seconds=1))
    spend("eve")
    assert limits.forget_old() == 2
    assert RateWindow.objects.count() == 1


def test_what_is_used_is_known_without_a_try() -> None:
    assert limits.used("test", "ana") == 0
    for number in (1, 2):
        assert limits.spend("test", "ana", limit=3, window=MINUTE) == number
    assert [limits.used("test", "ana"), limits.used("test", "ana"), limits.used("test", "ben")] == [2, 2, 0]
    RateWindow.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert limits.used("test", "ana") == 0


def test_a_mark_is_remembered_from_its_last_time_on() -> None:
    limits.mark("seen", "ana", window=MINUTE)
    assert limits.is_marked("seen", ["eve", "ana"])
    assert not limits.is_marked("seen", ["eve"])
    assert not limits.is_marked("seen", [])
    RateWindow.objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert not limits.is_marked("seen", ["ana"])
    limits.mark("seen", "ana", window=MINUTE)
    assert limits.is_marked("seen", ["ana"])
    assert RateWindow.objects.count() == 1


def test_keys_tell_nobody_who_tried() -> None:
    spend("ana@example.com")
    assert "ana" not in RateWindow.objects.get().key


def test_the_database_refuses_an_empty_count() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RateWindow.objects.create(key="k", ends_at=timezone.now(), tries=0)


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_all_counted() -> None:
    outcomes = together([lambda: spend(limit=5)] * 12)
    assert outcomes.count(None) == 5
    assert sum(isinstance(outcome, RateLimited) for outcome in outcomes) == 7
