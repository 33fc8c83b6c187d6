import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from smartbill.core.wording.csv_lines import BYTE_ORDER_MARK, csv_line, csv_text


def test_a_file_has_a_byte_order_mark_semicolons_and_quoted_cells() -> None:
    made = "".join(csv_text(["Riga", "Nota"], [[1, 'detto "così"; poi'], [None, "due\nrighe"]]))
    assert made == BYTE_ORDER_MARK + '"Riga";"Nota"\r\n"1";"detto ""così""; poi"\r\n"";"due\nrighe"\r\n'


def test_what_a_spreadsheet_would_run_is_text() -> None:
    cells = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1+1"]
    assert csv_line(cells) == ";".join(f'"\'{cell}"' for cell in cells) + "\r\n"


def test_amounts_and_phone_numbers_stay_as_they_are() -> None:
    assert csv_line(["-12,00", "+390000000001", "55,00", -3]) == '"-12,00";"+390000000001";"55,00";"-3"\r\n'


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1), min_size=1))
def test_a_reader_gets_back_every_cell(rows: list[list[str]]) -> None:
    text = "".join(csv_line(row) for row in rows)
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not any(cell.lstrip(" ").startswith(("=", "@", "\t")) for row in read for cell in row)
