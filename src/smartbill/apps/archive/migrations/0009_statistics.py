from django.db import migrations

from smartbill.database.statistics import analysing_function


class Migration(migrations.Migration):
    dependencies = [("archive", "0008_contacts_by_company")]

    operations = [
        analysing_function(
            "smartbill_analyse_archive",
            [
                "archive_bill",
                "archive_billfile",
                "archive_billsupply",
                "archive_consent",
                "archive_contact",
                "archive_customer",
                "archive_documentkey",
            ],
        ),
    ]
