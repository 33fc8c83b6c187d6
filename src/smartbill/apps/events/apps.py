from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "smartbill.apps.events"
    label = "events"
