"""The ring of signing keys."""

from __future__ import annotations

import time
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import keys
from accounts.errors import CredentialsRejected
from accounts.models import SigningKey
from tests.make.threads import together

pytestmark = pytest.mark.django_db


def sign() -> str:
    signer = keys.active()
    return jwt.encode({"sub": "ana"}, signer.private_key, algorithm="ES256", headers={"kid": signer.kid})


def read(token: str) -> str:
    kid = jwt.get_unverified_header(token)["kid"]
    return str(jwt.decode(token, keys.verifying(kid), algorithms=["ES256"])["sub"])


def test_first_use_makes_the_key_and_later_uses_keep_it() -> None:
    first = keys.active()
    assert keys.active().kid == first.kid
    assert read(sign()) == "ana"
    assert SigningKey.objects.get().state == "active"


def test_kid_is_the_thumbprint_of_rfc_7638() -> None:
    public = jwt.PyJWK(
        # The example key of RFC 7517, appendix A.1.
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }
    ).key
    assert keys.thumbprint(public) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_private_half_is_never_readable_in_the_table() -> None:
    signer = keys.active()
    plain = signer.private_key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    stored = bytes(SigningKey.objects.get().private_key)
    assert plain not in stored
    assert signer.private_key.private_numbers().private_value.to_bytes(32, "big") not in stored
    assert "PRIVATE" not in SigningKey.objects.get().public_key


def test_another_field_key_is_named_in_one_sentence(settings: Settings) -> None:
    keys.active()
    token = sign()
    settings.HUB_FIELD_KEY = "another-key-" + "x" * 40
    keys.forget_cached()
    assert read(token) == "ana"
    with pytest.raises(ImproperlyConfigured, match="HUB_FIELD_KEY cannot read the signing key"):
        keys.active()


def test_rotation_keeps_old_tokens_until_they_have_expired(settings: Settings) -> None:
    old = sign()
    before = timezone.now()
    kid = keys.rotate()
    assert keys.active().kid == kid != jwt.get_unverified_header(old)["kid"]
    assert read(old) == "ana"
    retiring = SigningKey.objects.get(state="retiring")
    assert bytes(retiring.private_key) == b""
    assert retiring.retires_at is not None
    needed = settings.HUB_REGISTRY_TOKEN_TTL + timedelta(seconds=90)
    assert needed <= retiring.retires_at - before <= needed + timedelta(seconds=30)


def test_a_retired_key_verifies_nothing_even_before_the_job_has_run() -> None:
    old = sign()
    keys.rotate()
    SigningKey.objects.filter(state="retiring").update(retires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(CredentialsRejected):
        read(old)
    keys.tidy()
    assert set(SigningKey.objects.values_list("state", flat=True)) == {"active", "gone"}


def test_a_compromised_ring_is_dropped_whole() -> None:
    oldest = sign()
    keys.rotate()
    old = sign()
    call_command("rotate_registry_keys", "--compromised")
    for token in (oldest, old):
        with pytest.raises(CredentialsRejected):
            read(token)
    assert read(sign()) == "ana"


@pytest.mark.parametrize("kid", ["", "../../dev/null", "' OR 1=1 --", "x" * 10_000, "x" * 43, "a\x00" + "b" * 41])
def test_unknown_kid_is_refused(kid: str) -> None:
    keys.active()
    with pytest.raises(CredentialsRejected):
        keys.verifying(kid)


def test_the_job_rotates_a_key_after_ninety_days() -> None:
    first = keys.active().kid
    keys.tidy()
    assert keys.active().kid == first
    SigningKey.objects.update(created_at=timezone.now() - keys.ROTATE_AFTER)
    keys.tidy()
    assert keys.active().kid != first


def test_the_database_refuses_a_second_active_key() -> None:
    keys.active()
    with pytest.raises(IntegrityError), transaction.atomic():
        SigningKey.objects.create(kid="other", private_key=b"", public_key="", state="active")


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_agree_on_one_key() -> None:
    kids = together([lambda: keys.active().kid] * 6)
    assert kids == [SigningKey.objects.get().kid] * 6


@pytest.mark.django_db(transaction=True)
def test_rotations_at_once_leave_one_active_key() -> None:
    keys.active()
    kids = together([keys.rotate] * 4)
    assert len(set(kids)) == 4
    states = list(SigningKey.objects.values_list("state", flat=True))
    assert sorted(states) == ["active", *["retiring"] * 4]


@pytest.mark.django_db(transaction=True)
def test_the_memory_of_a_process_spares_queries_but_forgets_in_seconds(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = sign()
    read(token)
    with django_assert_num_queries(0):
        assert read(token) == "ana"
    SigningKey.objects.update(state="gone")  # what another process's rotation leaves behind
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 5)
    with pytest.raises(CredentialsRejected):
        read(token)
