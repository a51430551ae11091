import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_invitations"),
        ("segments", "0004_prepared_map"),
    ]

    operations = [
        migrations.AddField(
            model_name="segmentmembership",
            name="moves",
            field=models.JSONField(
                default=list,
                db_default=[],
                help_text="month, number before (0: unknown), number then; month as 12·year+month−1",
            ),
        ),
        migrations.CreateModel(
            name="MonthFlow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("artifact_id", models.BigIntegerField()),
                ("month", models.PositiveIntegerField(help_text="12·year+month−1")),
                ("source", models.PositiveSmallIntegerField(help_text="0: newcomers")),
                ("target", models.PositiveSmallIntegerField()),
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
                        fields=["shop", "artifact_id", "month", "source", "target"], name="one_flow_per_month"
                    )
                ],
            },
        ),
    ]
