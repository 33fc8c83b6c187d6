from django.db import migrations

from smartbill.database.partitions import ADD_PARTITION, make_partitioned


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]

    operations = [
        migrations.RunSQL(
            ADD_PARTITION
            + """;
            REVOKE ALL ON FUNCTION smartbill_add_partition FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION smartbill_add_partition TO smartbill_app, smartbill_sweep;
            """,
            "DROP FUNCTION smartbill_add_partition",
        ),
        make_partitioned("tickets_visit", "at"),
        migrations.RunSQL("CREATE INDEX visit_by_ticket ON tickets_visit (ticket_id, at)", migrations.RunSQL.noop),
    ]
