import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0006_one_account_per_address'),
    ]

    operations = [
        migrations.CreateModel(
            name='Learning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('artifact_id', models.BigIntegerField()),
                ('learned_until', models.DateTimeField()),
                ('counted_at', models.DateTimeField(help_text='when the sums began')),
                ('revision', models.BigIntegerField()),
                ('counted_revision', models.BigIntegerField()),
                ('reference_seconds', models.FloatField(help_text='popularity is counted as of this second')),
                ('newest_seconds', models.FloatField(help_text='of all that is known')),
                ('interactions', models.PositiveBigIntegerField(default=0, help_text='that were taken in')),
                ('pairs', models.PositiveIntegerField(default=0, help_text='rows of PairUpdate')),
                ('is_rewritten', models.BooleanField(default=False, help_text='visitors were joined or erased since the sums began')),
                ('shop', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.shop')),
            ],
        ),
        migrations.CreateModel(
            name='ItemUpdate',
            fields=[
                ('pk', models.CompositePrimaryKey('shop_id', 'item_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('item_id', models.CharField(max_length=255)),
                ('popularity', models.FloatField()),
                ('interactions', models.BigIntegerField()),
                ('revision', models.BigIntegerField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.shop')),
            ],
            options={
                'indexes': [models.Index(fields=['shop', 'revision'], name='item_update_by_revision')],
            },
        ),
        migrations.CreateModel(
            name='PairUpdate',
            fields=[
                ('pk', models.CompositePrimaryKey('shop_id', 'source_id', 'target_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.CharField(max_length=255)),
                ('target_id', models.CharField(max_length=255)),
                ('weight', models.FloatField()),
                ('revision', models.BigIntegerField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.shop')),
            ],
            options={
                'indexes': [models.Index(fields=['shop', 'revision'], name='pair_update_by_revision')],
            },
        ),
    ]
