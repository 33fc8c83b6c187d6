"""The keys by which clients know our SFTP server: made once, kept in the database under seal, so that every machine
that serves shows the same ones and a restart changes nothing."""

from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings
from msgspec import Struct

from smartbill.apps.intake.models import SftpHostKey
from smartbill.database.encryption import decrypt, encrypt
from smartbill.usecases.onboarding.ssh_keys import fingerprint

_Pair = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

#: The best first; the last is for clients that know nothing else.
_GENERATE: dict[str, Callable[[], _Pair]] = {
    "ssh-ed25519": Ed25519PrivateKey.generate,
    "ecdsa-sha2-nistp256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ssh-rsa": lambda: rsa.generate_private_key(65537, 3072),
}
KINDS = tuple(_GENERATE)


class HostFingerprint(Struct, frozen=True):
    kind: str
    fingerprint: str  # as ssh-keygen shows it
    public_key: str  # a line for `known_hosts`, without the host


def host_keys(now: datetime) -> list[bytes]:
    """The private keys in OpenSSH form; those that are missing are made. Raises CannotDecrypt.

    Each is sealed anew with the first of the installation's keys, so that an old one can be dropped after a restart.
    """
    secret_keys = settings.SMARTBILL.secret_keys
    found = []
    for kind in KINDS:
        key = SftpHostKey.objects.filter(kind=kind).first() or _make(kind, now)
        plain = decrypt(bytes(key.private_key), bound_to=_bound_to(kind), secret_keys=secret_keys)
        sealed = encrypt(plain, bound_to=_bound_to(kind), secret_keys=secret_keys)
        SftpHostKey.objects.filter(pk=key.pk).update(private_key=sealed)
        found.append(plain.encode())
    return found


def host_fingerprints() -> list[HostFingerprint]:
    """Of the keys that are there; none before the server started for the first time."""
    found = {key.kind: key for key in SftpHostKey.objects.all()}
    return [HostFingerprint(kind, found[kind].fingerprint, found[kind].public_key) for kind in KINDS if kind in found]


def check_host_keys() -> None:
    """Raises CannotDecrypt when one does not open with the installation's keys."""
    for key in SftpHostKey.objects.all():
        decrypt(bytes(key.private_key), bound_to=_bound_to(key.kind), secret_keys=settings.SMARTBILL.secret_keys)


def _make(kind: str, now: datetime) -> SftpHostKey:
    """Of two machines that start at once one makes it, the other takes it."""
    pair = _GENERATE[kind]()
    plain = pair.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    public = pair.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    key, _ = SftpHostKey.objects.get_or_create(
        kind=kind,
        defaults={
            "private_key": encrypt(plain, bound_to=_bound_to(kind), secret_keys=settings.SMARTBILL.secret_keys),
            "public_key": public,
            "fingerprint": fingerprint(public),
            "created_at": now,
        },
    )
    return key


def _bound_to(kind: str) -> str:
    return f"intake_sftphostkey:private_key:{kind}"
