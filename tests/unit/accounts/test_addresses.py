"""Whose address a request comes from."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from accounts import addresses

PROXIES = ("10.0.0.0/8", "2001:db8:1::5")


def seen(peer: str, forwarded: str | None = None, trusted: tuple[str, ...] = PROXIES) -> str:
    meta = {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    return addresses.client(meta, trusted)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a claim of somebody we do not trust
        ("10.1.2.3", "198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", None, "10.1.2.3"),
        ("10.1.2.3", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # 1.1.1.1 is what the client wrote itself
        ("10.1.2.3", "198.51.100.1, 10.9.9.9", "198.51.100.1"),  # two proxies of ours in a row
        ("10.1.2.3", "10.9.9.9", "10.9.9.9"),
        ("10.1.2.3", "198.51.100.1, garbage", "10.1.2.3"),
        ("10.1.2.3", " , ,", "10.1.2.3"),
        ("10.1.2.3", "198.51.100.1:4711", "198.51.100.1"),
        ("2001:db8:1::5", "[2001:db8::7]:443", "2001:db8::7"),
        ("2001:db8:1::6", "198.51.100.1", "2001:db8:1::6"),
        ("::ffff:10.1.2.3", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_client(peer: str, forwarded: str | None, expected: str) -> None:
    assert seen(peer, forwarded) == expected


def test_without_trusted_proxies_no_header_counts() -> None:
    headers = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_CLIENT_IP", "REMOTE_USER")
    meta = {"REMOTE_ADDR": "10.1.2.3"} | dict.fromkeys(headers, "198.51.100.1")
    assert addresses.client(meta) == "10.1.2.3"


@pytest.mark.parametrize(("peer", "expected"), [("10.1.2.3", True), ("203.0.113.9", False), ("", False)])
def test_who_is_a_proxy(peer: str, expected: bool) -> None:
    assert addresses.is_proxied({"REMOTE_ADDR": peer}, PROXIES) is expected
    assert not addresses.is_proxied({"REMOTE_ADDR": peer}, ())


def test_a_wrong_proxy_stops_the_start(settings: Settings) -> None:
    settings.HUB_TRUSTED_PROXIES = ["10.0.0.1", "nonsense"]
    with pytest.raises(ImproperlyConfigured, match=r"HUB_TRUSTED_PROXIES.*nonsense"):
        apps.get_app_config("accounts").ready()


def test_a_wrong_proxy_is_named() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        addresses.networks(("10.0.0.1", "nonsense"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_household(address: str, expected: str) -> None:
    assert addresses.household(address) == expected
