"""Personal data on pages: a link can be forwarded, so it shows enough to recognise oneself and no more."""

_DOT = "•"


def masked_name(name: str) -> str:
    """`M•••• R••••`: the first letter of each word; as many dots whatever the length."""
    return " ".join(word[0] + _DOT * 4 for word in name.split())


def masked_end(text: str, shown: int) -> str:
    """The last signs only: `••••••••501U`. Short texts are hidden whole."""
    text = text.replace(" ", "")
    if not text:
        return ""
    return _DOT * 4 + (text[-shown:] if len(text) >= 2 * shown else "")


def masked_email(address: str) -> str:
    """`m••••@e••••.org`; what is no address is hidden whole."""
    name, at, host = address.rpartition("@")
    if not address or not at or not name or not host:
        return _DOT * 4 if address else ""
    label, dot, ending = host.rpartition(".")
    return f"{name[0]}{_DOT * 4}@{(label or ending)[0]}{_DOT * 4}{dot}{ending if label else ''}"
