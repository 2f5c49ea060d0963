"""Tags and filters of the pages: see `ui`."""

from __future__ import annotations
