from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="export",
            name="form",
            field=models.CharField(
                choices=[("jsonl", "JSON lines"), ("csv", "CSV")], default="jsonl", max_length=5
            ),
        ),
    ]
