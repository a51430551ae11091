"""What was learned, found by tags; what was expected before the start."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0006_parts_and_covariates")]

    operations = [
        migrations.AddField(
            "experiment",
            "archived_at",
            models.DateTimeField(null=True, blank=True, help_text="the list leaves it out, the register does not"),
        ),
        migrations.AddField(
            "experiment",
            "tags",
            models.JSONField(default=list, blank=True, help_text="what it taught of, in a word each"),
        ),
        migrations.AddField(
            "experiment",
            "predicted",
            models.JSONField(
                default=dict,
                blank=True,
                help_text="change of clicks per slate, estimated at the start: {change, low, high}",
            ),
        ),
    ]
