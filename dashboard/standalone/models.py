"""What the one-machine default remembers in the database, so that it lives and dies with the data."""

from django.db import models


class Milestone(models.Model):
    """A step of the first start that is never repeated, even after its result was deleted on purpose."""

    name = models.CharField(max_length=60, primary_key=True)
    reached_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
