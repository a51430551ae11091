"""Variants that show nothing, A/A tests, an audience, a schedule and a ramp."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0004_verdict_of_last_refresh")]

    operations = [
        migrations.AddField(
            "variant",
            "shows_nothing",
            models.BooleanField(
                default=False, help_text="its slates are empty, whatever the policy; they are logged all the same"
            ),
        ),
        migrations.AddField(
            "experiment",
            "is_aa",
            models.BooleanField(
                default=False, help_text="all variants are what is published: it tests the split and the statistics"
            ),
        ),
        migrations.AddField(
            "experiment",
            "audience_id",
            models.BigIntegerField(
                blank=True, null=True, help_text="who is not in it gets what is published, and is not counted"
            ),
        ),
        migrations.AddField(
            "experiment",
            "starts_at",
            models.DateTimeField(blank=True, null=True, help_text="when the draft begins by itself"),
        ),
        migrations.AddField(
            "experiment",
            "ends_at",
            models.DateTimeField(blank=True, null=True, help_text="when it stops by itself"),
        ),
        migrations.AddField(
            "experiment",
            "ramp",
            models.JSONField(
                blank=True,
                default=list,
                help_text="steps of its share of the visitors by days since the start: [{day, share}], rising",
            ),
        ),
    ]
