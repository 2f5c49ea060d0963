"""What becomes of a row when the one that it points to goes: nothing may."""

from __future__ import annotations

from django.db import models

KEEP = models.DO_NOTHING
