"""Component tags and the filters that make sizes, times and names readable. Loaded in every template."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.core.paginator import Paginator
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

#: Decimal units, as in Docker Hub, and the decimals each is shown with.
_UNITS = {"B": 0, "KB": 1, "MB": 2, "GB": 2, "TB": 2, "PB": 2}
_SPANS = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))
#: Up to here what lies ahead is counted in days: people plan with them.
_DAYS_AHEAD = 120
_TONES = {"success": "good", "warning": "warning", "error": "danger"}
_TONE_ICONS = {"good": "check", "warning": "warning", "danger": "warning", "accent": "info"}
_HUES = 8


@register.simple_block_tag
def card(
    content: str,
    title: str = "",
    *,
    level: int = 2,
    tone: str = "",
    flush: bool = False,
    id: str = "",
    actions: str = "",
) -> SafeString:
    """A framed part of a page; see templates/components/card.html."""
    facts = {"title": title, "level": level, "tone": tone, "flush": flush, "id": id, "actions": actions}
    return render_to_string("components/card.html", {**facts, "content": content})


@register.simple_block_tag
def empty_state(content: str, title: str, text: str = "", *, icon: str = "box", level: int = 2) -> SafeString:
    """What stands where a list would be; see templates/components/empty_state.html."""
    facts = {"title": title, "text": text, "icon": icon, "level": level}
    return render_to_string("components/empty_state.html", {**facts, "content": content})


@register.simple_block_tag
def notice(content: str, *, tone: str = "accent") -> SafeString:
    """A remark inside a page; see templates/components/notice.html."""
    facts = {"tone": tone, "icon": _TONE_ICONS[tone], "content": content}
    return render_to_string("components/notice.html", facts)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of static/icons.svg; hidden from screen readers unless it has a label."""
    address = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, address)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


@register.filter
def bytesize(size: int | None) -> str:
    """Bytes for people, in decimal units: ``48.61 MB``, ``1.2 KB``, ``0 B``."""
    amount = float(size or 0)
    for unit, places in _UNITS.items():
        if round(amount, places) < 1000 or unit == "PB":
            break
        amount /= 1000
    number = f"{amount:.{places}f}"
    return f"{number.removesuffix('.00').removesuffix('.0')} {unit}"


@register.filter
def grouped(number: int | None) -> str:
    """A count for people: ``1,234,567``."""
    return f"{number or 0:,}"


@register.filter
def on_day(day: date | None) -> str:
    """A day (UTC) as seen from today: ``today``, ``yesterday``, ``5 days ago``; empty for None."""
    if day is None:
        return ""
    away = (timezone.now().date() - day).days
    if away < 1:
        return "today"
    name, length = next(span for span in (("year", 365), ("month", 30), ("day", 1)) if away >= span[1])
    number = away // length
    if name == "day" and number == 1:
        return "yesterday"
    return f"{number} {name}" + ("s" if number != 1 else "") + " ago"


@register.filter
def ago(at: datetime | None) -> str:
    """A moment as seen from now: ``4 minutes ago``, ``yesterday``, ``in 3 days``; empty for None."""
    if at is None:
        return ""
    away = timezone.now() - at
    seconds = int(abs(away).total_seconds())
    if seconds < 45:
        return "just now"
    past = away > timedelta(0)
    if not past:
        seconds += 30  # a token made just now for 90 days ends in 90 days, not in 89
    counted_in_days = not past and seconds < _DAYS_AHEAD * 86400
    spans = [span for span in _SPANS if not (counted_in_days and span[0] == "month")]
    name, length = next((span for span in spans if seconds >= span[1]), spans[-1])
    number = max(1, seconds // length)
    if name == "day" and number == 1:
        return "yesterday" if past else "tomorrow"
    words = f"{number} {name}" + ("s" if number != 1 else "")
    return f"{words} ago" if past else f"in {words}"


@register.filter
def initials(name: str) -> str:
    """Two letters for an avatar: ``acme-tools`` → ``AT``, ``alice`` → ``AL``."""
    parts = [part for part in name.replace("_", "-").replace(".", "-").split("-") if part]
    letters = parts[0][0] + parts[1][0] if len(parts) > 1 else name[:2]
    return letters.upper()


@register.filter
def hue(name: str) -> int:
    """The avatar colour that a name always gets, 0 to 7."""
    return zlib.crc32(name.encode()) % _HUES


@register.filter
def shortdigest(digest: object) -> str:
    """``sha256:9c1f04aa27b1`` of a digest or its text."""
    algorithm, _, encoded = str(digest).partition(":")
    return f"{algorithm}:{encoded[:12]}" if encoded else algorithm


@register.filter
def pull_reference(full_name: str, reference: object) -> str:
    """``name:tag`` or ``name@sha256:…``, as a client writes it."""
    text = str(reference)
    return f"{full_name}@{text}" if ":" in text else f"{full_name}:{text}"


@register.filter
def ninety(limit: int) -> float:
    """Nine tenths of a limit, from where on a meter warns."""
    return limit * 0.9


@register.filter
def page_numbers(paginator: Paginator[Any], number: int) -> Iterable[int | None]:
    """Pages to link: the first, the last and those around `number`; None for a gap."""
    return [page if isinstance(page, int) else None for page in paginator.get_elided_page_range(number, on_each_side=1)]


@register.filter
def tone(level_tag: str) -> str:
    """The tone of a message's level: good, warning, danger, or accent."""
    return _TONES.get(level_tag, "accent")


@register.filter
def tone_icon(level_tag: str) -> str:
    """The icon of a message's level."""
    return _TONE_ICONS[tone(level_tag)]


@register.filter
def of(key: object, table: dict[object, object]) -> object:
    """The entry of a table under a key; the key itself when there is none."""
    return table.get(key, key)


@register.filter
def is_past(at: datetime) -> bool:
    """Whether a moment is over."""
    return at <= timezone.now()


@register.filter
def words(text: str) -> list[str]:
    """The words of a text, to loop over."""
    return text.split()
