"""The access matrix: every address, for everybody, with every credential, about everything: `table.md`."""

from __future__ import annotations
