"""The same bills by WeasyPrint, as tagged PDF/UA-1: run by the peers' Python, knows nothing of ours but plain values.

Line by line on the input: the path of a JSON file with documents, then of the folder for the files; each further line
is a round. A round's answer is a line of JSON: the seconds of every document.
"""

import html
import json
import sys
import time
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

_CSS = """
@page { size: A4; margin: 20mm 18mm 21mm; @bottom-right { content: "Pagina " counter(page) " di " counter(pages) } }
body { font-family: "Fira Sans"; font-size: 9pt; color: #1c2129 } h1, h2, h3 { color: INK; break-after: avoid }
.hero { background: FILL; color: white; padding: 5mm 6mm; border-radius: 2.5mm } .amount { font-size: 27pt }
.card { background: SOFT; padding: 3.5mm; border-radius: 2mm; margin: 2mm 0 } .cols { display: flex; gap: 5mm }
.cols > div { flex: 1 } table { width: 100%; border-collapse: collapse; font-size: 8.5pt; margin: 2mm 0 }
th, td { text-align: left; padding: 1.2mm 2mm; border-bottom: .4pt solid #cfd5dd; vertical-align: top }
thead th { border-bottom: .9pt solid INK } .end { text-align: right } small { font-size: 7.5pt; color: #4a5260 }
dl { margin: 0 } dt { font-size: 7.5pt; color: #4a5260 } dd { margin: 0 0 1mm } .sheet { break-before: page }
"""


def page(paper: dict[str, Any]) -> str:
    parts = [
        f"<h1>{_t(paper['kind'])}</h1><p>{_t(paper['number'])}</p>",
        f'<div class="cols"><div>{_facts(paper["customer"])}</div>',
        f"<div>{'<br>'.join(map(_t, paper['mail']))}</div></div>",
        f'<section class="hero"><h2>{_t(paper["due"]["label"])}</h2><p class="amount">{_t(paper["due"]["amount"])}</p>'
        f"<p>{_t(paper['due']['when'])}</p>",
        "".join(f"<p>{_t(each)}</p>" for each in paper["due"]["remarks"]) + "</section>",
        "".join(f"<p>{_t(each)}</p>" for each in paper["state"]),
        f'<div class="cols"><div class="card">{_facts(paper["pay"])}</div>'
        f'<div class="card">{_facts(paper["company"]["contacts"])}</div></div>',
    ]
    if paper["shares"]:
        parts.append(_shares(paper["shares"]))
    parts += [_table(each) for each in ([paper["overview"]] if paper["overview"] else []) + paper["receipt"]]
    for supply in paper["supplies"]:
        parts.append(
            f"<h2>{_t(supply['title'])}</h2><p>{_t(supply['headline'])} {_t(' '.join(supply['sentences']))}</p>"
        )
        parts.append(f'<div class="card">{_facts(supply["facts"])}</div>')
        if supply["chart"]:
            parts.append(_chart(supply["chart"]))
        parts += [_table(each) for each in supply["tables"]]
    parts += [
        f'<section class="card"><h3>{_t(each["title"])}</h3><p>{_t(each["text"])}</p></section>'
        for each in paper["messages"]
    ]
    parts += [_table(each) for each in paper["details"]]
    parts += [_sheet(each) for each in paper["sheets"]]
    head = f'<!doctype html><html lang="{paper["language"]}"><head><title>{_t(paper["title"])}</title></head>'
    return f"{head}<body>{''.join(parts)}</body></html>"


def _t(text: str) -> str:
    return html.escape(text)


def _facts(facts: dict[str, Any]) -> str:
    entries = "".join(f"<dt>{_t(each['label'])}</dt><dd>{_t(each['text'])}</dd>" for each in facts["facts"])
    return f"<h3>{_t(facts['title'])}</h3><dl>{entries}</dl>"


