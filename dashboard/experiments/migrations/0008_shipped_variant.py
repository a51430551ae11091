"""Which of several variants was published; of experiments with two it was B."""

from django.db import migrations, models


def name_b(apps, schema_editor):
    apps.get_model("experiments", "Experiment").objects.filter(state="shipped").update(shipped_variant="B")


class Migration(migrations.Migration):
    dependencies = [("experiments", "0007_register")]

    operations = [
        migrations.AddField(
            "experiment",
            "shipped_variant",
            models.CharField(blank=True, max_length=1, help_text="the variant that was published for everyone"),
        ),
        migrations.RunPython(name_b, migrations.RunPython.noop),
    ]
