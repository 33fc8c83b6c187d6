"""Every kept file of a bill is read once a month and held against its hash, so that a later change shows (R41)."""

from datetime import datetime

import structlog
from django.conf import settings
from django.db.models import F

from smartbill.adapters.files.registry import open_store
from smartbill.apps.archive.models import BillFile
from smartbill.apps.companies.queries import directory
from smartbill.core.ports.files import FileStore
from smartbill.database.context import company
from smartbill.usecases.each import for_each
from smartbill.usecases.kept_files import file_fault

_log = structlog.get_logger("smartbill.archive")

#: A twenty-fourth of a day's share at each hour: the files whose number leaves the hour's remainder.
_HOURS = 30 * 24
_CHUNK = 1_000


def check_kept_files(*, now: datetime) -> int:
    """Check this hour's share of all companies; returns how many files are faulty now."""
    hour = int(now.timestamp() // 3600) % _HOURS
    store = open_store(settings.SMARTBILL)
    return sum(for_each(directory(), lambda owner: _check_company(store, owner.id, owner.code, hour)))


def _check_company(store: FileStore, company_id: int, code: str, hour: int) -> int:
    faulty, last = 0, 0
    while True:
        with company(company_id):
            rows = BillFile.objects.annotate(hour=F("id") % _HOURS).filter(hour=hour, id__gt=last)
            files = list(rows.order_by("id").only("id", "digest", "fault")[:_CHUNK])
        for file in files:
            faulty += _check_file(store, company_id, code, file)
        if len(files) < _CHUNK:
            return faulty
        last = files[-1].pk


def _check_file(store: FileStore, company_id: int, code: str, file: BillFile) -> bool:
    fault = file_fault(store, company_id, file.digest)
    if fault is not None:
        _log.error("file of a bill is faulty", company=code, file=file.pk, fault=fault)
    if (fault or "") != file.fault:
        with company(company_id):
            BillFile.objects.filter(pk=file.pk).update(fault=fault or "")
    return fault is not None
