"""The page of the REST document: everything in it, and examples that work as they stand."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.api.conftest import Ask
from tests.make import content, people


def page() -> str:
    answer = Client().get("/api/v1/docs")
    assert answer.status_code == 200
    return answer.content.decode()


def document() -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/v1/schema").json()
    return found


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, facts) for path, methods in document()["paths"].items() for method, facts in methods.items()]


def test_every_operation_is_on_the_page_with_all_its_parts(db: None) -> None:
    text = page()
    for path, method, facts in operations():
        section = text.partition(f'id="{facts["operationId"]}"')[2].partition("</section>")[0]
        assert facts["summary"] in section
        assert f'data-method="{method.upper()}"' in section
        assert path in section
        for name in [one["name"] for one in facts.get("parameters", [])] + list(facts["responses"]):
            assert name in section, (facts["operationId"], name)


def test_the_page_needs_no_scripts_or_styles_of_its_own(db: None) -> None:
    text = page()
    assert not re.search(r"<style|style=|<script(?![^>]*src=\"/)| on[a-z]+=", text)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)


def test_the_document_names_this_hub_and_describes_each_operation() -> None:
    found = document()
    assert found["openapi"].startswith("3.")
    assert found["servers"] == [{"url": settings.HUB_PUBLIC_URL}]
    assert len({facts["operationId"] for _, _, facts in operations()}) == len(operations()) == 14
    for path, _, facts in operations():
        assert facts["summary"], path
        assert {"401", "429"} <= set(facts["responses"]), path


def curls() -> list[str]:
    return [
        html.unescape(found) for found in re.findall(r'<pre class="api-example"[^>]*><code>(.*?)</code>', page(), re.S)
    ]


@pytest.mark.usefixtures("db")
def test_the_examples_work_as_they_stand(owner: User, rest: Ask) -> None:
    """In the page's order, for the owner of what they name; only the id of the token to revoke is somebody's own."""
    people.organization("acme", owner)
    content.image(content.repository(owner, "app", namespace="acme"), "1.0")
    mine = rest(owner)
    answers = {}
    for example in sorted(curls(), key=lambda text: ("DELETE" in text, "-/tags" not in text)):
        _, *words = shlex.split(example)
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
        assert words[-1].startswith(settings.HUB_PUBLIC_URL + "/api/v1/")
        address = urlsplit(words[-1])
        name = f"{method} {address.path}"
        answers[name] = mine.ask(method, f"{address.path}?{address.query}", body).status_code
    assert answers.pop("DELETE /api/v1/tokens/42/") == 404
    assert answers.pop("POST /api/v1/repositories/") == 409  # it is there already
    assert len(answers) == 12
    assert set(answers.values()) <= {200, 201, 204}, answers


def test_the_heavy_library_is_loaded_only_when_asked_for() -> None:
    code = (
        "import sys, django; django.setup(); import hub.urls; "
        "print([name for name in sys.modules if name in ('drf_spectacular.openapi', 'hub.api.openapi')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
