"""The roof: settings, site map, task queue and the pages that belong to no floor."""

from __future__ import annotations
