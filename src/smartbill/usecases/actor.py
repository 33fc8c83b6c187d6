"""Who asks: a staff member in a company, or the product itself; and what each role may do."""

from datetime import datetime

from msgspec import Struct

from smartbill.apps.accounts.models import User
from smartbill.apps.audit.operations import record
from smartbill.apps.companies.models import Role
from smartbill.apps.companies.queries import staff_places

_ORDER = (Role.VIEWER, Role.EDITOR, Role.MANAGER, Role.OPERATOR)


class NotAllowed(Exception):
    """The role does not allow this; the message says it in Italian."""


class NotPossible(Exception):
    """The act does not fit the state of things now (a job already withdrawn, a flow not held); said in Italian."""


class Actor(Struct, frozen=True, kw_only=True):
    """A person acting in one company, as the audit names them."""

    company_id: int
    email: str
    role: Role
    own_operator: bool = False  # the company is its own operator: its manager starts sendings too

    def at_least(self, role: Role) -> bool:
        return _ORDER.index(self.role) >= _ORDER.index(role)

    @property
    def operates(self) -> bool:
        """May decide on held flows and start the mass sending."""
        return self.role is Role.OPERATOR or (self.own_operator and self.role is Role.MANAGER)

    @property
    def approves(self) -> bool:
        """May give or refuse the go-ahead: that is the company's manager, not the operator."""
        return self.role is Role.MANAGER


def require(allowed: bool, what: str) -> None:
    """Raise NotAllowed unless allowed; `what` is the act in Italian («dare il benestare»)."""
    if not allowed:
        raise NotAllowed(f"Il suo ruolo non consente di {what}.")


def record_act(actor: Actor, act: str, subject: str, *, now: datetime, note: str = "") -> None:
    """Write down what a person did, in the transaction of the act."""
    record(at=now, actor=actor.email, role=actor.role, act=act, subject=subject, note=note)


def staff_actor(company_id: int, email: str) -> Actor:
    """The login as it acts in a company. Raises NotAllowed when it has no place there."""
    email = email.strip().lower()
    user = User.objects.filter(email=email, is_active=True).first()
    for place in staff_places(user.pk) if user else ():
        if place.company_id == company_id:
            return Actor(company_id=company_id, email=email, role=place.role, own_operator=place.own_operator)
    raise NotAllowed(f"«{email}» non lavora in questa azienda.")
