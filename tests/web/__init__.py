"""The pages by story, as a person reads them, without a browser."""

from __future__ import annotations
