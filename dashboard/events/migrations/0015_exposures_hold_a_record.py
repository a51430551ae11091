"""Exposures keep all that their slates were drawn from; those from before stay as they are."""

import django.db.models.deletion
from django.db import migrations, models


def stored_small(apps, schema_editor):
    """Records come compressed; items are compressed too, and stay with their row, which sums of days read."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_exposure ALTER COLUMN record SET STORAGE EXTERNAL")
        cursor.execute("ALTER TABLE events_exposure ALTER COLUMN items SET STORAGE MAIN")
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events_exposure'::regclass")
        for (month,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {month} SET (toast_tuple_target = 128)")


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_one_account_per_address'),
        ('events', '0014_audiences'),
    ]

    operations = [
        migrations.AddField(
            model_name='exposure',
            name='record',
            field=models.BinaryField(null=True),
        ),
        migrations.AlterField(
            model_name='exposure',
            name='candidates',
            field=models.JSONField(null=True),
        ),
        migrations.RunPython(stored_small, migrations.RunPython.noop),
        migrations.CreateModel(
            name='LoggedPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('policy_hash', models.CharField(max_length=16)),
                ('knobs', models.JSONField()),
                ('rules', models.JSONField()),
                ('shop', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'policy_hash'), name='one_logged_policy_per_hash')],
            },
        ),
    ]
