"""Faults: the hub is killed, its disk fails, its database goes; what was acknowledged is there afterwards."""

from __future__ import annotations
