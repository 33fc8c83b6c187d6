"""The Jinja2 environment of everything that shows a bill to a customer."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.templatetags.static import static
from django.utils import translation
from jinja2 import Environment, StrictUndefined

from smartbill.core.wording import dates, masks, numbers, terms


def picture(svg: str) -> str:
    """A cleaned SVG as an address that an image can have: drawn apart from the page, no script in it runs."""
    return "data:image/svg+xml," + quote(svg, safe=" =:;,/'()-_.")


def term(code: str | None, names: Mapping[Any, str]) -> str:
    """The word of a code in the language of the page; a code without one is shown as it came."""
    if code is None:
        return ""
    name = names.get(code, code)
    return translation.gettext(name) if name else ""


def web_address(text: str) -> str:
    """The text where it is the address of a web page, else empty."""
    return text if text.startswith(("https://", "http://")) else ""


def language(code: str) -> str:
    """A language code that can stand in an attribute; Italian where it is none."""
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else "it"


def environment(**options: Any) -> Environment:
    options |= {
        "undefined": StrictUndefined,
        "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"],
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    made = Environment(**options)  # noqa: S701 (autoescape is on, see the line above)
    made.install_gettext_callables(translation.gettext, translation.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"static": static, "terms": terms, "period": dates.period, "period_short": dates.period_short}
    made.filters |= {
        "euro": numbers.euro,
        "number": numbers.number,
        "quantity": numbers.quantity,
        "unit_sign": numbers.unit_sign,
        "unit_price": numbers.unit_price,
        "share": numbers.share,
        "percent": numbers.percent,
        "short_date": dates.short_date,
        "long_date": dates.long_date,
        "weekday_date": dates.weekday_date,
        "month_short": dates.month_short,
        "masked_name": masks.masked_name,
        "masked_end": masks.masked_end,
        "masked_email": masks.masked_email,
        "term": term,
        "picture": picture,
        "web_address": web_address,
        "language": language,
    }
    return made
