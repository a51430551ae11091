"""What visitors chose of slates that two policies made together."""

from django.db import models


class InterleavedDay(models.Model):
    """Sums over the visitors whose first interleaved slate was on `day`; days add up. Of each kind of credit: how many
    chose more items of A's team than of B's, and the other way round; the rest chose as many of each, or nothing."""

    class Credit(models.TextChoices):
        CLICKS = "clicks"
        PURCHASES = "purchases"

    experiment = models.ForeignKey("experiments.Experiment", on_delete=models.CASCADE, related_name="interleaved_days")
    day = models.DateField()
    credit = models.CharField(max_length=10, choices=Credit.choices)
    visitors = models.PositiveIntegerField()
    slates = models.PositiveIntegerField()
    for_a = models.PositiveIntegerField()
    for_b = models.PositiveIntegerField()
    items_a = models.PositiveIntegerField()
    items_b = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "day", "credit"], name="one_interleaved_day_per_credit")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.credit}"

    @property
    def n(self) -> int:
        """Visitors, as days of other experiments call them."""
        return self.visitors
