"""What the suites write is read for what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import results
from tests.conformance.results import Grade, Row, Unreadable

REWRITTEN = """\
<testsuites tests="5" failures="1"><testsuite name="OCI Conformance Test">
  <testcase name="OCI Conformance Test/ping" status="passed"></testcase>
  <testcase name="OCI Conformance Test/image/push/blob-post-put" status="passed"></testcase>
  <testcase name="OCI Conformance Test/image/tag-list" status="failure">
    <system-out>missing tag "image"
      from listing</system-out></testcase>
  <testcase name="OCI Conformance Test/sha256 blobs/post only" status="skipped"></testcase>
  <testcase name="OCI Conformance Test/invalid-digest-format/manifest-get" status="error"></testcase>
</testsuite></testsuites>
"""
GRADES = """\
config: {version: "1.1"}
apis: {Tag listing: FAIL, Ping: Pass, Blob post only: Skip, Referrers: Error}
data: {Sparse Manifests: Disabled}
"""
OLDER = """\
<testsuites><testsuite>
  <testcase name="[It] OCI Distribution Conformance Tests Content Discovery Setup References setup" status="passed"/>
  <testcase name="[It] OCI Distribution Conformance Tests Push Teardown Delete a blob" status="failed">
    <failure message="Expected 404 to equal 202" type="failed"/></testcase>
  <testcase name="[It] OCI Distribution Conformance Tests Pull Setup Get a name" status="skipped"/>
  <testcase name="[It] OCI Distribution Conformance Tests Pull Setup Get another" status="panicked"/>
  <testcase name="[It] Something new" status="passed"/>
  <testcase name="[ReportAfterSuite] html custom reporter" status="passed"/>
</testsuite></testsuites>
"""


def test_the_rewritten_suite_has_cases_and_grades(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(REWRITTEN)
    (tmp_path / "results.yaml").write_text(GRADES)
    found = results.read_rewritten(tmp_path)
    assert found.complete
    assert found.cases == [
        Row("ping", "ping", Grade.PASS),
        Row("image", "push/blob-post-put", Grade.PASS),
        Row("image", "tag-list", Grade.FAIL, 'missing tag "image" from listing'),
        Row("sha256 blobs", "post only", Grade.SKIP),
        Row("invalid-digest-format", "manifest-get", Grade.FAIL),
    ]
    assert found.grades == [
        Row("endpoints", "Blob post only", Grade.SKIP),
        Row("endpoints", "Ping", Grade.PASS),
        Row("endpoints", "Referrers", Grade.FAIL),
        Row("endpoints", "Tag listing", Grade.FAIL),
        Row("kinds of data", "Sparse Manifests", Grade.DISABLED),
    ]


def test_the_older_suite_has_cases_in_four_categories(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(OLDER)
    found = results.read_older(tmp_path)
    assert found.complete
    assert found.rows == [
        Row("Content Discovery", "Setup References setup", Grade.PASS),
        Row("Push", "Teardown Delete a blob", Grade.FAIL, "Expected 404 to equal 202"),
        Row("Pull", "Setup Get a name", Grade.SKIP),
        Row("Pull", "Setup Get another", Grade.FAIL),
        Row("Other", "Something new", Grade.PASS),
    ]


def test_a_suite_that_stopped_early_is_incomplete(tmp_path: Path) -> None:
    (tmp_path / "results.yaml").write_text(GRADES)
    (tmp_path / "junit.xml").write_text(REWRITTEN.replace("invalid-digest-format", "missing-manifest"))
    assert not results.read_rewritten(tmp_path).complete
    (tmp_path / "junit.xml").write_text(OLDER.replace("[ReportAfterSuite]", "[It]"))
    assert not results.read_older(tmp_path).complete


@pytest.mark.parametrize("left", [None, "", REWRITTEN[:200]])
def test_no_cases_cannot_be_read(tmp_path: Path, left: str | None) -> None:
    if left is not None:
        (tmp_path / "junit.xml").write_text(left)
    for read in (results.read_rewritten, results.read_older):
        with pytest.raises(Unreadable, match=r"junit\.xml"):
            read(tmp_path)


@pytest.mark.parametrize("left", [None, "", "apis: {Ping: Pass}", "apis: [Ping]\ndata: []", "apis: {", "- apis"])
def test_no_grades_cannot_be_read(tmp_path: Path, left: str | None) -> None:
    (tmp_path / "junit.xml").write_text(REWRITTEN)
    if left is not None:
        (tmp_path / "results.yaml").write_text(left)
    with pytest.raises(Unreadable, match=r"results\.yaml"):
        results.read_rewritten(tmp_path)
