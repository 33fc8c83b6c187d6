"""The bill that the rows of one STABO v1 document make."""

from smartbill.core.bill.value import (
    Address,
    Arrears,
    Bill,
    Consumption,
    CorrectedDocument,
    Customer,
    Notice,
    Reading,
    Service,
    Supply,
    Term,
)
from smartbill.core.flows.stabo.costs import Costs, read_costs
from smartbill.core.flows.stabo.fields import shown
from smartbill.core.flows.stabo.issues import Document, Head


def assembled(document: Document) -> tuple[Bill, Costs]:
    """The bill that the rows make. Rules that concern one row are checked on the way, those of the whole later."""
    head = document.head
    supplies = _supplies(document)
    costs = read_costs(document, {supply.seq for supply in supplies})
    terms = _terms(document)
    bill = Bill(
        source=document.source,
        kind=head.doc_type,
        series=head.series,
        number=head.number,
        display_number=document.display,
        issue_date=head.issue_date,
        due_date=head.due_date,
        period_from=head.period_from,
        period_to=head.period_to,
        billing_kind=head.billing_kind,
        customer=_customer(document),
        supplies=supplies,
        lines=costs.lines,
        vat_summary=costs.vat_summary(),
        terms=terms,
        notices=_notices(document),
        total_bill=head.total_bill,
        taxable=head.taxable,
        vat=head.vat,
        total_due=head.total_due,
        slip_present=any(term.slip_present for term in terms),
        direct_debit=any(term.direct_debit for term in terms),
        payable_online=any(term.payable_online for term in terms),
        split_payment=head.split_payment,
        reverse_charge=head.reverse_charge,
        arrears=Arrears(state=head.arrears_state, amount=head.arrears_amount, as_of=head.arrears_date),
        corrects=_corrected(head),
        einvoice_number=head.einvoice_number,
        layout_code=head.layout_code,
    )
    return bill, costs


def _corrected(head: Head) -> CorrectedDocument | None:
    if head.ref_series or head.ref_number or head.ref_date:
        return CorrectedDocument(series=head.ref_series, number=head.ref_number, issue_date=head.ref_date)
    return None


def _customer(document: Document) -> Customer:
    line, values = document.rows["11"][0]
    (_, _, code, kind, name, first_name, fiscal_code, vat_number, street, street_no, postcode, city, province, country,
     mail_name, mail_street, mail_postcode, mail_city, mail_province, recipient_code, pec, language, paper, email,
     detail, marketing, profiling, third_parties, privacy_date) = values  # fmt: skip
    if not (fiscal_code or vat_number):
        document.refuse("REC-102", "fiscal_code", line=line, record="11")
    if country == "IT":
        document.demand(postcode, "postcode", line, "11")
        document.demand(province, "province", line, "11")
        if postcode and not (len(postcode) == 5 and postcode.isascii() and postcode.isdecimal()):
            document.refuse("REC-107", "postcode", line=line, record="11", valore=shown(postcode))
    mail_address = None
    if mail_street or mail_postcode or mail_city or mail_province:
        mail_address = Address(street=mail_street, postcode=mail_postcode, city=mail_city, province=mail_province)
    return Customer(
        code=code,
        name=name,
        first_name=first_name,
        kind=kind,
        fiscal_code=fiscal_code,
        vat_number=vat_number,
        address=Address(
            street=street, street_no=street_no, postcode=postcode, city=city, province=province, country=country
        ),
        mail_name=mail_name,
        mail_address=mail_address,
        recipient_code=recipient_code,
        pec=pec,
        language=language,
        paper_bill=paper,
        email_bill=email,
        detail_bill=detail,
        privacy_marketing=marketing,
        privacy_profiling=profiling,
        privacy_third_parties=third_parties,
        privacy_date=privacy_date,
    )


