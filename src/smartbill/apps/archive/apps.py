from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "smartbill.apps.archive"
    label = "archive"
