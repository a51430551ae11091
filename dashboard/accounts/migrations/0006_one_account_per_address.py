import logging

from django.db import migrations, models
from django.db.models.functions import Lower

logger = logging.getLogger(__name__)


def tell_apart(apps, schema_editor):
    """Of accounts whose addresses differ in large and small letters alone, the oldest keeps its own. Each other one is
    still there, with its shops and its password, under an address that begins with its number: nothing tells whether
    they are of one person, so none is given what another had."""
    users = apps.get_model("accounts", "User").objects
    seen = set()
    for user in users.order_by("pk"):
        if user.email.lower() in seen:
            new = f"{user.pk}.{user.email}"[:254]
            logger.warning("The account %s signs in as %s now: an older one has its address.", user.email, new)
            users.filter(pk=user.pk).update(email=new)
        seen.add(user.email.lower())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_invitations")]

    operations = [
        migrations.RunPython(tell_apart, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(Lower("email"), name="one_account_per_address"),
        ),
    ]
