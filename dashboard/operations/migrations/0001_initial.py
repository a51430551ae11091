import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('runs_fail', 'Trainings fail'), ('no_events', 'No events arrive'), ('feed_fails', 'A feed cannot be read'), ('disk_full', 'The disk is nearly full'), ('queue_waits', 'Tasks wait'), ('no_worker', 'No worker lives'), ('clock_stands', 'Periodic work stands still')], max_length=20)),
                ('subject', models.CharField(blank=True, help_text='the slug of a shop, or the name of a queue', max_length=80)),
                ('facts', models.JSONField(default=dict)),
                ('told', models.JSONField(default=dict, help_text='{channel: began or ended}: what each was told last')),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('kind', 'subject'), name='one_open_alert_of_a_kind')],
            },
        ),
        migrations.CreateModel(
            name='TaskFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(max_length=120)),
                ('queue', models.CharField(max_length=40)),
                ('arguments', models.JSONField(default=dict, help_text='ids of rows')),
                ('fingerprint', models.CharField(help_text='of task and arguments', max_length=64)),
                ('reason', models.CharField(max_length=500)),
                ('times', models.PositiveIntegerField(default=1)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('retried_at', models.DateTimeField(null=True)),
                ('retried_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['-last_at'], name='task_failure_by_time')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('retried_at__isnull', True)), fields=('fingerprint',), name='one_open_failure_of_a_task')],
            },
        ),
    ]
