"""From the settings to the store that they name."""

from pathlib import Path

from smartbill.adapters.files.local import LocalStore
from smartbill.core.ports.files import FileStore
from smartbill.core.settings import Settings

_PREFIX = "file:"


def open_store(settings: Settings) -> FileStore:
    """The store of an installation: by default the folder `files` of its home."""
    folder = settings.files.removeprefix(_PREFIX).removeprefix("//")
    return LocalStore(Path(folder) if folder else settings.home / "files")
