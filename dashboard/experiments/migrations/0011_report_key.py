from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0010_interleaving")]

    operations = [
        migrations.AddField(
            model_name="experiment",
            name="report_key",
            field=models.CharField(
                blank=True,
                default="",
                help_text="what the links of its report are signed with; empty: there are none",
                max_length=32,
            ),
            preserve_default=False,
        ),
    ]
