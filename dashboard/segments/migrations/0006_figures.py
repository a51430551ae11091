import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations"),
        ("segments", "0005_movement"),
    ]

    operations = [
        migrations.CreateModel(
            name="SegmentFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("artifact_id", models.BigIntegerField()),
                ("number", models.PositiveSmallIntegerField(help_text="0: the whole shop")),
                ("figures", models.JSONField()),
                ("summed_at", models.DateTimeField()),
                ("is_stale", models.BooleanField(default=False, help_text="a visitor was erased since")),
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
                        fields=["shop", "artifact_id", "number"], name="one_row_of_figures_per_segment"
                    )
                ],
            },
        ),
    ]
