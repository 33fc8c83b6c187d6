"""Search forms. They are sent by GET: the address of a search can be kept and shared."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from smartbill.apps.archive.search import BillFilters, Standing
from smartbill.apps.reporting.queries import TicketFilters
from smartbill.core.bill.value import BillKind, Service
from smartbill.core.flows.value import Level
from smartbill.core.money import cents
from smartbill.core.ports.channels import Channel
from smartbill.core.states.job import Stage
from smartbill.core.states.message import Label
from smartbill.usecases.actor import NotPossible
from smartbill.usecases.sending.test_batch import MOST_BILLS, USUAL_BILLS
from smartbill.usecases.staff.contacts import FEWEST_DIGITS, ContactFilters
from smartbill.usecases.staff.findings import FindingFilters
from smartbill.usecases.staff.jobs import JobFilters
from smartbill.web.backoffice import words

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def year_field(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=_FIRST_YEAR,
        max_value=_LAST_YEAR,
        error_messages={
            name: _("Scriva l'anno con quattro cifre, come 2026.") for name in ("invalid", "min_value", "max_value")
        },
    )


def date_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("Scriva la data come gg/mm/aaaa.")},
    )


class _Money(forms.DecimalField):
    """Euro as Italians write them: `1.234,56`, or with a plain point."""

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().removesuffix("€").replace(" ", "")
        return super().to_python(text.replace(".", "").replace(",", ".") if "," in text else text)


def money_field(label: Any) -> forms.DecimalField:
    return _Money(
        label=label,
        required=False,
        max_digits=14,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "84,50"}),
        error_messages={
            name: _("Scriva l'importo in euro, come 84,50.")
            for name in ("invalid", "max_digits", "max_decimal_places", "max_whole_digits")
        },
    )


def text_field(label: Any, length: int, placeholder: str = "") -> forms.CharField:
    attrs = {"placeholder": placeholder} if placeholder else {}
    return forms.CharField(label=label, required=False, max_length=length, widget=forms.TextInput(attrs=attrs))


class SearchForm(forms.Form):
    """Ids of the fields begin with `f-`; errors are tied to their field for screen readers by the template."""

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="f-%s", label_suffix="")

    @property
    def switches(self) -> list[forms.BoundField]:
        return [field for field in self if isinstance(field.field, forms.BooleanField)]

    @property
    def entries(self) -> list[forms.BoundField]:
        """All fields that are no switches."""
        return [field for field in self if not isinstance(field.field, forms.BooleanField)]

    @property
    def searching(self) -> bool:
        """Whether any filter is set."""
        return any(self.data.get(name) for name in self.fields)


class JobSearch(SearchForm):
    code = text_field(_("JOB"), 30, "ASEC_2026_27")
    label = text_field(_("Emissione"), 30)
    year = year_field(_("Anno"))
    stage = forms.ChoiceField(
        label=_("Stato"), required=False, choices=[("", _("Tutti")), *[(stage, words.STAGES[stage]) for stage in Stage]]
    )

    def filters(self) -> JobFilters:
        """Only of a valid form."""
        found = self.cleaned_data
        return JobFilters(
            code=found["code"],
            label=found["label"],
            year=found["year"],
            stage=Stage(found["stage"]) if found["stage"] else None,
        )


class BillSearch(SearchForm):
    document = text_field(_("N. Documento"), 41, "B051/539")
    series = text_field(_("Sezionale"), 20)
    issue_year = year_field(_("Anno"))
    job_code = text_field(_("JOB"), 30)
    customer_code = text_field(_("Codice Anagrafico"), 30)
    customer_name = text_field(_("Utenza"), 80, "Rossi")
    tax_code = text_field(_("Codice fiscale o partita IVA"), 16)
    point_code = text_field(_("POD, PDR o codice utenza"), 40)
    issued_from = date_field(_("Data emissione dal"))
    issued_to = date_field(_("Data emissione al"))
    due_from = date_field(_("Scadenza dal"))
    due_to = date_field(_("Scadenza al"))
    amount_from = money_field(_("Importo da (€)"))
    amount_to = money_field(_("Importo a (€)"))
    kind = forms.ChoiceField(
        label=_("Tipo"),
        required=False,
        choices=[("", _("Tutti")), *[(kind, words.BILL_KINDS[kind]) for kind in BillKind]],
    )
    service = forms.ChoiceField(
        label=_("Servizio"),
        required=False,
        choices=[("", _("Tutti")), *[(service, words.SERVICES[service]) for service in Service]],
    )
    standing = forms.ChoiceField(
        label=_("Stato"),
        required=False,
        choices=[
            ("", _("In vigore")),
            (Standing.DARK, _("Ritirate o sostituite")),
            (Standing.ALL, _("Tutte")),
        ],
    )
    faulty = forms.BooleanField(label=_("Con un file mancante o alterato"), required=False)

    def filters(self) -> BillFilters:
        """Only of a valid form."""
        asked = dict(self.cleaned_data)
        for name in ("amount_from", "amount_to"):
            asked[name] = None if asked[name] is None else cents(asked[name])
        asked["standing"] = Standing(asked["standing"] or Standing.IN_FORCE)
        return BillFilters(**asked)


class TicketSearch(SearchForm):
    """The filters of the original screen, with its words."""

    channel = forms.ChoiceField(
        label=_("Canale recapito"),
        required=False,
        choices=[("", _("Tutti")), *[(channel, words.CHANNELS[channel]) for channel in Channel]],
    )
    customer_code = text_field(_("Codice Anagrafico"), 30)
    address = text_field(_("N.Cellulare/Email"), 254)
    ticket_date = date_field(_("Data Ticket"))
    state = forms.ChoiceField(
        label=_("Stato SMS"),
        required=False,
        choices=[("", _("Tutti")), *[(label, format_lazy("{} – {}", label, words.LABELS[label])) for label in Label]],
    )
    job_code = text_field(_("JOB"), 30)
    issue_date = date_field(_("Data Emissione"))
    issue_year = year_field(_("Anno"))
    series = text_field(_("Sezionale"), 20)
    number = text_field(_("N. Documento"), 41)
    valid = forms.BooleanField(label=_("Ticket validi"), required=False)
    viewed = forms.BooleanField(label=_("Ticket visualizzati"), required=False)
    downloaded = forms.BooleanField(label=_("Scaricati"), required=False)
    s2s = forms.BooleanField(label=_("Errori S2S"), required=False)
    paid = forms.BooleanField(label=_("Pagata online"), required=False)

    def filters(self) -> TicketFilters:
        """Only of a valid form. A switch that is off asks nothing; `B051/539` as a number is section and number."""
        asked = {name: value or None for name, value in self.cleaned_data.items()}
        if asked["number"]:
            series, slash, number = asked["number"].rpartition("/")
            asked |= {"number": number} | ({"series": series} if slash else {})
        if asked["job_code"]:
            asked["job_code"] = asked["job_code"].upper()
        return TicketFilters(**asked)


class FindingSearch(SearchForm):
    level = forms.ChoiceField(
        label=_("Gravità"),
        required=False,
        choices=[("", _("Tutte")), *[(level, words.LEVELS[level]) for level in Level]],
    )
    code = text_field(_("Codice"), 10, "DOC-207")
    record = text_field(_("Record"), 10, "10")
    document = text_field(_("N. Documento"), 40, "B051/539")

    def filters(self) -> FindingFilters:
        """Only of a valid form."""
        found = self.cleaned_data
        return FindingFilters(
            code=found["code"].upper(),
            level=Level(found["level"]) if found["level"] else None,
            record=found["record"],
            document=found["document"],
        )


class ContactSearch(SearchForm):
    customer_code = text_field(_("Codice Anagrafico"), 30)
    tax_code = text_field(_("Codice fiscale o partita IVA"), 30)
    address = text_field(_("N.Cellulare/Email"), 254, "…4567")

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        digits = sum(sign.isdigit() for sign in address)
        if address and not any(sign.isalpha() or sign == "@" for sign in address) and digits < FEWEST_DIGITS:
            raise forms.ValidationError(_("Scriva almeno le ultime quattro cifre del numero."))
        return address

    def filters(self) -> ContactFilters:
        """Only of a valid form."""
        return ContactFilters(**self.cleaned_data)


class ContactForm(forms.Form):
    """What an act on a contact may bring; each act asks for what it needs."""

    channel = forms.CharField(required=False, max_length=10)
    address = forms.CharField(required=False, max_length=254)
    consent = forms.CharField(required=False, max_length=3)


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File CSV"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={
            name: _("Scelga un file CSV che non sia vuoto.") for name in ("required", "invalid", "missing", "empty")
        },
    )

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files, auto_id="u-%s", label_suffix="")


class NoteForm(forms.Form):
    """The note beside an act."""

    note = forms.CharField(
        required=False,
        max_length=1000,
        error_messages={"max_length": _("La nota è troppo lunga: al massimo 1.000 caratteri.")},
    )


def note_of(request: HttpRequest) -> str:
    """Raises NotPossible for a note that is too long or holds signs that can't be stored."""
    form = NoteForm(request.POST)
    if not form.is_valid():
        raise NotPossible(" ".join(str(error) for error in form.errors["note"]))
    return str(form.cleaned_data["note"])


class TrialForm(forms.Form):
    """To whom a test batch goes and how many bills it has. Only staff who receive tests can be chosen: a real bill must
    not leave for just any address."""

    addresses = forms.MultipleChoiceField(
        label=_("Destinatari"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Scelga almeno un destinatario."),
            "invalid_choice": _("Il destinatario scelto non riceve i lotti di prova."),
        },
    )
    bills = forms.IntegerField(
        label=_("Quante bollette"),
        min_value=1,
        max_value=MOST_BILLS,
        initial=USUAL_BILLS,
        error_messages={
            name: _("Scelga da 1 a 20 bollette.") for name in ("required", "invalid", "min_value", "max_value")
        },
    )

    def __init__(self, data: Any = None, *, recipients: Iterable[str]) -> None:
        super().__init__(data, auto_id="t-%s", label_suffix="")
        choices = [(address, address) for address in recipients]
        self.fields["addresses"].choices = choices  # type: ignore[attr-defined]
        self.initial["addresses"] = [address for address, _label in choices]
