"""Pages of no floor: home, local mail, health, theme, style guide, and the pages of mishaps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.mail import EmailMessage
from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Namespace, User
from hub import views
from hub.mail import OutboxBackend
from repositories import catalog
from tests.make import people
from tests.web.reading import Page, client_of, get

pytestmark = pytest.mark.django_db

PUBLIC = ["home", "explore", "styleguide", "mail", "account_login", "account_signup", "account_reset_password"]
OWN = [
    "home",
    "explore",
    "repository_new",
    "settings",
    "tokens",
    "account_email",
    "account_change_password",
    "account_logout",
]


@pytest.fixture
def outbox(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "hub.mail.OutboxBackend"
    settings.HUB_MAIL = "outbox"
    settings.HUB_IS_LOOPBACK = True
    settings.HUB_OUTBOX_DIR = tmp_path / "outbox"
    return tmp_path / "outbox"


def put_letter(subject: str, text: str) -> None:
    OutboxBackend().send_messages([EmailMessage(subject, text, "hub@example.com", ["new@example.com"])])


def check_frame(page: Page) -> None:
    """What every page owes to those who cannot see it at a glance."""
    assert len(page.headings(1)) == 1
    assert page.headings(1)[0]
    titles = [each for each in page.all("title") if "svg" not in each.inside]
    assert titles[0].text.endswith(f"· {configured.SITE_NAME}")
    assert len(titles[0].text) > len(f"· {configured.SITE_NAME}") + 1
    assert len(page.all("main", id="main")) == 1
    assert page.all("a", class_="skip", href="#main")
    assert len(page.all("header")) == 1
    assert page.all("html", lang="en")
    named = [each.attributes.get("aria-label") for each in page.all("nav")]
    assert all(named)
    assert len(set(named)) == len(named)


@pytest.mark.parametrize("name", PUBLIC)
def test_strangers_get_the_public_pages(name: str, outbox: Path) -> None:
    page = get(client_of(), reverse(name))
    assert page.status == 200
    assert page.url == reverse(name)
    check_frame(page)


@pytest.mark.parametrize("name", OWN)
def test_people_get_their_own_pages(name: str, owner: User) -> None:
    client = client_of(owner)
    page = get(client, reverse(name))
    assert page.status == 200
    check_frame(page)


@pytest.mark.parametrize("name", ["repository_new", "settings", "tokens", "account_email", "account_change_password"])
def test_strangers_are_sent_to_the_door_and_back(name: str) -> None:
    page = get(client_of(), reverse(name))
    assert page.status == 200
    assert page.headings(1) == ["Sign in"]
    assert page.url.startswith(reverse("account_login"))
    assert reverse(name) in page.raw


def test_the_first_page_tells_strangers_what_to_type() -> None:
    page = get(client_of(), reverse("home"))
    host = configured.HUB_REGISTRY_HOST
    assert page.commands == [
        f"docker login {host}",
        f"docker tag app {host}/NAME/app:1.0",
        f"docker push {host}/NAME/app:1.0",
    ]
    assert page.link("Sign up").endswith(reverse("account_signup"))
    assert page.link("Explore images").endswith(reverse("explore"))


def test_the_first_page_teaches_people_without_a_repository(owner: User) -> None:
    page = get(client_of(owner), reverse("home"))
    host = configured.HUB_REGISTRY_HOST
    assert f"docker login {host} -u owner-person" in page.commands
    assert f"docker push {host}/owner-person/docker-quickstart:1.0" in page.commands
    assert "Push your first image" in page.headings(2)


def test_the_first_page_lists_what_is_mine(owner: User, member: User, outsider: User, organization: Namespace) -> None:
    caller = people.caller_of(owner)
    catalog.create(caller, namespace="owner-person", name="diary", visibility="private", description="Dear diary.")
    catalog.create(caller, namespace="the-club", name="boat", visibility="private")
    catalog.create(caller, namespace="owner-person", name="open", visibility="public")
    mine = get(client_of(owner), reverse("home"))
    assert mine.has_link("owner-person/diary")
    assert mine.has_link("the-club/boat")
    assert "Dear diary." in mine.text
    assert "1 of 1 private repositories" in mine.text
    assert "owner-person/diary" not in get(client_of(member), reverse("home")).text
    for page in (get(client_of(outsider), reverse("home")), get(client_of(), reverse("home"))):
        assert "owner-person" not in page.text
        assert "the-club" not in page.text


# -- Local mail


def test_the_mail_page_shows_letters_newest_first_with_their_codes(outbox: Path) -> None:
    put_letter("First", "An older letter.")
    put_letter("Second", "Enter this code:\n\nBCDF-GHJK\n\nIt works for 15 minutes.")
    page = get(client_of(), reverse("mail"))
    assert page.headings(2) == ["Second", "First"]
    assert page.commands == ["BCDF-GHJK"]
    assert "new@example.com" in page.text
    assert "An older letter." in page.text
    assert "only because no mail server is set" in page.text


def test_an_empty_outbox_says_so(outbox: Path) -> None:
    assert "No mail yet" in get(client_of(), reverse("mail")).text


def test_a_letter_cannot_bring_markup(outbox: Path) -> None:
    put_letter("<b>Subject</b>", "<script>alert(1)</script> see http://localhost:8000/x?a=1&b=2")
    raw = get(client_of(), reverse("mail")).raw
    assert "<script>alert" not in raw
    assert "<b>Subject" not in raw


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_the_mail_page_is_there_for_this_computer(outbox: Path, address: str) -> None:
    assert Client().get(reverse("mail"), REMOTE_ADDR=address).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.7", "203.0.113.9", "2001:db8::1", "::ffff:10.0.0.7", "", "unix"])
def test_the_mail_page_is_absent_for_other_computers(outbox: Path, address: str) -> None:
    put_letter("Secret", "BCDF-GHJK")
    answer = Client().get(reverse("mail"), REMOTE_ADDR=address)
    assert answer.status_code == 404
    assert b"BCDF-GHJK" not in answer.content


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_the_mail_page_is_absent_behind_a_front_server(outbox: Path, header: str) -> None:
    answer = Client().get(reverse("mail"), headers={header: "127.0.0.1"})
    assert answer.status_code == 404


@pytest.mark.parametrize(("mail", "loopback"), [("smtp", True), ("none", True), ("outbox", False)])
def test_the_mail_page_is_absent_when_mail_goes_elsewhere(
    outbox: Path, settings: Settings, mail: str, loopback: bool
) -> None:
    settings.HUB_MAIL = mail
    settings.HUB_IS_LOOPBACK = loopback
    assert Client().get(reverse("mail")).status_code == 404


# -- Health and theme


def test_health_is_plain() -> None:
    answer = Client().get(reverse("health"))
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


def test_health_names_a_storage_that_does_not_answer(settings: Settings, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    settings.HUB_STORAGE_URL = f"file://{in_the_way}/blobs"
    answer = Client().get(reverse("health"))
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "failing": ["storage"]}


def test_health_names_a_database_that_does_not_answer() -> None:
    def refuse(*_: Any) -> None:
        raise DatabaseError("the database is away")

    with connection.execute_wrapper(refuse):
        answer = Client().get(reverse("health"))
    assert answer.status_code == 503
    assert answer.json() == {"status": "failing", "failing": ["database"]}


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_theme_is_remembered_and_drawn_by_the_server(theme: str) -> None:
    client = Client()
    answer = client.post(reverse("theme"), {"theme": theme, "next": "/explore?q=app"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/explore?q=app"
    page = get(client, reverse("home"))
    assert page.all("html", data_theme=theme)
    pressed = [each.attributes["value"] for each in page.all("button", name="theme", aria_pressed="true")]
    assert pressed == [theme]


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""]
)
def test_the_theme_switch_leads_nowhere_else(back: str) -> None:
    answer = Client().post(reverse("theme"), {"theme": "dark", "next": back})
    assert answer.headers["Location"] == "/"


def test_an_unknown_theme_changes_nothing() -> None:
    client = Client()
    client.post(reverse("theme"), {"theme": '"><script>', "next": "/"})
    assert not client.cookies
    client.cookies["hub_theme"] = "purple"
    assert get(client, reverse("home")).all("html", data_theme="auto")
    assert client.get(reverse("theme")).status_code == 405


# -- Mishaps


def test_what_is_absent_has_a_page(owner: User) -> None:
    for client in (client_of(), client_of(owner)):
        page = get(client, "/no-such-name/and-no-repository")
        assert page.status == 404
        check_frame(page)
        assert page.headings(1) == ["Nothing is moored here"]


def test_absent_pages_are_the_same_bytes_every_time(owner: User) -> None:
    for client in (client_of(), client_of(owner)):
        one = client.get("/no-such-name/one").content
        other = client.get("/no-such-name/another").content
        assert one == other
        assert b"csrfmiddlewaretoken" not in one


def test_a_form_of_another_site_is_refused_with_a_page(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post(reverse("tokens"), {"name": "stolen"})
    page = Page(answer.status_code, answer.content.decode(), reverse("tokens"))
    assert page.status == 403
    check_frame(page)
    assert page.headings(1) == ["The form has expired"]


def test_a_broken_page_needs_no_database(rf: RequestFactory) -> None:
    def refuse(*_: Any) -> None:
        raise DatabaseError("the database is away")

    with connection.execute_wrapper(refuse):
        answer = views.server_error(rf.get("/", headers={"Cookie": "hub_theme=dark"}))
    page = Page(answer.status_code, answer.content.decode(), "/")
    assert page.status == 500
    check_frame(page)
    assert page.all("html", data_theme="dark")


def test_bad_requests_and_refusals_have_pages(rf: RequestFactory) -> None:
    request: HttpRequest = rf.get("/")
    bad = views.bad_request(request)
    refused = views.forbidden(request, PermissionError("You may not push “alice/app”."))
    for answer, status in ((bad, 400), (refused, 403)):
        page = Page(answer.status_code, answer.content.decode(), "/")
        assert page.status == status
        check_frame(page)
    assert "You may not push “alice/app”." in refused.content.decode()


def test_pages_are_not_kept_and_may_run_only_our_scripts() -> None:
    answer = Client().get(reverse("home"))
    assert answer.headers["Cache-Control"] == "private, no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_a_hub_behind_tls_asks_browsers_to_stay_there(client: Client, settings: Settings) -> None:
    """The front server speaks TLS; what reaches the hub is plain."""
    assert "Strict-Transport-Security" not in client.get("/").headers
    settings.SECURE_HSTS_SECONDS = 31_536_000
    assert client.get("/").headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
