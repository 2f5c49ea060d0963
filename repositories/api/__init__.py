"""REST of content: repositories, their tags, what a namespace uses."""

from __future__ import annotations
