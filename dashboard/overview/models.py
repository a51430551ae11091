"""What a merchant put off: lines of the inbox that come back by themselves."""

from django.conf import settings
from django.db import models


class PutOff(models.Model):
    """A line of the inbox that stays hidden `until` a moment. `key` names the state that it tells of, not its words:
    when the state changes, the key does, and the line is there at once."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    until = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="one_put_off_per_line")]

    def __str__(self) -> str:
        return f"{self.key} of {self.shop_id} until {self.until}"
