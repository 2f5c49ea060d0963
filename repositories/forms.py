"""Forms of the pages about content. They ask and show; what is allowed is the rules' matter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.html import format_html

from accounts.errors import AccountError, NamespaceUnknown, RoleDenied
from accounts.models import Namespace
from repositories.catalog import DESCRIPTION_MAX
from repositories.errors import ConfirmationMismatch, ContentError, DescriptionTooLong, QuotaExceeded

_CHOICE = "<span>{}<small>{}</small></span>"
_VISIBILITIES = [
    (
        Namespace.Visibility.PUBLIC.value,
        format_html(_CHOICE, "Public", "Anyone may find and pull it. Only you, and people you let in, push to it."),
    ),
    (
        Namespace.Visibility.PRIVATE.value,
        format_html(_CHOICE, "Private", "Only you, and people you let in, see it, pull from it or push to it."),
    ),
]


class _RuleForm(forms.Form):
    """A form that can also show what a rule refused, at the field it is about."""

    #: Error class → field; the first match counts, anything else is about the whole form.
    places: tuple[tuple[type[Exception], str], ...] = ()

    def refuse(self, error: AccountError | ContentError) -> None:
        """Show the sentence of a rule's error."""
        field = next((field for kind, field in self.places if isinstance(error, kind)), None)
        self.add_error(field if field in self.fields else None, str(error))


def _description() -> forms.CharField:
    """Length is checked by the rule, which says how long the text is; `maxlength` helps while typing."""
    return forms.CharField(
        label="Short description",
        required=False,
        help_text=f"At most {DESCRIPTION_MAX} characters. It stands in lists and above the tags.",
        widget=forms.TextInput(attrs={"maxlength": DESCRIPTION_MAX, "autocomplete": "off"}),
    )


class NewRepositoryForm(_RuleForm):
    """Where, called what, for what, seen by whom."""

    places = (
        (NamespaceUnknown, "namespace"),
        (RoleDenied, "namespace"),
        (DescriptionTooLong, "description"),
        (QuotaExceeded, "visibility"),
        (Exception, "name"),
    )

    namespace = forms.ChoiceField()
    name = forms.CharField(
        label="Repository name",
        help_text="Lower-case letters and digits, with dashes, underscores or dots between them. Slashes make groups.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    description = _description()
    visibility = forms.ChoiceField(choices=_VISIBILITIES, widget=forms.RadioSelect)

    def __init__(self, namespaces: list[Namespace], *args: Any, chosen: str = "", **kwargs: Any) -> None:
        """Starts with the chosen namespace, else the first one, and with the visibility that is usual there."""
        home = next((each for each in namespaces if each.name == chosen), namespaces[0] if namespaces else None)
        kwargs["initial"] = {"namespace": home.name, "visibility": home.default_visibility} if home else {}
        super().__init__(*args, **kwargs)
        self.fields["namespace"] = forms.ChoiceField(choices=[(each.name, each.name) for each in namespaces])


class DescriptionForm(_RuleForm):
    """What a repository says about itself."""

    places = ((DescriptionTooLong, "description"),)

    description = _description()


class _ConfirmedForm(_RuleForm):
    """A form that wants a name typed. The browser compares by `pattern`; the server compares again.

    Two of them stand on one page, so each gives its fields ids of its own.
    """

    places = ((ConfirmationMismatch, "confirm"),)

    confirm = forms.CharField(label="Confirm")

    def __init__(self, expected: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.lower()}_%s", **kwargs})
        self.expected = expected
        self.fields["confirm"].label = f"Type {expected} to confirm"
        self.fields["confirm"].widget.attrs.update(
            pattern=expected.replace(".", r"\."),
            title=f"The name: {expected}",
            autocomplete="off",
            autocapitalize="none",
            spellcheck="false",
        )


class VisibilityForm(_ConfirmedForm):
    """The other visibility, confirmed by the repository's name."""

    visibility = forms.ChoiceField(choices=_VISIBILITIES, widget=forms.HiddenInput)

    def clean_confirm(self) -> str:
        typed = str(self.cleaned_data["confirm"])
        if typed != self.expected:
            raise forms.ValidationError(str(ConfirmationMismatch(self.expected)))
        return typed


class DeleteForm(_ConfirmedForm):
    """The end of a repository, confirmed by its full name; the rule compares."""
