"""Who may come in: accounts of the database, by key or password; how many at once, and for how long without a word."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import asyncssh
import structlog
from asyncssh.constants import DISC_BY_APPLICATION, DISC_TOO_MANY_CONNECTIONS
from django.contrib.auth.hashers import check_password, make_password

from smartbill.core.area.attempts import ADDRESS, PAIR, Tally
from smartbill.core.zone import ROME
from smartbill.usecases.area.sign_in import Knock, entered, password_refused, still_opens, who_knocks
from smartbill.web.clients import address_group
from smartbill.web.sftp.threads import beside

log = structlog.get_logger(__name__)

#: Compared where the account does not exist or has no password, so that all take the same time.
_NO_PASSWORD = make_password(None)

#: Connections of one address that have not signed in yet, and of one account.
_MOST_STRANGERS = 10
_MOST_OF_ACCOUNT = 20
#: Password hashes at once: each is slow and takes memory on purpose.
_HASHES_AT_ONCE = 2


@dataclass
class House:
    """What the connections of one server share."""

    most_connections: int
    idle_seconds: float
    guests: "set[Guest]" = field(default_factory=set)
    tries_of_address: Tally = field(default_factory=lambda: Tally(ADDRESS))
    tries_of_strangers: Tally = field(default_factory=lambda: Tally(PAIR))
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HASHES_AT_ONCE))


class Guest(asyncssh.SSHServer):
    """One connection, from its first byte to its end."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection: asyncssh.SSHServerConnection | None = None
        self._address = ""
        self._username = ""
        self._knock: Knock | None = None
        self._key = ""  # that which opens, in OpenSSH form
        self._signed_in = False
        self._heard_at = 0.0
        self._idle: asyncio.TimerHandle | None = None

    @property
    def knock(self) -> Knock:
        """The account that came in. Only after signing in."""
        if self._knock is None:
            raise RuntimeError("nobody has signed in")
        return self._knock

    # Coming and going.

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        conn.set_extra_info(guest=self)
        peer = conn.get_extra_info("peername")
        self._address = address_group(str(peer[0]).partition("%")[0]) if peer else ""
        guests = self._house.guests
        strangers = sum(not guest._signed_in and guest._address == self._address for guest in guests)
        guests.add(self)
        if len(guests) > self._house.most_connections or strangers >= _MOST_STRANGERS:
            log.warning("sftp connection refused: too many", open=len(guests))
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._house.guests.discard(self)
        if self._idle is not None:
            self._idle.cancel()

    async def gone(self) -> None:
        """End the connection, and wait until it has ended."""
        if self._connection is not None:
            self._connection.abort()
            await self._connection.wait_closed()

    async def look_again(self) -> None:
        """End the connection when what opened it opens no more: its account is closed, the key removed, the password
        replaced. Else go on with what the account may do now."""
        if not self._signed_in or self._connection is None:
            return
        before = self.knock.login
        now_known = await beside(partial(who_knocks, self._username, self._address, datetime.now(UTC)))
        if now_known is not None and still_opens(before, now_known.login, self._key):
            self._knock = now_known
            return
        log.warning("sftp session ended: its access is gone", company=before.company_id)
        self._connection.disconnect(DISC_BY_APPLICATION, "Questo accesso non è più aperto: connessione chiusa.")

    def heard(self) -> None:
        """The client asked for something: it is not idle."""
        self._heard_at = asyncio.get_running_loop().time()

    def _watch_idle(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._heard_at + self._house.idle_seconds - loop.time()
        if left > 0:
            self._idle = loop.call_later(left, self._watch_idle)
        elif self._connection is not None:
            self._connection.disconnect(DISC_BY_APPLICATION, "Nessuna richiesta da troppo tempo: connessione chiusa.")

    # Signing in.

    async def begin_auth(self, username: str) -> bool:
        self._username = username
        self._knock = await beside(partial(who_knocks, username, self._address, datetime.now(UTC)))
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if self._knock is None:
            return False
        offered = key.convert_to_public()
        for known in self._knock.login.public_keys:
            if asyncssh.import_public_key(known) == offered:
                self._key = known
                return True
        return False

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        """While too many tries have failed no password is looked at, right or wrong; keys still open."""
        now = datetime.now(UTC)
        if until := self._closed_until(username, now):
            self._tell(f"Troppi tentativi: password di nuovo ammessa alle {until.astimezone(ROME):%H:%M:%S}.")
            return False
        login = self._knock.login if self._knock else None
        stored = login.password if login else ""
        async with self._house.hashing:
            right = await beside(partial(check_password, password, stored or _NO_PASSWORD))
        if right:
            self._key = ""
            return True
        log.warning("sftp sign-in refused")
        self._house.tries_of_address.failed((self._address,), now)
        if login is None:
            self._house.tries_of_strangers.failed((self._address, username), now)
        else:
            await beside(partial(password_refused, login, self._address, now))
            self._knock = await beside(partial(who_knocks, username, self._address, now))
        return False

    def auth_completed(self) -> None:
        connection, knock = self._connection, self._knock
        if connection is None or knock is None:
            return
        self._signed_in = True
        account = knock.login.account_id
        same = sum(guest._signed_in and guest.knock.login.account_id == account for guest in self._house.guests)
        if same > _MOST_OF_ACCOUNT:
            connection.disconnect(
                DISC_TOO_MANY_CONNECTIONS, f"Più di {_MOST_OF_ACCOUNT} connessioni insieme con lo stesso accesso."
            )
            return
        self.heard()
        self._watch_idle()
        connection.create_task(self._note_entry(knock))

    async def _note_entry(self, knock: Knock) -> None:
        try:
            await beside(partial(entered, knock.login, self._address, self._key, datetime.now(UTC)))
        except Exception:  # the entry itself stands: a database that is away must not end the upload
            log.exception("sftp sign-in not noted")

    def _closed_until(self, username: str, now: datetime) -> datetime | None:
        of_address = self._house.tries_of_address.closed_until((self._address,), now)
        if self._knock is None:
            of_pair = self._house.tries_of_strangers.closed_until((self._address, username), now)
        else:
            of_pair = self._knock.closed_until
        return max((until for until in (of_address, of_pair) if until), default=None)

    def _tell(self, text: str) -> None:
        if self._connection is not None:
            self._connection.send_auth_banner(f"{text}\r\n", "it")