def _table(table: dict[str, Any]) -> str:
    ends = [' class="end"' if column["end"] else "" for column in table["columns"]]
    head = "".join(
        f'<th scope="col"{end}>{_t(column["label"])}</th>' for column, end in zip(table["columns"], ends, strict=True)
    )
    rows = []
    for row in table["rows"] + table["foot"]:
        first = _t(row["cells"][0]) + (f"<br><small>{_t(row['below'])}</small>" if row["below"] else "")
        rest = "".join(f"<td{end}>{_t(cell)}</td>" for cell, end in zip(row["cells"][1:], ends[1:], strict=True))
        rows.append(f'<tr><th scope="row">{first}</th>{rest}</tr>')
    notes = "".join(f"<p><small>{_t(note)}</small></p>" for note in table["notes"])
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f"<h3>{_t(table['title'])}</h3><table>{body}</table>{notes}"


def _picture(svg: str, description: str, size: str) -> str:
    return f'<img alt="{_t(description)}" style="{size}" src="data:image/svg+xml,{_quoted(svg)}">'


def _quoted(svg: str) -> str:
    return svg.replace("%", "%25").replace("#", "%23").replace('"', "'").replace("<", "%3C").replace(">", "%3E")


def _shares(shares: dict[str, Any]) -> str:
    x, bars = 0, []
    for n, part in enumerate(shares["parts"]):
        bars.append(f'<rect x="{x}" width="{part["width"]}" height="40" fill="hsl({n * 40},40%,45%)"/>')
        x += part["width"]
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 40">{"".join(bars)}</svg>'
    rows = "".join(f"<li>{_t(each['text'])} {_t(each['share'])} {_t(each['amount'])}</li>" for each in shares["parts"])
    return f"<h3>{_t(shares['title'])}</h3>{_picture(svg, shares['description'], 'width:174mm')}<ul>{rows}</ul>"


def _chart(chart: dict[str, Any]) -> str:
    shapes = []
    for n, bar in enumerate(chart["bars"]):
        shapes += [
            f'<rect x="{n * 40 + 8}" y="{piece["y"]}" width="24" height="{piece["height"]}" fill="#00509d"/>'
            for piece in bar["pieces"]
        ]
        shapes.append(f'<text x="{n * 40 + 8}" y="112" font-size="9">{_t(bar["label"])}</text>')
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {len(chart["bars"]) * 40} 115">{"".join(shapes)}</svg>'
    return f"<h3>{_t(chart['title'])}</h3>{_picture(svg, chart['description'], 'width:174mm')}"


def _sheet(sheet: dict[str, Any]) -> str:
    parts = []
    for slip in sheet["slips"]:
        codes = "".join(_picture(code["text"], code["description"], "width:30mm") for code in slip["codes"])
        parts.append(
            f'<section class="card"><h3>{_t(slip["title"])} {_t(slip["amount"])}</h3><p>{_t(slip["how"])}</p>'
            f"{_facts(slip | {'title': slip['creditor']})}{codes}<p>{_t(slip['code_line'])}</p></section>"
        )
    return f'<div class="sheet"><h2>{_t(sheet["title"])}</h2>{"".join(parts)}</div>'


def main() -> None:
    papers = json.loads(Path(sys.stdin.readline().strip()).read_text())
    folder = Path(sys.stdin.readline().strip())
    fonts = FontConfiguration()
    faces = "".join(
        f'@font-face{{font-family:"Fira Sans";font-weight:{weight};src:url("{(folder / name).as_uri()}")}}'
        for name, weight in (("FiraSans-Regular.ttf", 400), ("FiraSans-SemiBold.ttf", 700))
    )
    css = faces + _CSS
    for name in ("ink", "fill", "soft"):
        css = css.replace(name.upper(), papers[0]["colors"][name])
    sheet = CSS(string=css, font_config=fonts)
    for _ in sys.stdin:
        seconds = []
        for n, paper in enumerate(papers):
            begun = time.perf_counter()
            pdf = HTML(string=page(paper)).write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")
            seconds.append(time.perf_counter() - begun)
            (folder / f"peer-{n}.pdf").write_bytes(pdf)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
