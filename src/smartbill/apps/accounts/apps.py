from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartbill.apps.accounts"
    label = "accounts"
