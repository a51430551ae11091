from django.db import migrations, models
from django.utils import timezone


def end_now(apps, schema_editor):
    """What was left out so far stays so; what comes from now on is judged anew."""
    apps.get_model("events", "BotVisitor").objects.update(until=timezone.now())


class Migration(migrations.Migration):
    """A mark that rests on what anybody could send covers a time, no longer a visitor for good."""

    dependencies = [("events", "0012_low_trust_claims")]

    operations = [
        migrations.AddField(
            model_name="botvisitor",
            name="since",
            field=models.DateTimeField(blank=True, help_text="what came before counts; empty: nothing did", null=True),
        ),
        migrations.AddField(
            model_name="botvisitor",
            name="until",
            field=models.DateTimeField(blank=True, help_text="what comes later counts; empty: nothing does", null=True),
        ),
        migrations.RunPython(end_now, migrations.RunPython.noop),
    ]
