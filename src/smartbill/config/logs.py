"""Structured logs on standard output: one JSON object a line (plain text in development).

No personal data and no tokens: a filter blanks what looks like a ticket in an address, whoever logged it.
"""

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

#: the 22 characters of a ticket after `/t/`
_TICKET = re.compile(r"/t/[0-9A-Za-z]{6,}")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+|\+\d{8,15}")


def redacted(text: str) -> str:
    return _ADDRESS.sub("•@•", _TICKET.sub("/t/•", text))


def _redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = redacted(value)
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    _redact,
]


def logging_settings(*, development: bool) -> dict[str, Any]:
    """The settings for `logging.config.dictConfig`; structlog and the standard library write alike."""
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False) if development else structlog.processors.JSONRenderer()
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["out"], "level": "INFO"},
        "loggers": {
            "procrastinate": {"level": "WARNING"},
            "asyncssh": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},
            "django.security": {"level": "ERROR"},
        },
    }


def configure_logs(settings: dict[str, Any]) -> None:
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
