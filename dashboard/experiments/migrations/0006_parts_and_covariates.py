"""Sums of the covariates of ratios, and of the parts of an experiment's visitors."""

import django.db.models.deletion
from django.db import migrations, models

SUMS = ("sum_c", "sum_cc", "sum_cy", "sum_cx")


class Migration(migrations.Migration):
    dependencies = [("experiments", "0005_design")]

    operations = [
        *(migrations.AddField("dailymoment", name, models.FloatField(default=0)) for name in SUMS),
        migrations.CreateModel(
            name="PartMoment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("n", models.PositiveIntegerField()),
                ("sum_y", models.FloatField()),
                ("sum_yy", models.FloatField()),
                *((name, models.FloatField(default=0)) for name in ("sum_x", "sum_xx", "sum_xy", *SUMS)),
                ("part", models.CharField(max_length=60)),
                ("variant", models.CharField(max_length=1)),
                ("day", models.DateField()),
                ("metric", models.CharField(max_length=40)),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="part_moments",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["experiment", "part", "variant", "day", "metric"], name="one_moment_per_part_and_day"
                    )
                ]
            },
        ),
    ]
