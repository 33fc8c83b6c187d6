from django.apps import AppConfig


class CompaniesConfig(AppConfig):
    name = "smartbill.apps.companies"
    label = "companies"
