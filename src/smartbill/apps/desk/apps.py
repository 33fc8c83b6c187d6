from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "smartbill.apps.desk"
    label = "desk"
