from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "smartbill.apps.intake"
    label = "intake"
