from django.db import migrations, models


class Migration(migrations.Migration):
    """A column that is null: added without writing the table anew. What is claimed already stays as it is."""

    dependencies = [("events", "0011_arrivals")]

    operations = [
        migrations.AddField(model_name="eventkey", name="low_trust_at", field=models.DateTimeField(null=True)),
    ]
