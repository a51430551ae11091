from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('training', '0007_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='artifact',
            name='beside',
            field=models.JSONField(default=dict, help_text='{version: comparison} with those that were kept when it was made'),
        ),
    ]
