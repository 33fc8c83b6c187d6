from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "smartbill.apps.audit"
    label = "audit"
