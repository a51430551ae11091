import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("experiments", "0009_own_metrics")]

    operations = [
        migrations.AddField(
            model_name="experiment",
            name="is_interleaved",
            field=models.BooleanField(
                default=False, help_text="A and B make each slate together; what is clicked says which is preferred"
            ),
        ),
        migrations.CreateModel(
            name="InterleavedDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "credit",
                    models.CharField(choices=[("clicks", "Clicks"), ("purchases", "Purchases")], max_length=10),
                ),
                ("visitors", models.PositiveIntegerField()),
                ("slates", models.PositiveIntegerField()),
                ("for_a", models.PositiveIntegerField()),
                ("for_b", models.PositiveIntegerField()),
                ("items_a", models.PositiveIntegerField()),
                ("items_b", models.PositiveIntegerField()),
                (
                    "experiment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="interleaved_days",
                        to="experiments.experiment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("experiment", "day", "credit"), name="one_interleaved_day_per_credit"
                    )
                ],
            },
        ),
    ]
