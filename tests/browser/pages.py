"""What a person does in the browser, in the words of the pages: found by role and label, never by a class."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

#: Letters that the rule of look-alikes leaves alone.
_LETTERS = "abcdefghjk"
PASSWORD = "a harbour with nine cranes"


def _fresh_name() -> str:
    return "sailor-" + "".join(secrets.choice(_LETTERS) for _ in range(12))


@dataclass(frozen=True)
class Visitor:
    """Somebody in front of a browser who does not have an account yet."""

    page: Page
    username: str = field(default_factory=_fresh_name)
    password: str = PASSWORD

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"

    # -- An account

    def sign_up(self) -> None:
        """Fill in the form of the sign-up page; the page that asks for the code follows."""
        self.page.goto("/")
        self.banner.get_by_role("link", name="Sign up").click()
        self.fill("E-mail", self.email)
        self.fill("User name", self.username)
        self.fill("Password", self.password)
        self.main.get_by_role("button", name="Sign up").click()

    def read_code(self) -> str:
        """The newest code that the local mail page holds for this person."""
        self.page.goto("/-/mail")
        self.see_heading("Local mail")
        letters = self.main.get_by_role("listitem").filter(has_text=self.email)
        return letters.first.get_by_role("textbox", name="Code").input_value()

    def enter_code(self, code: str) -> None:
        self.fill("Code", code)
        self.main.get_by_role("button", name="Confirm").click()

    def join(self) -> None:
        """Sign up and prove the address: afterwards the person is signed in."""
        self.sign_up()
        asked_at = self.page.url
        code = self.read_code()
        self.page.goto(asked_at)
        self.enter_code(code)
        expect(self.menu).to_be_visible()

    def sign_in(self) -> None:
        self.page.goto("/accounts/login/")
        self.fill("User name or e-mail", self.username)
        self.fill("Password", self.password)
        self.main.get_by_role("button", name="Sign in").click()

    # -- Content

    def open_creation(self) -> None:
        self.banner.get_by_role("link", name="Create repository").click()
        self.see_heading("Create repository")

    def create_repository(self, name: str, *, description: str = "", private: bool = False) -> None:
        """Fill in the form and press **Create**; what follows is for the test to see."""
        self.open_creation()
        expect(self.page.get_by_label("Namespace")).to_have_value(self.username)
        self.fill("Repository name", name)
        self.fill("Short description", description)
        self.page.get_by_role("radio", name="Private" if private else "Public").check()
        self.main.get_by_role("button", name="Create", exact=True).click()

    def create_token(self, name: str) -> str:
        """Make a personal access token; returns the token, which the page shows once."""
        self.page.goto("/settings/tokens")
        self.fill("Name", name)
        self.main.get_by_role("button", name="Create token").click()
        shown = self.fields_starting("berth_pat_")
        assert len(shown) == 1
        return shown[0]

    def usage(self) -> str:
        """What the namespace's page says is stored."""
        self.page.goto(f"/{self.username}")
        said = re.search(r"([\d.,]+\s*\w+) stored", self.page.get_by_role("complementary").inner_text())
        assert said, self.page.get_by_role("complementary").inner_text()
        return said[1]

    # -- Looking

    @property
    def banner(self) -> Locator:
        return self.page.get_by_role("banner")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def menu(self) -> Locator:
        """The menu that only a signed-in person has."""
        return self.banner.get_by_label(f"Menu of {self.username}")

    def field(self, label: str) -> Locator:
        """The field of the page that has this label."""
        return self.main.get_by_label(re.compile(rf"^\s*{re.escape(label)}\b", re.IGNORECASE))

    def fill(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def see_heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def fields_starting(self, start: str) -> list[str]:
        """The texts of the fields to copy that start so."""
        values = [each.input_value() for each in self.main.get_by_role("textbox").all()]
        return [value for value in values if value.startswith(start)]
