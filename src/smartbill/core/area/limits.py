"""What a company's area holds unless an account says otherwise."""

from typing import Final

GIB: Final = 1 << 30

#: Bytes and files that may lie in the folder for deliveries; what is taken in leaves it.
QUOTA_BYTES: Final = 16 * GIB
QUOTA_FILES: Final = 200
#: The most that an account may be given.
_MOST_GIB, _MOST_FILES = 1024, 10_000
#: Of the disk so much is left free, whatever the quotas say.
DISK_RESERVE_BYTES: Final = 1 * GIB


def quota_mistake(gib: int, files: int) -> str:
    """Why an account can't have this quota, in Italian; empty when it can."""
    if 1 <= gib <= _MOST_GIB and 1 <= files <= _MOST_FILES:
        return ""
    return "Lo spazio va da 1 a 1024 GiB, i file da 1 a 10.000."
