"""Forms of people: signing up and in with our words, a new access token."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html

from accounts.names import NAME_MAX, NAME_MIN
from accounts.scopes import TokenScope

_SCOPES = [
    (TokenScope.PUBLIC_READ, "Public read", "Pull public repositories, without the limits of anonymous pulls."),
    (TokenScope.READ, "Read", "Pull every repository you may see, private ones included."),
    (TokenScope.WRITE, "Read & write", "Pull and push."),
    (TokenScope.ADMIN, "Read, write & delete", "Pull, push and delete tags and images."),
]
SCOPE_LABELS = {scope.value: label for scope, label, _ in _SCOPES}
_NEVER = "never"
_EXPIRIES = [("30", "30 days"), ("90", "90 days"), ("365", "One year"), (_NEVER, "Never")]


class InOurWords:
    """Takes away the placeholders with which allauth says each label again, and sets the labels of `words`."""

    words: ClassVar[dict[str, str]] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.words.get(name, field.label)
            if name == "password1":
                field.help_text = "At least 9 characters, and none of the common ones."


class SignUpForm(InOurWords, allauth_forms.SignupForm):  # type: ignore[misc]
    """allauth's form, with the rules said before they are broken."""

    words: ClassVar = {"email": "E-mail", "username": "User name", "password1": "Password"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["username"]
        name.widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}
        name.help_text = format_html(
            "{} to {} lower-case letters and digits, with single dashes, underscores or dots between them. "
            "It is also your namespace: <code>{}/name</code>.",
            NAME_MIN,
            NAME_MAX,
            settings.HUB_REGISTRY_HOST,
        )
        # Moved out of sight by its class: the inline style that allauth gives it would be blocked by our policy.
        decoy = self.fields[settings.ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD]
        decoy.widget.attrs = {"class": "decoy", "tabindex": "-1", "autocomplete": "off", "aria-hidden": "true"}


class SignInForm(InOurWords, allauth_forms.LoginForm):  # type: ignore[misc]
    words: ClassVar = {"login": "User name or e-mail", "remember": "Keep me signed in on this computer"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs |= {"autocomplete": "username", "autocapitalize": "none"}


class AddEmailForm(InOurWords, allauth_forms.AddEmailForm):  # type: ignore[misc]
    words: ClassVar = {"email": "E-mail"}


class ChangePasswordForm(InOurWords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    words: ClassVar = {"oldpassword": "Your password now", "password1": "New password", "password2": "The same again"}


class ResetPasswordForm(InOurWords, allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    words: ClassVar = {"email": "E-mail"}


class NewPasswordForm(InOurWords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    words: ClassVar = {"password1": "New password", "password2": "The same again"}


class PasswordAgainForm(InOurWords, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    words: ClassVar = {"password": "Password"}


class MailedCodeForm(InOurWords, allauth_forms.ConfirmEmailVerificationCodeForm):  # type: ignore[misc]
    pass


class ResetCodeForm(InOurWords, allauth_forms.ConfirmPasswordResetCodeForm):  # type: ignore[misc]
    pass


class TokenForm(forms.Form):
    """A new access token."""

    name = forms.CharField(
        max_length=64, help_text="Where it is used, for instance the name of a computer.", label="Name"
    )
    scope = forms.ChoiceField(
        choices=[
            (scope.value, format_html("<span>{}<small>{}</small></span>", label, text))
            for scope, label, text in _SCOPES
        ],
        initial=TokenScope.WRITE.value,
        widget=forms.RadioSelect,
        label="What it may do",
    )
    repositories = forms.CharField(
        required=False,
        max_length=1000,
        label="Only these repositories",
        help_text="Full names with blanks between them; * stands for anything, as in acme/*. Empty means all.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
    )
    expiry = forms.ChoiceField(choices=_EXPIRIES, initial="90", label="Expires after")

    def clean_repositories(self) -> list[str]:
        """The patterns, one by one; the rule of tokens judges them."""
        return [pattern for pattern in re.split(r"[\s,]+", self.cleaned_data["repositories"].lower()) if pattern]

    def facts(self) -> dict[str, Any]:
        """What `tokens.issue` takes, from a valid form."""
        days = self.cleaned_data["expiry"]
        return {
            "name": self.cleaned_data["name"],
            "scope": TokenScope(self.cleaned_data["scope"]),
            "repositories": self.cleaned_data["repositories"],
            "expires_at": timezone.now() + timedelta(days=int(days)) if days != _NEVER else None,
        }
