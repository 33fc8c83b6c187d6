"""What a company's area holds unless an account says otherwise."""

from typing import Final

_GIB = 1 << 30

#: Bytes and files that may lie in the folder for deliveries; what is taken in leaves it.
QUOTA_BYTES: Final = 16 * _GIB
QUOTA_FILES: Final = 200
#: Of the disk so much is left free, whatever the quotas say.
DISK_RESERVE_BYTES: Final = 1 * _GIB