def _supplies(document: Document) -> tuple[Supply, ...]:
    rows = document.rows["12"]
    known = {values[2] for _, values in rows}
    consumptions = _consumptions(document, known)
    readings = _readings(document, known)
    supplies = []
    for position, (line, values) in enumerate(rows, 1):
        (_, _, seq, service, point_code, contract_code, street, postcode, city, province, meter_serial, use_type,
         market, tariff_code, offer_name, offer_code, offer_end, activation, power_committed, power_available, voltage,
         residents, units, meter_class, coeff_c, pcs, distributor, emergency_phone, annual_qty, annual_from, annual_to,
         annual_spend) = values  # fmt: skip
        if seq != position:
            document.refuse("REC-105", "supply_seq", line=line, record="12", valore=str(seq))
        if service is Service.ELECTRICITY:
            document.demand(power_committed, "power_committed", line, "12")
        elif service is Service.GAS:
            document.demand(coeff_c, "coeff_c", line, "12")
            document.demand(pcs, "pcs", line, "12")
        if annual_qty is not None:
            document.demand(annual_from, "annual_from", line, "12")
            document.demand(annual_to, "annual_to", line, "12")
        document.in_order(annual_from, annual_to, line, "12", "annual_to")
        supplies.append(
            Supply(
                seq=seq,
                service=service,
                point_code=point_code,
                contract_code=contract_code,
                address=Address(street=street, postcode=postcode, city=city, province=province),
                meter_serial=meter_serial,
                use_type=use_type,
                market=market,
                tariff_code=tariff_code,
                offer_name=offer_name,
                offer_code=offer_code,
                offer_end=offer_end,
                activation=activation,
                power_committed=power_committed,
                power_available=power_available,
                voltage=voltage,
                residents=residents,
                units=units,
                meter_class=meter_class,
                conversion_coefficient=coeff_c,
                calorific_value=pcs,
                distributor=distributor,
                emergency_phone=emergency_phone,
                annual_quantity=annual_qty,
                annual_from=annual_from,
                annual_to=annual_to,
                annual_spend=annual_spend,
                consumptions=tuple(consumptions.get(seq, ())),
                readings=tuple(readings.get(seq, ())),
            )
        )
    return tuple(supplies)


def _consumptions(document: Document, known: set[int]) -> dict[int, list[Consumption]]:
    found: dict[int, list[Consumption]] = {}
    for line, (_, _, supply, kind, measure, band, date_from, date_to, qty, unit, quality) in document.rows["30"]:
        if supply not in known or date_to < date_from:
            document.know_supply(known, supply, line, "30")
            document.in_order(date_from, date_to, line, "30")
        consumption = Consumption(kind, measure, band, date_from, date_to, qty, unit, quality)
        found.setdefault(supply, []).append(consumption)
    return found


def _readings(document: Document, known: set[int]) -> dict[int, list[Reading]]:
    found: dict[int, list[Reading]] = {}
    for line, (
        _, _, supply, meter_serial, measure, band, prev_date, prev_value, prev_kind, curr_date, curr_value, curr_kind,
        factor, qty, rollover, event,
    ) in document.rows["31"]:  # fmt: skip
        if supply not in known or curr_date < prev_date or not factor:
            document.know_supply(known, supply, line, "31")
            document.in_order(prev_date, curr_date, line, "31", "curr_date")
            if not factor:
                document.refuse("REC-105", "factor", line=line, record="31", valore=shown(str(factor)))
        found.setdefault(supply, []).append(
            Reading(
                meter_serial=meter_serial,
                measure=measure,
                band=band,
                previous_date=prev_date,
                previous_value=prev_value,
                previous_kind=prev_kind,
                current_date=curr_date,
                current_value=curr_value,
                current_kind=curr_kind,
                factor=factor,
                quantity=qty,
                rollover=rollover,
                event=event,
            )
        )
    return found


def _terms(document: Document) -> tuple[Term, ...]:
    terms = []
    for position, (line, values) in enumerate(document.rows["40"], 1):
        (_, _, seq, kind, amount, due_date, method, direct_debit, payable_online, slip_present, iban_masked,
         mandate_id, creditor_iban, notice_code, slip_code, postal_account, cbill_sia) = values  # fmt: skip
        if seq != position:
            document.refuse("REC-105", "term_seq", line=line, record="40", valore=str(seq))
        terms.append(
            Term(
                seq=seq,
                kind=kind,
                amount=amount,
                due_date=due_date,
                method=method,
                direct_debit=direct_debit,
                payable_online=payable_online,
                slip_present=slip_present,
                iban_masked=iban_masked,
                mandate_id=mandate_id,
                creditor_iban=creditor_iban,
                notice_code=notice_code,
                slip_code=slip_code,
                postal_account=postal_account,
                cbill_sia=cbill_sia,
            )
        )
    return tuple(terms)


def _notices(document: Document) -> tuple[Notice, ...]:
    notices = []
    for line, (_, _, seq, kind, language, date_from, date_to, text) in document.rows["60"]:
        document.in_order(date_from, date_to, line, "60")
        notices.append(Notice(seq=seq, kind=kind, language=language, text=text, date_from=date_from, date_to=date_to))
    return tuple(notices)
