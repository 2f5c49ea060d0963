"""`make run` as a person meets it: real processes, real signals."""

from __future__ import annotations
