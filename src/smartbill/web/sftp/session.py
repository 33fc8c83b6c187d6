"""One client's session: signing in, and the company's folder as its whole world."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncssh
import structlog
from asyncssh.constants import FX_FAILURE, FX_PERMISSION_DENIED
from django.contrib.auth.hashers import check_password, make_password

from smartbill.apps.intake.queries import SftpLogin, sftp_login
from smartbill.core.flows.archive import Limits, shown_size
from smartbill.web.sftp.threads import beside
from smartbill.web.sftp.uploads import Upload, is_final_name

log = structlog.get_logger(__name__)

#: Compared where the account does not exist or has no password, so that both take the same time.
_NO_PASSWORD = make_password(None)

#: Bytes; a larger archive would be refused in any case.
_LARGEST = Limits().archive

#: Files whose size a session still knows when they have been taken in.
_REMEMBERED = 100


class SignIn(asyncssh.SSHServer):
    """Who may come in: accounts of the database, by key or password."""

    def __init__(self, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections  # the open ones of the server
        self._connection: asyncssh.SSHServerConnection | None = None
        self._login: SftpLogin | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    async def begin_auth(self, username: str) -> bool:
        self._login = await beside(partial(sftp_login, username))
        if self._login is not None and self._connection is not None:
            self._connection.set_extra_info(login=self._login)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        if self._login is None:
            return False
        offered = key.convert_to_public()
        return any(asyncssh.import_public_key(known) == offered for known in self._login.public_keys)

    def password_auth_supported(self) -> bool:
        return True

    async def validate_password(self, username: str, password: str) -> bool:
        stored = self._login.password if self._login is not None else ""
        # The hash is slow on purpose: beside the event loop, not in it.
        right = await beside(partial(check_password, password, stored or _NO_PASSWORD))
        if not right:
            log.warning("sftp sign-in refused")
        return right


class _Hash:
    """The digest of a file while it is being written from its start in order; else none."""

    def __init__(self) -> None:
        self._hashed = sha256()
        self._size = 0
        self._whole = True

    def add(self, offset: int, data: bytes) -> None:
        if self._whole and offset == self._size:
            self._hashed.update(data)
            self._size += len(data)
        else:
            self._whole = False

    def digest(self, size: int) -> str:
        return self._hashed.hexdigest() if self._whole and self._size == size else ""


class CompanyFolder(asyncssh.SFTPServer):
    """The folder of one company. Links, folders and changes of owner are refused; closing a ZIP offers it."""

    def __init__(
        self, channel: "asyncssh.SSHServerChannel[bytes]", *, root: Path, offer: Callable[[Upload], None]
    ) -> None:
        login: SftpLogin = channel.get_connection().get_extra_info("login")
        folder = root / login.company_code
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        super().__init__(channel, chroot=os.fsencode(folder))
        self._login = login
        self._offer = offer
        self._hashes: dict[int, _Hash] = {}
        self._just_closed: list[asyncio.Handle] = []
        self._offered: dict[Path, os.stat_result] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        file = super().open(path, pflags, asyncssh.SFTPAttrs(permissions=0o600))
        if pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND):
            self._hashes[id(file)] = _Hash()
        return file

    def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
        if offset + len(data) > _LARGEST:
            raise asyncssh.SFTPError(FX_FAILURE, f"Il file supera il limite di {shown_size(_LARGEST)}.")
        if hashed := self._hashes.get(id(file_obj)):
            hashed.add(offset, data)
        return super().write(file_obj, offset, data)

    def close(self, file_obj: Any) -> None:
        """A clean close offers the file. When a connection is lost the library closes all its files and calls `exit`
        within one step of the event loop: what was to be offered then is taken back.
        """
        hashed = self._hashes.pop(id(file_obj), None)
        path = Path(os.fsdecode(file_obj.name))
        if hashed is not None:
            file_obj.flush()
            digest = hashed.digest(os.fstat(file_obj.fileno()).st_size)
            self._just_closed = [handle for handle in self._just_closed if not handle.cancelled()]
            self._just_closed.append(asyncio.get_running_loop().call_soon(self._settle, path, digest))
        super().close(file_obj)

    def exit(self) -> None:
        for handle in self._just_closed:
            handle.cancel()
        super().exit()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().rename(oldpath, newpath)
        self._settle(self._local(newpath), "")

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(oldpath, newpath)
        self._settle(self._local(newpath), "")

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise asyncssh.SFTPError(FX_PERMISSION_DENIED, "Le cartelle non sono ammesse: depositare i file qui.")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPError(FX_PERMISSION_DENIED, "I collegamenti non sono ammessi.")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPError(FX_PERMISSION_DENIED, "I collegamenti non sono ammessi.")

    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Clients set times and permissions after an upload; permissions stay ours, times tell when it rested."""

    def fsetstat(self, file_obj: Any, attrs: asyncssh.SFTPAttrs) -> None:
        """As `setstat`."""

    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """As `setstat`."""

    def stat(self, path: bytes) -> Any:
        return self._attributes(path, super().stat)

    def lstat(self, path: bytes) -> Any:
        return self._attributes(path, super().lstat)

    def _attributes(self, path: bytes, ask: Callable[[bytes], Any]) -> Any:
        """Many clients look whether what they have just sent is there and whole: it is, though already taken away."""
        try:
            return ask(path)
        except FileNotFoundError:
            offered = self._offered.get(self._local(path))
            if offered is None:
                raise
            return offered

    def _local(self, path: bytes) -> Path:
        return Path(os.fsdecode(self.map_path(path)))

    def _settle(self, path: Path, digest: str) -> None:
        if is_final_name(path.name):
            while len(self._offered) >= _REMEMBERED:
                self._offered.pop(next(iter(self._offered)))
            with contextlib.suppress(FileNotFoundError):  # its sender took it away again at once
                self._offered[path] = path.stat()
            self._offer(Upload(self._login.company_id, self._login.account_id, path, digest))
