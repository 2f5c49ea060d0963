"""Bugs put in on purpose: each breaks one rule of content, and the tests must notice every one."""

from __future__ import annotations
