from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "smartbill.apps.tickets"
    label = "tickets"
