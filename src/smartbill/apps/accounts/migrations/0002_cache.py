from django.db import migrations


class Migration(migrations.Migration):
    """The table of Django's database cache, as `createcachetable` makes it."""

    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE accounts_cache (
              cache_key varchar(255) NOT NULL PRIMARY KEY,
              value text NOT NULL,
              expires timestamptz NOT NULL
            );
            CREATE INDEX accounts_cache_expires ON accounts_cache (expires);
            """,
            "DROP TABLE accounts_cache",
        )
    ]
