"""What the hub does by itself, so that content stays and what nobody needs goes."""

from __future__ import annotations
