"""Documents come packed: the server need not try to pack them once more, which cost a tenth of the inserts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE archive_bill ALTER COLUMN document SET STORAGE EXTERNAL", migrations.RunSQL.noop
        ),
    ]
