"""The Jinja2 environment of everything that shows a bill to a customer."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from django.utils.translation.trans_real import translation
from jinja2 import Environment, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from smartbill.core.wording import dates, masks, numbers, terms
from smartbill.web.portal.icons import icon

EXTENSIONS = ("jinja2.ext.i18n", "jinja2.ext.do")


def picture(svg: str) -> str:
    """A cleaned SVG as an address that an image can have: drawn apart from the page, no script in it runs."""
    return "data:image/svg+xml," + quote(svg, safe=" =:;,/'()-_.")


def web_address(text: str) -> str:
    """The text where it is the address of a web page, else empty."""
    return text if text.startswith(("https://", "http://")) else ""


def language_tag(code: str) -> str:
    """A language code that can stand in an attribute; Italian where it is none."""
    return code if code.isascii() and code.isalpha() and len(code) in (2, 3) else "it"


class _Settled(NodeTransformer):
    """Puts in what is known when a template is compiled: its sentences in the language of the pages, and the signs.

    A page has some sixty sentences and twenty signs; looked up one by one they were a third of its time.
    """

    def __init__(self, environment: Environment, gettext: Callable[[str], str]) -> None:
        self._environment = environment
        self._gettext = gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (Jinja2's name)
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"),
                args=[nodes.Const(value=str(text))],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                values = [nodes.Pair(nodes.Const(each.key), each.value) for each in node.kwargs]
                sentence = Markup(self._gettext(text))  # noqa: S704 (ours, or a translator's)
                settled = nodes.Mod(nodes.Const(sentence), nodes.Dict(values)) if values else nodes.Const(sentence % {})
            case nodes.Call(node=nodes.Name(name="icon"), args=[nodes.Const(value=str(name))]):
                settled = nodes.Const(icon(name))
            case _:
                return node
        return settled.set_lineno(node.lineno, override=True).set_environment(self._environment)


class PageEnvironment(Environment):
    """Templates in one language, which is settled when they are compiled."""

    def __init__(self, *, language: str, **options: Any) -> None:
        super().__init__(**options)
        texts = translation(language)
        self._settled = _Settled(self, texts.gettext)
        self.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
        self.filters["term"] = partial(term, texts.gettext)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        return super()._generate(self._settled.visit(source), *args, **kwargs)


def term(gettext: Callable[[str], str], code: str | None, names: Mapping[Any, str]) -> str:
    """The word of a code in the language of the page; a code without one is shown as it came."""
    if code is None:
        return ""
    name = names.get(code, code)
    return gettext(name) if name else ""


def environment(*, language: str = "it", **options: Any) -> Environment:
    options |= {
        "undefined": StrictUndefined,
        "extensions": EXTENSIONS,
        "autoescape": True,
        "trim_blocks": True,
        "lstrip_blocks": True,
    }
    made = PageEnvironment(language=language, **options)
    made.globals |= {
        "icon": icon,
        "terms": terms,
        "period": dates.period,
        "period_short": dates.period_short,
    }
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
        "picture": picture,
        "web_address": web_address,
        "language": language_tag,
    }
    return made
