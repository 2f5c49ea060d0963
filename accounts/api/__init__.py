"""REST of people, and what every REST address shares: who asks, how often, in which shape."""

from __future__ import annotations
