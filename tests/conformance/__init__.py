"""`make conformance`: both official OCI suites, as their own Go programs, against a running hub with authentication.

`runs` says what is run and starts it, `results` reads what the suites write, `excused` lists the rows that cannot
pass, `verdict` decides, `paper` is docs/conformance.md. ``python -m tests.conformance`` puts them together.
"""
