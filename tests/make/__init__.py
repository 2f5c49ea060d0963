"""Things that tests need, made through the rules and never around them."""

from __future__ import annotations
