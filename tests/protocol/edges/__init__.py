"""The edge cases of the protocol, 1 to 128, each with a test that carries its number: `test_case_018_…`.

They are numbered, and answered in a few words, in `docs/edge-cases.md`. Where several answers would be right, the test
says why this one is given. Tests without a number belong to the same subject.
"""

from __future__ import annotations
