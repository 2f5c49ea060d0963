"""REST under /api/v1/: the rooms of both floors, one table of errors, the OpenAPI document and its page."""

from __future__ import annotations
