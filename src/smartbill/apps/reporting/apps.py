from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "smartbill.apps.reporting"
    label = "reporting"
