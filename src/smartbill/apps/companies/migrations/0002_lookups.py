from django.db import migrations

from smartbill.database.functions import definer_function


class Migration(migrations.Migration):
    dependencies = [("companies", "0001_initial")]

    operations = [
        definer_function(
            "smartbill_companies()",
            "TABLE (id bigint, code text, name text, host text)",
            "SELECT id, code::text, name::text, host::text FROM companies_company WHERE active ORDER BY code",
        ),
        definer_function(
            "smartbill_staff_places(login bigint)",
            "TABLE (company_id bigint, code text, name text, role text, own_operator boolean)",
            """SELECT c.id, c.code::text, c.name::text, s.role::text, c.own_operator
               FROM companies_staff s JOIN companies_company c ON c.id = s.company_id
               WHERE s.user_id = login AND s.active AND c.active ORDER BY c.name, c.id""",
        ),
    ]
