from django.db import migrations

from smartbill.database.functions import definer_function


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [
        definer_function(
            "smartbill_sftp_account(login text)",
            "TABLE (id bigint, company_id bigint, company_code text, password text, public_keys text[])",
            """SELECT a.id, a.company_id, c.code::text, a.password::text,
                      coalesce((SELECT array_agg(k.public_key ORDER BY k.id) FROM intake_sftpkey k
                                WHERE k.account_id = a.id), '{}')
               FROM intake_sftpaccount a JOIN companies_company c ON c.id = a.company_id
               WHERE a.username = login AND a.active AND c.active""",
        ),
    ]
