"""What stands beside the tariff of a bill: discounts, services, recalculations, credits, notices."""

from random import Random

from smartbill.core.flows.sample.calendar import Calendar
from smartbill.core.flows.sample.document import PREVIOUS_BILL, Document
from smartbill.core.flows.sample.lines import Line
from smartbill.core.flows.sample.numbers import MICRO, Price, euro

_MEASURES = {"E": "A", "G": "G", "I": "W"}
_LICENCE = Price("9", 900_000_000)  # TV licence, a monthly part from January to October


def charge_apart(document: Document) -> None:
    """A debit note or a notice: no consumption, one charge."""
    tree = document.tree
    for supply in document.supplies:
        supply.consumptions = [tail for tail in supply.consumptions if tail[0] == "S"]
        supply.readings = []
    if document.kind == "A":
        text = f"Bolletta {document.series}/{PREVIOUS_BILL} non pagata"
        tree.single("ALT", "X", "INSOLUTO", text, document.arrears or 4250, supply=1, nature="N2.2", scope="P")
    else:
        tree.single("SER", "S", "VOLTURA", "Contributo per voltura", 2750, supply=1, rate=2200)


def add_extras(document: Document, rng: Random, *, plain: bool) -> None:
    """Lines of the bill beside the tariff; negative and zero bills come from recalculations."""
    tree, random = document.tree, rng.random
    if document.kind == "N":
        return
    main = max(tree.by_rate, key=lambda rate: abs(tree.by_rate[rate]))
    _recalculate(document, rng, main)
    if random() < 0.08:
        nature = "N6.8" if tree.reverse_charge else ""
        tree.single("SCO", "V", "SCONTO", "Sconto bolletta digitale", -150, supply=1, rate=main, nature=nature)
    if random() < 0.03:
        tree.single("SER", "S", "ASSICURA", "Assicurazione guasti, offerta da Terzi di Prova S.p.A.", 490, rate=2200)
    if document.arrears and random() < 0.3:
        tree.single("MOR", "X", "MORA", "Interessi di mora", 12 + int(random() * 400), nature="N1")
    if not plain and document.service == "I" and document.customer.kind == "F" and random() < 0.04:
        tree.single("BON", "X", "BONUS", "Bonus sociale idrico", -1_840, supply=1, nature="N2.2")
        document.notices.append("B|it|||In questa bolletta è applicato il bonus sociale idrico.")


def _recalculate(document: Document, rng: Random, main: int) -> None:
    """1.5 % of the bills become negative, 0.5 % zero, some move a little; `main` is the rate with most of the bill."""
    tree, random = document.tree, rng.random

    def line(text: str, amount: int, rate: int) -> None:
        nature = "N6.8" if tree.reverse_charge else ""
        tree.single("RIC", "V", "RICALCOLO", text, amount, supply=1, rate=rate, nature=nature)

    draw = random()
    if draw < 0.015:
        document.billing_kind = "C"
        back = max(sum(tree.by_rate.values()), 0) + 500 + int(random() * 9_000)
        again = int(back * random() * 0.4)
        line("Ricalcolo: importi già fatturati in acconto", -back - again, main)
        line("Ricalcolo: importi sulle letture effettive", again, main)
        supply = document.supplies[0]
        supply.consumptions.append(
            f"R|{_MEASURES[supply.service]}|TOT|{document.period.text}|-{1 + back // 25}|{supply.unit}|R"
        )
    elif draw < 0.02:
        document.billing_kind = "C"
        for rate, amount in list(tree.by_rate.items()):
            line("Ricalcolo: già fatturato in acconto", -amount, rate)
    elif draw < 0.09:
        document.billing_kind = "M"
        line("Ricalcolo del periodo precedente", int(random() * 2_000) - 1_000, main)


def add_due_only(document: Document, rng: Random, *, plain: bool) -> None:
    """Lines that count in the amount to pay only."""
    tree = document.tree
    if document.split_payment and document.vat:
        text = "IVA da versare a cura del cliente (scissione dei pagamenti)"
        tree.single("SPL", "T", "SPLIT", text, -document.vat, nature="N2.2", scope="P")
    if plain or document.kind != "F":
        return
    _licence_and_bonus(document, rng)
    random = rng.random
    if random() < 0.005:
        tree.single("CAU", "X", "CAUZIONE", "Deposito cauzionale", 4_650, supply=1, nature="N1", scope="P")
    if random() < 0.01:
        tree.single("RAT", "X", "RATA", "Rata di un piano precedente", 3_300, nature="N2.2", scope="P")
    due, draw = document.total_due, random()
    if due > 0 and draw < 0.01:
        tree.single("CRE", "X", "CREDITO", "Credito precedente utilizzato", -due, nature="N2.2", scope="P")
    elif due < 0 and draw < 0.5:
        tree.single("CRE", "X", "CREDITO", "Credito per le prossime bollette", -due, nature="N2.2", scope="P")
    elif due > 100 and due % 100 and draw < 0.2:
        rounding = (due + 50) // 100 * 100 - due
        tree.single("ARR", "X", "ARR", "Arrotondamento attuale", rounding, nature="N2.2", scope="P")


def _licence_and_bonus(document: Document, rng: Random) -> None:
    tree, main, random = document.tree, document.supplies[0], rng.random
    months = sum(1 for month in document.period.months if month <= 10)
    if main.service == "E" and "|DR|" in main.head and months and random() < 0.9:
        tree.lines.append(
            Line(
                1, len(tree.lines) + 1, 0, "L", "P", "CAN", "T", "CANONETV", "Canone TV, rate del periodo", "|", "",
                months * MICRO, "n", _LICENCE, months * 900, 0, "N1",
            )
        )  # fmt: skip
        tree.due_only += months * 900
    if main.service != "I" and document.customer.kind == "F" and random() < 0.04:
        text = "Bonus sociale per disagio economico"
        tree.single("BON", "X", "BONUS", text, -2_196, supply=1, nature="N2.2", scope="P")
        document.notices.append("B|it|||In questa bolletta è applicato il bonus sociale.")


def add_notices(document: Document, calendar: Calendar, rng: Random) -> None:
    """Texts for the customer, some of them bound to what the bill holds."""
    if document.arrears:
        day = f"{document.state_day[:2]}/{document.state_day[2:4]}/{document.state_day[4:]}"
        document.notices.append(
            f"M|it|||Alla data del {day} risultano non pagate bollette per {euro(document.arrears)} euro."
        )
    draw = rng.random()
    if draw < 0.3:
        document.notices.append(f"L|it|{calendar.selfread_text}|Può comunicare l’autolettura nei giorni indicati.")
    elif draw < 0.4 and document.service == "G":
        document.notices.append("S|it|||In caso di odore di gas apra le finestre, esca e chiami il pronto intervento.")
    elif draw < 0.42:
        document.notices.append(
            "P|it|||La bolletta contiene consumi di oltre due anni fa: può eccepire la prescrizione."
        )
    elif draw < 0.6:
        document.notices.append("A|it|||Con la bolletta digitale risparmia carta e la trova sempre sul telefono.")
    if document.billing_kind == "C":
        document.notices.append("R|it|||Questa bolletta ricalcola importi già fatturati in acconto.")
