from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "smartbill.apps.payments"
    label = "payments"
