import django.db.models.deletion
from django.db import migrations, models


def unchecked_shop():
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name='+',
        to='accounts.shop',
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('events', '0001_initial'),
    ]

    operations = [
        migrations.DeleteModel(name='EventKey'),
        migrations.CreateModel(
            name='EventKey',
            fields=[
                ('pk', models.CompositePrimaryKey('shop_id', 'event_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('shop', unchecked_shop()),
                ('event_id', models.CharField(max_length=255)),
                ('payload_hash', models.BinaryField(max_length=16)),
            ],
        ),
        migrations.AlterField(model_name='exposure', name='shop', field=unchecked_shop()),
        migrations.AlterField(model_name='impression', name='shop', field=unchecked_shop()),
        migrations.AlterField(model_name='interaction', name='shop', field=unchecked_shop()),
    ]
