"""Invented companies for journeys, as the file that `smartbill company add` reads."""

from dataclasses import dataclass

PASSWORD = "una frase lunga di prova"


@dataclass(frozen=True)
class CompanyPlan:
    code: str
    name: str
    vat_number: str

    def staff(self, role: str) -> str:
        return f"{role}@{self.code.lower()}.example"

    @property
    def sftp_user(self) -> str:
        return self.code.lower()

    def as_toml(self) -> str:
        people = "".join(
            f'[[staff]]\nemail = "{self.staff(role)}"\nname = "{role.title()} {self.name}"\nrole = "{role}"\n'
            f'password = "{PASSWORD}"\n'
            for role in ("viewer", "editor", "manager", "operator")
        )
        return (
            f'code = "{self.code}"\nname = "{self.name}"\nvat_number = "{self.vat_number}"\n'
            f'[senders]\nemail_address = "bollette@{self.code.lower()}.example"\nemail_name = "{self.name}"\n'
            f'{people}[[sftp]]\nusername = "{self.sftp_user}"\npassword = "{PASSWORD}"\n'
        )


LUCE = CompanyPlan("LUCEPROVA", "Luce di Prova S.p.A.", "07550120013")
ACQUA = CompanyPlan("ACQUAPROVA", "Acqua di Prova S.r.l.", "08660120018")
