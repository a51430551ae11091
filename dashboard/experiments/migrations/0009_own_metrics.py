import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("experiments", "0008_shipped_variant"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OwnMetric",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                (
                    "event_type",
                    models.CharField(
                        choices=[
                            ("view_item", "viewed"),
                            ("add_to_cart", "added to cart"),
                            ("remove_from_cart", "removed from cart"),
                            ("add_to_wishlist", "added to wishlist"),
                            ("purchase", "bought"),
                            ("refund", "returned"),
                            ("view_item_list", "saw in a list"),
                            ("select_item", "clicked in a list"),
                            ("search", "searched"),
                            ("not_interested", "not interested"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "aggregation",
                    models.CharField(
                        choices=[
                            ("any", "whether it happened at all"),
                            ("count", "how often it happened"),
                            ("sum", "its value, summed up"),
                            ("distinct", "of how many different items"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "expression",
                    models.TextField(blank=True, help_text="in the language of recommender.expressions, over items"),
                ),
                ("window_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("delay_hours", models.PositiveSmallIntegerField(default=0)),
                ("cap", models.FloatField(blank=True, null=True)),
                ("higher_is_better", models.BooleanField(default=True)),
                (
                    "guard_limit",
                    models.FloatField(blank=True, help_text="the worst relative change that is tolerated", null=True),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="own_metrics", to="accounts.shop"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="ownmetric",
            constraint=models.UniqueConstraint(
                condition=models.Q(("archived_at__isnull", True)),
                fields=("shop", "name"),
                name="one_own_metric_per_name",
            ),
        ),
    ]
