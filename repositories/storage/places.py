"""Where an S3-compatible store is: ``s3://bucket/prefix?endpoint=https://s3.example&region=…&style=path``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Keys:
    """Access key and secret key; empty: those of the machine (environment, shared file, role)."""

    access: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return "Keys(…)"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of a bucket. `endpoint`: "" for Amazon's; `style`: "path", "virtual" or "auto"."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    style: str = "auto"


def parse(url: str) -> Place:
    """Errors: ValueError with what is expected."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme != "s3" or not parts.netloc or set(options) - {"endpoint", "region", "style"}:
        raise ValueError("s3://bucket/prefix?endpoint=https://s3.example&region=us-east-1&style=path")
    if options.get("style", "auto") not in {"path", "virtual", "auto"}:
        raise ValueError("style=path, style=virtual or style=auto")
    if urlsplit(options.get("endpoint", "https://")).scheme not in {"http", "https"}:
        raise ValueError("endpoint=https://s3.example")
    prefix = unquote(parts.path).strip("/")
    return Place(parts.netloc, f"{prefix}/" if prefix else "", **options)
