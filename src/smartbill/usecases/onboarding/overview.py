"""What a company looks like from the command line."""

import msgspec

from smartbill.apps.companies.models import SettingsVersion, Staff
from smartbill.apps.companies.queries import company_of_transaction
from smartbill.apps.intake.models import SftpAccount
from smartbill.core.company.documents import LAYOUT_SECTION, FlowLayout
from smartbill.database.context import company


def company_overview(company_id: int) -> list[str]:
    """The company in Italian lines: data, staff, SFTP accounts, published settings. No secrets."""
    with company(company_id):
        row = company_of_transaction()
        lines = [f"{row.code}  {row.name}", f"partita IVA {row.vat_number or '-'}", f"dominio {row.host or '-'}"]
        lines += [
            f"personale: {staff.role} {staff.user.email}"
            for staff in Staff.objects.filter(active=True).select_related("user").order_by("role", "user__email")
        ]
        lines += [
            f"SFTP: {account.username} ({account.keys.count()} chiavi, password {'sì' if account.password else 'no'})"
            for account in SftpAccount.objects.filter(active=True).order_by("username")
        ]
        for settings in SettingsVersion.objects.filter(state=SettingsVersion.State.PUBLISHED).order_by("section"):
            if settings.section.startswith(LAYOUT_SECTION):
                lines.append(_layout(settings))
                continue
            document = msgspec.json.decode(bytes(settings.document))
            lines.append(f"{settings.section} (versione {settings.version}): {msgspec.json.encode(document).decode()}")
    return lines


def _layout(settings: SettingsVersion) -> str:
    """A flow layout by its name: the text is for `smartbill layout show`."""
    layout = msgspec.json.decode(bytes(settings.document), type=FlowLayout)
    since = f" dal {layout.valid_from:%d/%m/%Y}" if layout.valid_from else ""
    until = f" al {layout.valid_to:%d/%m/%Y}" if layout.valid_to else ""
    return f"tracciato {settings.section.removeprefix(LAYOUT_SECTION)} (versione {settings.version}){since}{until}"
