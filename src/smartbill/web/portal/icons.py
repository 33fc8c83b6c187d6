"""The signs of the customer's pages: one path each, drawn by the stylesheet's pen in the colour of the text."""

from markupsafe import Markup

_PATHS = {
    "ok": "M4 12.5l5 5L20 6.5",
    "no": "M6 6l12 12M18 6L6 18",
    "down": "M12 4v11M7 10.5l5 5 5-5M5 20h14",
    "cal": "M4 6h16v14H4zM4 10.5h16M8 3v5M16 3v5",
    "clock": "M12 3a9 9 0 1 0 .01 0M12 7v5l3.5 2",
    "warn": "M12 3.5L2.5 20h19zM12 10v4.5M12 17.2v.1",
    "info": "M12 3a9 9 0 1 0 .01 0M12 11v5.5M12 7.6v.1",
    "bank": "M4 10l8-6 8 6M5 10h14M6.5 10v8M12 10v8M17.5 10v8M4 20h16",
    "electricity": "M13 3L5 14h6l-1 7 8-11h-6z",
    "gas": "M12 3c1 4 6 6 6 11a6 6 0 0 1-12 0c0-2 1-3.500 2.500-5 .5 2 1.500 2.500 2 2.500C10 8.500 10.500 5.500 12 3z",
    "water": "M12 3.500c3.500 4.200 6 7.300 6 10.500a6 6 0 0 1-12 0c0-3.200 2.500-6.300 6-10.500z",
    "other": "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
    "phone": (
        "M6 3h4l1.500 5-2.500 1.500a12 12 0 0 0 5.500 5.500L16 12.500l5 1.500v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5"
        "a2 2 0 0 1 2-2z"
    ),
    "go": "M9 5l7 7-7 7",
    "up": "M12 20V5M6 11l6-6 6 6",
    "low": "M12 4v15M6 13l6 6 6-6",
    "same": "M5 9.500h14M5 14.500h14",
}
_ICONS = {
    name: Markup(  # noqa: S704 (our own paths)
        f'<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{path}"/></svg>'
    )
    for name, path in _PATHS.items()
}


def icon(name: str) -> Markup:
    """Raises KeyError for a sign that there is not."""
    return _ICONS[name]
