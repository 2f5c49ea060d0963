"""Whose address a request comes from. Pure: the request's headers and the trusted proxies in, an address out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

#: One household has this much of IPv6, so limits count it as one.
_IPV6_PREFIX = 64


@lru_cache(maxsize=8)
def networks(names: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks such as `10.0.0.7` or `10.0.0.0/8`. Errors: ValueError, which names the wrong one."""
    return tuple(ip_network(name) for name in names)


def client(meta: Mapping[str, Any], trusted: Iterable[str] = ()) -> str:
    """The client's address from a WSGI environment; empty when there is none (a local socket).

    It is the peer's, unless the peer is a trusted proxy: then `X-Forwarded-For` is read from its end, where the
    nearest proxy wrote, past all trusted ones. What stands further left is the client's own claim and never counts.
    """
    proxies = networks(tuple(trusted))
    found = _parsed(str(meta.get("REMOTE_ADDR", "")))
    if found is None:
        return ""
    hops = [hop for hop in str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()]
    while hops and any(found in proxy for proxy in proxies):
        before = _parsed(hops.pop())
        if before is None:
            break
        found = before
    return str(found)


def is_proxied(meta: Mapping[str, Any], trusted: Iterable[str]) -> bool:
    """Whether the peer is a trusted proxy, whose other `X-Forwarded-` headers count as well."""
    peer = _parsed(str(meta.get("REMOTE_ADDR", "")))
    return peer is not None and any(peer in proxy for proxy in networks(tuple(trusted)))


def household(address: str) -> str:
    """What limits count as one client: an IPv4 address, or the /64 network of an IPv6 address."""
    found = _parsed(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, _IPV6_PREFIX), strict=False))
    return address


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also as `192.0.2.1:4711` or `[2001:db8::1]:4711`; IPv4 inside IPv6 becomes IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
