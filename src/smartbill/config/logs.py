"""Structured logs on standard error (standard output is for what commands print): one JSON object a line, plain text
in development.

No personal data and no tokens: what looks like one is blanked in the finished line, whoever logged it in whatever form.
"""

import logging
import logging.config
import re
from typing import Any

import structlog

#: What is blanked, and by what: tickets, secrets of providers' calls, e-mail addresses, phone numbers, fiscal codes.
_BLANKED = (
    (re.compile(r"/t/[0-9A-Za-z]{6,}"), "/t/•"),
    (re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{22}(?![0-9A-Za-z])"), "•"),  # a ticket without its address
    (re.compile(r"(/hooks/[^/\s]+/[^/\s]+/[^/\s]+/)[^/\s\"'?]+"), r"\1•"),
    (re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]+"), "•@•"),
    (re.compile(r"\+\d{8,15}|(?<![\w.])(?:00)?(?:39)?3\d{8,9}(?![\w])"), "•"),
    (re.compile(r"\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE), "•"),
)


def redacted(text: str) -> str:
    for pattern, blank in _BLANKED:
        text = pattern.sub(blank, text)
    return text


def _redact_line(_logger: object, _method: str, line: str) -> str:
    return redacted(line)


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def logging_settings(*, development: bool) -> dict[str, Any]:
    """The settings for `logging.config.dictConfig`; structlog and the standard library write alike."""
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False)
        if development
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, _redact_line],
                "foreign_pre_chain": _SHARED,
            }
        },
        "handlers": {"err": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "root": {"handlers": ["err"], "level": "INFO"},
        "loggers": {
            "procrastinate": {"level": "WARNING"},
            "asyncssh": {"level": "WARNING"},
            "pikepdf": {"level": "WARNING"},
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
