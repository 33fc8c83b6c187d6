"""What a load balancer asks: does this process answer, and can it do its work. No data of anybody."""

from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers and its schema is at least that of this program; else 503."""
    try:
        # A newer schema is no reason to refuse: during an update both programs run.
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return JsonResponse({"ready": False, "reason": "database"}, status=503)
    if not _schema_of_this_program() <= set(applied):
        return JsonResponse({"ready": False, "reason": "schema"}, status=503)
    return JsonResponse({"ready": True})


@cache
def _schema_of_this_program() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).graph.leaf_nodes())
