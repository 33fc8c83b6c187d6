from django.db import migrations

from smartbill.database.partitions import ADD_PARTITION


class Migration(migrations.Migration):
    dependencies = [("tickets", "0004_alter_batch_kind")]

    operations = [migrations.RunSQL(ADD_PARTITION, migrations.RunSQL.noop)]
