import hashlib

import django.db.models.deletion
import notifications.domain.states
from django.db import migrations, models


def carry_over(apps, schema_editor):
    """Hash the addresses, keep what was said, and leave what the older machine did not know to a person, as it said it would."""
    Message = apps.get_model("notifications", "Message")
    left = {"accepted", "shown", "unknown"}
    changed = []
    rows = Message.objects.select_related("contact_point", "patient").only(
        "state", "channel", "text", "settled_at", "lease_until", "due_at", "contact_point__value", "patient__language"
    )
    fields = ["address_hash", "language", "facts", "handed_at", "provider", "state", "lease_until"]
    for row in rows.iterator(chunk_size=2000):
        if row.contact_point:
            row.address_hash = hashlib.sha256(row.contact_point.value.strip().lower().encode()).hexdigest()
        row.language = row.patient.language
        row.facts = {"text": row.text} if row.text else {}
        row.handed_at = row.settled_at if row.state in left else None
        row.provider = {"sms": "twilio", "email": "smtp"}[row.channel] if row.state in ("accepted", "unknown") else ""
        row.state = "abandoned" if row.state == "unknown" else row.state
        if row.state in ("claimed", "sending") and row.lease_until is None:
            row.lease_until = row.due_at
        changed.append(row)
        if len(changed) == 2000:
            Message.objects.bulk_update(changed, fields)
            changed.clear()
    Message.objects.bulk_update(changed, fields)


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0003_downtime'),
        ('notifications', '0001_initial'),
        ('patients', '0002_life_and_record'),
        ('scheduling', '0004_operations'),
    ]

    operations = [
        migrations.CreateModel(
            name='InboundMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=12)),
                ('provider_sid', models.CharField(max_length=120)),
                ('address', models.CharField(max_length=254)),
                ('address_hash', models.CharField(max_length=64)),
                ('to_address', models.CharField(max_length=254)),
                ('body', models.TextField(blank=True)),
                ('received_at', models.DateTimeField()),
                ('handled_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, max_length=24)),
            ],
        ),
        migrations.CreateModel(
            name='Pace',
            fields=[
                ('channel', models.CharField(max_length=8, primary_key=True, serialize=False)),
                ('tokens', models.FloatField()),
                ('filled_at', models.DateTimeField()),
                ('paused_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ProviderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=12)),
                ('event_key', models.CharField(max_length=160)),
                ('provider_sid', models.CharField(max_length=120)),
                ('status', models.CharField(max_length=16)),
                ('error_code', models.CharField(blank=True, max_length=16)),
                ('payload_hash', models.CharField(max_length=64)),
                ('received_at', models.DateTimeField()),
                ('applied_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Sender',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('epoch', models.CharField(max_length=64)),
                ('armed_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='message',
            name='message_state_known',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_due',
        ),
        migrations.RemoveIndex(
            model_name='message',
            name='message_caps',
        ),
        migrations.AddField(
            model_name='message',
            name='address_hash',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='message',
            name='body_hash',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='message',
            name='error_code',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='message',
            name='facts',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='message',
            name='handed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='language',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='message',
            name='merged_into',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='notifications.message'),
        ),
        migrations.AddField(
            model_name='message',
            name='offer',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.slotoffer'),
        ),
        migrations.AddField(
            model_name='message',
            name='provider',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name='message',
            name='provider_status',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='message',
            name='quarantine_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='message',
            name='related_person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.relatedperson'),
        ),
        migrations.AddField(
            model_name='message',
            name='resends',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='message',
            name='unknown_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='messageattempt',
            name='http_status',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='messageattempt',
            name='worker',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name='message',
            name='channel',
            field=models.CharField(max_length=8),
        ),
        migrations.AlterField(
            model_name='message',
            name='course',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scheduling.course'),
        ),
        migrations.AlterField(
            model_name='message',
            name='kind',
            field=models.CharField(max_length=24),
        ),
        migrations.AlterField(
            model_name='message',
            name='patient',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patient'),
        ),
        migrations.AlterField(
            model_name='message',
            name='provider_sid',
            field=models.CharField(max_length=120, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('pending', 'pending'), ('claimed', 'claimed'), ('sending', 'sending'), ('accepted', 'accepted'), ('sent', 'sent'), ('delivered', 'delivered'), ('undelivered', 'undelivered'), ('failed', 'failed'), ('shown', 'shown'), ('unknown', 'unknown'), ('abandoned', 'abandoned'), ('dead', 'dead'), ('unreachable', 'unreachable'), ('skipped_stale', 'skipped_stale'), ('skipped_changed', 'skipped_changed'), ('skipped_merged', 'skipped_merged'), ('skipped_list', 'skipped_list'), ('suppressed', 'suppressed')], default=notifications.domain.states.MessageState['PENDING'], max_length=16),
        ),
        migrations.AlterField(
            model_name='messageattempt',
            name='provider_sid',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name='messageattempt',
            name='step',
            field=models.CharField(choices=[('started', 'started'), ('ended', 'ended'), ('looked_up', 'looked_up')], max_length=10),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='channel',
            field=models.CharField(max_length=8),
        ),
        migrations.AddField(
            model_name='inboundmessage',
            name='patient',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.patient'),
        ),
        migrations.AddField(
            model_name='inboundmessage',
            name='site',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site'),
        ),
        migrations.AddField(
            model_name='message',
            name='inbound',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='notifications.inboundmessage'),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='message',
            name='text',
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['channel', 'send_by'], name='message_due'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'unknown')), fields=['quarantine_until'], name='message_unknown'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['address_hash', 'handed_at'], name='message_caps'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'claimed', 'sending', 'accepted', 'sent', 'delivered', 'undelivered', 'failed', 'shown', 'unknown', 'abandoned', 'dead', 'unreachable', 'skipped_stale', 'skipped_changed', 'skipped_merged', 'skipped_list', 'suppressed'])), name='message_state_known'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('dedupe_key', ''), _negated=True), name='message_key_given'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('course__isnull', False), ('session__isnull', False), ('offer__isnull', False), ('inbound__isnull', False), _connector='OR'), name='message_about_something'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(('contact_point', None), ('related_person', None), _connector='OR'), name='message_to_one_person'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['claimed', 'sending']), _negated=True), models.Q(('lease_until', None), _negated=True), _connector='OR'), name='message_lease_ends'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merged_into__isnull', False), ('state', 'skipped_merged')), models.Q(models.Q(('state', 'skipped_merged'), _negated=True), ('merged_into', None)), _connector='OR'), name='message_merged_into_another'),
        ),
        migrations.AddConstraint(
            model_name='pace',
            constraint=models.CheckConstraint(condition=models.Q(('tokens__gte', 0)), name='pace_not_overdrawn'),
        ),
        migrations.AddField(
            model_name='providerevent',
            name='message',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='notifications.message'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='sender_one_row'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(condition=models.Q(('handled_at', None)), fields=['id'], name='inboundmessage_waiting'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(fields=['address_hash', 'received_at'], name='inboundmessage_sender'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.UniqueConstraint(fields=('provider', 'provider_sid'), name='inboundmessage_once'),
        ),
        migrations.AddIndex(
            model_name='providerevent',
            index=models.Index(condition=models.Q(('applied_at', None)), fields=['id'], name='providerevent_waiting'),
        ),
        migrations.AddConstraint(
            model_name='providerevent',
            constraint=models.UniqueConstraint(fields=('provider', 'event_key'), name='providerevent_once'),
        ),
    ]
