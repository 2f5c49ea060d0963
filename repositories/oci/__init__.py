"""The vocabulary of OCI: names, digests, media types, documents. Pure: no framework, no database."""

from __future__ import annotations
