"""Sizes, times and names as people read them; tags that escape what they are given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.utils import timezone

from hub.templatetags import ui


def draw(source: str, **facts: object) -> str:
    return Template(source).render(Context(facts))


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "0 B"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (1204, "1.2 KB"),
        (999_949, "999.9 KB"),
        (48_612_345, "48.61 MB"),
        (5_000_000_000, "5 GB"),
        (1_850_000_000, "1.85 GB"),
        (3 * 10**15, "3 PB"),
        (2_000 * 10**15, "2000 PB"),
    ],
)
def test_sizes_are_decimal(size: int | None, text: str) -> None:
    assert ui.bytesize(size) == text


def test_no_size_is_a_thousand_of_a_unit_that_has_a_greater_one() -> None:
    for size in (999_960, 999_999, 999_996_000, 999_999_999, 999_999_999_999):
        assert not ui.bytesize(size).startswith("1000"), size


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=50), "1 minute ago"),
        (timedelta(minutes=4, seconds=20), "4 minutes ago"),
        (timedelta(hours=1, minutes=5), "1 hour ago"),
        (timedelta(hours=23, minutes=50), "23 hours ago"),
        (timedelta(days=1, hours=2), "yesterday"),
        (timedelta(days=3, hours=2), "3 days ago"),
        (timedelta(days=70), "2 months ago"),
        (timedelta(days=800), "2 years ago"),
        (-timedelta(minutes=10), "in 10 minutes"),
        (-timedelta(days=1), "tomorrow"),
        (-timedelta(days=20), "in 20 days"),
        (-timedelta(days=90), "in 90 days"),
        (-timedelta(days=150), "in 5 months"),
        (-timedelta(days=365), "in 1 year"),
    ],
)
def test_moments_are_told_from_now(away: timedelta, text: str) -> None:
    assert ui.ago(timezone.now() - away) == text


def test_no_moment_is_no_text() -> None:
    assert ui.ago(None) == ""


@pytest.mark.parametrize(
    ("name", "letters"), [("alice", "AL"), ("acme-tools", "AT"), ("ci.robot", "CR"), ("a_b_c", "AB"), ("x", "X")]
)
def test_avatars_have_two_letters_and_a_colour_that_stays(name: str, letters: str) -> None:
    assert ui.initials(name) == letters
    assert ui.hue(name) == ui.hue(name)
    assert 0 <= ui.hue(name) < 8


def test_references_are_written_as_clients_write_them() -> None:
    digest = "sha256:" + "9c1f04aa27b1" + "0" * 52
    assert ui.pull_reference("alice/app", "1.0") == "alice/app:1.0"
    assert ui.pull_reference("alice/app", digest) == f"alice/app@{digest}"
    assert ui.shortdigest(digest) == "sha256:9c1f04aa27b1"
    assert ui.shortdigest("latest") == "latest"


def test_block_tags_escape_their_facts_and_keep_their_body() -> None:
    page = draw("{% card title=title %}<b>{{ text }}</b>{% endcard %}", title="<i>Title", text="a < b")
    assert "&lt;i&gt;Title" in page
    assert "<b>a &lt; b</b>" in page
    page = draw("{% empty_state title=title text=title %}<a href='/new'>New</a>{% endempty_state %}", title="<u>")
    assert "<u>" not in page
    assert "<a href='/new'>New</a>" in page


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in draw('{% icon "tag" %}')
    labelled = draw("{% icon 'tag' label=label %}", label='"quoted"')
    assert 'role="img"' in labelled
    assert "&quot;quoted&quot;" in labelled


def test_a_button_is_a_link_exactly_when_it_leads_somewhere() -> None:
    source = '{% include "components/button.html" with label=label href=href only %}'
    assert "<a " in draw(source, label="Go", href="/explore")
    button = draw(source, label="<Go>", href="")
    assert 'type="submit"' in button
    assert "&lt;Go&gt;" in button


def test_long_lists_of_pages_have_gaps() -> None:
    paginator = Paginator(range(500), 25)
    assert list(ui.page_numbers(paginator, 10)) == [1, 2, None, 9, 10, 11, None, 19, 20]


def test_a_meter_warns_from_nine_tenths_on() -> None:
    source = '{% include "components/meter.html" with used=used limit=limit label="Storage" only %}'
    full = draw(source, used=950, limit=1000)
    assert 'low="900.0"' in full
    assert "950 B" in full
    unlimited = draw(source, used=950, limit=None)
    assert "<meter" not in unlimited
    assert "no limit" in unlimited
