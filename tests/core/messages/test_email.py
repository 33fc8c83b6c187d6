import re
import time
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from smartbill.core.company.documents import EmailText, Look
from smartbill.core.look.colors import TEXT_CONTRAST, contrast, parse_color
from smartbill.core.messages.email import MAX_HTML_BYTES, EmailDesign
from smartbill.core.messages.placeholders import (
    SUBJECT_PLACEHOLDERS,
    MessageFacts,
    due_phrase,
    text_mistakes,
)

LINK = "https://bollette.example/c/ACME/t/0123456789ABCDEFabcdef"
FACTS = MessageFacts(
    customer_name="Rossi Mario",
    display_number="A/17",
    issue_date=date(2026, 2, 27),
    total_due=123_456,
    due_date=date(2026, 3, 31),
    direct_debit=False,
    validity_days=15,
    link=LINK,
)


def design(*, look: Look | None = None, words: EmailText | None = None, test: bool = False) -> EmailDesign:
    return EmailDesign(
        company_name="Acme Energia", look=look or Look(), words=words or EmailText(), language="it", test=test
    )


class _Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]


def test_the_default_email() -> None:
    rendered = design().render(FACTS)
    assert rendered.subject == "Acme Energia: la bolletta A/17 è disponibile"
    assert rendered.text == (
        "Gentile Rossi Mario,\n\n"
        "la bolletta A/17 del 27 febbraio 2026 è pronta. Importo: 1.234,56\N{NO-BREAK SPACE}€, da pagare entro il "
        "31 marzo 2026. La può leggere dal collegamento personale qui sotto, valido 15 giorni."
        f"\n\nApri la bolletta:\n{LINK}\n\nIl collegamento è personale: non lo inoltri ad altri.\n\n"
        "-- \nAcme Energia\n"
    )
    assert len(rendered.html.encode()) < MAX_HTML_BYTES / 2


def test_the_html_asks_nothing_of_third_parties_and_has_one_link() -> None:
    page = _Page(design().render(FACTS).html)
    tags = {tag for tag, _ in page.elements}
    assert tags & {"img", "script", "link", "iframe", "form", "object"} == set()
    assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == [LINK]
    assert [a for _, a in page.elements if "src" in a or "background" in a] == []


def test_styles_are_inline_and_the_dark_ones_are_kept() -> None:
    html = design(look=Look(brand_color="#0a7d33")).render(FACTS).html
    head = re.search(r'<td class="head" style="([^"]*)"', html)
    assert head is not None
    assert "background-color:#0a7d33" in head[1].replace(": ", ":")
    assert html.count("prefers-color-scheme: dark") == 1


def test_a_test_email_says_so_everywhere() -> None:
    rendered = design(test=True).render(FACTS)
    assert rendered.subject == "[PROVA] Acme Energia: la bolletta A/17 è disponibile"
    assert rendered.text.startswith("[PROVA] ")
    assert rendered.html.count("[PROVA]") == 1


def test_the_subject_never_tells_amount_due_date_or_link() -> None:
    words = EmailText(subject="{numero}: {importo} {scadenza_frase} {cliente} {_link}")
    assert design(words=words).render(FACTS).subject == "A/17: {_link}"


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({}, "da pagare entro il 31 marzo 2026"),
        ({"due_date": None}, "da pagare"),
        ({"direct_debit": True}, "con addebito sul conto il 31 marzo 2026"),
        ({"total_due": 0}, "non deve pagare nulla"),
        ({"total_due": -500}, "a suo credito, non deve pagare nulla"),
    ],
)
def test_due_phrases(changes: dict[str, object], phrase: str) -> None:
    assert due_phrase(replace(FACTS, **changes)) == phrase


def test_mistakes_in_texts_are_told() -> None:
    assert text_mistakes("Gentile {cliente}, bolletta {numero}") == []
    assert text_mistakes("{clinte}", allowed=frozenset({"cliente"})) == [
        "«{clinte}» non esiste: si possono usare {cliente}"
    ]
    assert text_mistakes("{importo}", allowed=SUBJECT_PLACEHOLDERS) == [
        "«{importo}» qui non si può usare: si possono usare {azienda}, {numero}, {emissione}, {validita}"
    ]
    assert text_mistakes("50 } di sconto") == ["una parentesi graffa non racchiude una parola: {così}"]


def test_a_pale_brand_colour_is_made_legible() -> None:
    html = design(look=Look(brand_color="#ffd400")).render(FACTS).html
    head = re.search(r'<td class="head"[^>]*background-color:(#\w{6});color:(#\w{6})', html)
    assert head is not None
    assert contrast(parse_color(head[1]), parse_color(head[2])) >= TEXT_CONTRAST


def test_a_colour_that_is_none_is_not_used() -> None:
    html = design(look=Look(brand_color='red;"><script>')).render(FACTS).html
    assert "<script" not in html
    assert "#00509d" in html


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }}{% raw %}",
        "{importo}{_link}",
        "\ue000_link\ue001",
        "Bcc: tutti@example.org\r\nX: y",
        "a\r\n.\r\nMAIL FROM:<x@example.org>",
        "\u202etxt.exe",
    ]
)


@given(name=HOSTILE, number=HOSTILE)
def test_hostile_values_stay_text(name: str, number: str) -> None:
    usual = design().render(FACTS)
    rendered = design().render(replace(FACTS, customer_name=name, display_number=number))
    assert _Page(rendered.html).shape == _Page(usual.html).shape
    assert rendered.html.count(LINK) == 1
    assert rendered.text.count(LINK) == 1 + name.count(LINK)
    assert len(rendered.subject.splitlines()) == 1
    assert len(rendered.text.splitlines()) == len(usual.text.splitlines())


@given(words=st.lists(HOSTILE, min_size=5, max_size=5), company_name=HOSTILE)
def test_hostile_words_of_a_company_stay_text(words: list[str], company_name: str) -> None:
    text = EmailText(subject=words[0], greeting=words[1], body=words[2], button=words[3], closing=words[4])
    rendered = EmailDesign(company_name=company_name, look=Look(), words=text, language="it").render(FACTS)
    tags = [tag for tag, _ in _Page(rendered.html).elements if tag != "br"]
    assert tags == [tag for tag, _ in _Page(design().render(FACTS).html).elements if tag != "br"]
    assert len(rendered.subject.splitlines()) <= 1


def test_rendering_is_cheap() -> None:
    compiled = design()
    started = time.process_time()
    for _ in range(2_000):
        compiled.render(FACTS)
    assert time.process_time() - started < 1.0  # some 0.05 s; a template engine per message takes longer
