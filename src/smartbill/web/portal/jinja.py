"""The Jinja2 environment of everything that shows a bill to a customer."""

from typing import Any

from django.templatetags.static import static
from django.utils import translation
from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    options |= {"undefined": StrictUndefined, "extensions": ["jinja2.ext.i18n"], "autoescape": True}
    made = Environment(**options)  # noqa: S701 (autoescape is on, see the line above)
    made.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals["static"] = static
    return made
