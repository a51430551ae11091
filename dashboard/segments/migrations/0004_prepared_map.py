"""The map of interests is prepared when an artifact is published; of those that are shown already, here."""

import django.db.models.deletion
from django.db import migrations, models

from dashboard.segments.map_sql import CELLS, POINTS


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations"),
        ("events", "0001_initial"),
        ("segments", "0003_numbers_that_stay"),
    ]

    operations = [
        migrations.AddField(
            model_name="segmentmembership",
            name="novelty",
            field=models.FloatField(help_text="mean self-information of what the visitor chose, in bits", null=True),
        ),
        migrations.CreateModel(
            name="MapPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("artifact_id", models.BigIntegerField()),
                ("visitor_id", models.CharField(max_length=255)),
                ("number", models.PositiveSmallIntegerField()),
                ("probability", models.FloatField()),
                ("x", models.FloatField()),
                ("y", models.FloatField()),
                ("novelty", models.FloatField(null=True)),
                (
                    "spent",
                    models.DecimalField(
                        decimal_places=2, default=0, help_text="in the shop's currency", max_digits=16
                    ),
                ),
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
                        fields=["shop", "artifact_id", "visitor_id"], name="one_map_point_per_visitor"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MapCell",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("artifact_id", models.BigIntegerField()),
                ("column", models.IntegerField()),
                ("row", models.IntegerField()),
                ("number", models.PositiveSmallIntegerField()),
                ("visitors", models.PositiveIntegerField()),
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
                        fields=["shop", "artifact_id", "column", "row", "number"], name="one_map_cell_per_place"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            [
                statement.replace("{which}", "TRUE").replace("%%", "%")
                for statement in (CELLS, POINTS)
            ],
            migrations.RunSQL.noop,
        ),
    ]
