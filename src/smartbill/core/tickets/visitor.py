"""A visitor without a name: tells two visits of one ticket apart, and nothing across tickets."""

import hmac
from collections.abc import Sequence

from smartbill.core.keys import derive_key


def visitor_hash(*, client_address: str, user_agent: str, ticket_id: int, secret_keys: Sequence[str]) -> int:
    """63 bits of a keyed hash; neither address nor agent can be found from it without the key."""
    text = f"{ticket_id}\n{client_address}\n{user_agent}".encode()
    digest = hmac.digest(derive_key(secret_keys[0], "visitors"), text, "sha256")
    return int.from_bytes(digest[:8]) >> 1
