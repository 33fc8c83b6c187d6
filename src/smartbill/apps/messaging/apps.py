from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "smartbill.apps.messaging"
    label = "messaging"
