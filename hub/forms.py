"""How forms are drawn: by the templates of `templates/forms/`, whoever wrote the form."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class HubRenderer(TemplatesSetting):
    """Draws forms and fields with our templates; widgets stay Django's."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
