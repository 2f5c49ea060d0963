"""The demonstration hub: what it holds (`world`), and real image content for it (`content`)."""

from __future__ import annotations
