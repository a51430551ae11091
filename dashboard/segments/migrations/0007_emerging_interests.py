import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations"),
        ("segments", "0006_figures"),
    ]

    operations = [
        migrations.AddField(
            model_name="segmentmembership",
            name="emerging",
            field=models.PositiveSmallIntegerField(
                db_default=0, default=0, help_text="number of the emerging interest, 0 for none"
            ),
        ),
        migrations.AddIndex(
            model_name="segmentmembership",
            index=models.Index(
                condition=models.Q(("emerging__gt", 0)),
                fields=["shop", "artifact_id", "emerging"],
                name="membership_of_emerging",
            ),
        ),
        migrations.CreateModel(
            name="EmergingInterest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("artifact_id", models.BigIntegerField()),
                ("number", models.PositiveSmallIntegerField(help_text="from 1, the largest first")),
                ("items", models.JSONField(help_text="[item_id], most chosen first")),
                (
                    "ratio",
                    models.FloatField(help_text="their share of recent visitors over that of the weeks before"),
                ),
                ("low", models.FloatField()),
                ("high", models.FloatField()),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.shop",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["shop", "artifact_id", "number"], name="one_emerging_interest_per_number"
                    )
                ],
            },
        ),
    ]
