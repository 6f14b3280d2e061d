"""Phones, web phones' lines, trunks, calls; walls around them, and what the switch reads of them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

from rollcall.calling import switch_schema
from rollcall.tenants import isolation

OF_TENANTS = ("device", "line", "callsettings", "trunk", "trunkstate", "trunknumber", "call")
OF_EXTENSIONS = ("device", "line")


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0003_sessions_of_directory'),
        ('telephony', '0009_words'),
        ('tenants', '0003_tables_for_the_doctor'),
    ]

    operations = [
        migrations.CreateModel(
            name='CallSettings',
            fields=[
                ('tenant', models.OneToOneField(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='tenants.tenant')),
                ('emergency_numbers', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=6), null=True, size=None)),
            ],
        ),
        migrations.CreateModel(
            name='SwitchCount',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('value', models.BigIntegerField()),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TrunkState',
            fields=[
                ('tenant', models.OneToOneField(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='tenants.tenant')),
                ('state', models.CharField(choices=[('unknown', 'Unknown'), ('registered', 'Registered'), ('ready', 'Ready'), ('refused', 'Refused'), ('silent', 'Silent')], default='unknown', max_length=10)),
                ('detail', models.TextField(blank=True, default='')),
                ('since', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Trunk',
            fields=[
                ('tenant', models.OneToOneField(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='tenants.tenant')),
                ('enabled', models.BooleanField(default=True)),
                ('kind', models.CharField(choices=[('registration', 'Registration'), ('address', 'Address')], max_length=12)),
                ('host', models.CharField(max_length=253)),
                ('proxy', models.CharField(blank=True, default='', max_length=253)),
                ('port', models.IntegerField(null=True)),
                ('transport', models.CharField(choices=[('udp', 'Udp'), ('tcp', 'Tcp'), ('tls', 'Tls')], default='udp', max_length=3)),
                ('username', models.CharField(blank=True, default='', max_length=64)),
                ('password_sealed', models.BinaryField(null=True)),
                ('password_at', models.DateTimeField(null=True)),
                ('addresses', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=43), default=list, size=None)),
                ('number_format', models.CharField(choices=[('plus', 'Plus'), ('digits', 'Digits'), ('national', 'National')], default='plus', max_length=8)),
                ('main_number', models.BigIntegerField(null=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ('registration', 'address'))), name='trunk_kind'), models.CheckConstraint(condition=models.Q(('transport__in', ('udp', 'tcp', 'tls'))), name='trunk_transport'), models.CheckConstraint(condition=models.Q(('number_format__in', ('plus', 'digits', 'national'))), name='trunk_format'), models.CheckConstraint(condition=models.Q(('port__gte', 1), ('port__lte', 65535)), name='trunk_port'), models.CheckConstraint(condition=models.Q(('kind', 'address'), models.Q(('username', ''), _negated=True), _connector='OR'), name='trunk_registers'), models.CheckConstraint(condition=models.Q(('main_number__isnull', True), models.Q(('main_number__gte', 1000), ('main_number__lt', 1000000000000000)), _connector='OR'), name='trunk_main_number')],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sip_call_id', models.TextField(db_collation='C')),
                ('direction', models.CharField(choices=[('internal', 'Internal'), ('inbound', 'Inbound'), ('outbound', 'Outbound')], max_length=8)),
                ('caller_number', models.CharField(blank=True, default='', max_length=64)),
                ('callee_number', models.CharField(blank=True, default='', max_length=64)),
                ('began_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField()),
                ('seconds', models.IntegerField(default=0)),
                ('result', models.CharField(choices=[('answered', 'Answered'), ('cancelled', 'Cancelled'), ('no-answer', 'No Answer'), ('busy', 'Busy'), ('declined', 'Declined'), ('unreachable', 'Unreachable'), ('refused', 'Refused'), ('failed', 'Failed')], max_length=11)),
                ('sip_code', models.SmallIntegerField(default=0)),
                ('emergency', models.BooleanField(default=False)),
                ('callee', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telephony.extension')),
                ('caller', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telephony.extension')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', '-began_at', '-id'], name='call_newest'), models.Index(fields=['tenant', 'caller', '-began_at', '-id'], name='call_caller'), models.Index(fields=['tenant', 'callee', '-began_at', '-id'], name='call_callee'), models.Index(fields=['tenant', 'result', '-began_at', '-id'], name='call_by_result'), models.Index(fields=['tenant', 'direction', '-began_at', '-id'], name='call_by_direction')],
                'constraints': [models.CheckConstraint(condition=models.Q(('direction__in', ('internal', 'inbound', 'outbound'))), name='call_direction'), models.CheckConstraint(condition=models.Q(('seconds__gte', 0), models.Q(('result', 'answered'), ('seconds', 0), _connector='OR')), name='call_seconds')],
            },
        ),
        migrations.CreateModel(
            name='Device',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.TextField()),
                ('username', models.CharField(db_collation='C', max_length=32)),
                ('realm', models.CharField(max_length=253)),
                ('ha1', models.CharField(max_length=32)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('password_at', models.DateTimeField()),
                ('extension', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telephony.extension')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(models.F('tenant'), models.F('extension'), name='device_extension')],
                'constraints': [models.UniqueConstraint(models.F('username'), name='device_username'), models.CheckConstraint(condition=models.Q(('username__regex', '^[0-9]+-[a-z0-9]{4,16}$')), name='device_username_shape'), models.CheckConstraint(condition=models.Q(('ha1__regex', '^[0-9a-f]{32}$')), name='device_ha1_shape')],
            },
        ),
        migrations.CreateModel(
            name='Line',
            fields=[
                ('username', models.CharField(db_collation='C', max_length=32, primary_key=True, serialize=False)),
                ('session', models.UUIDField()),
                ('realm', models.CharField(max_length=253)),
                ('ha1', models.CharField(max_length=32)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('extension', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telephony.extension')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(models.F('tenant'), models.F('extension'), name='line_extension'), models.Index(models.F('expires_at'), name='line_expires')],
                'constraints': [models.CheckConstraint(condition=models.Q(('username__regex', '^w[a-z0-9]{15,31}$')), name='line_username_shape'), models.CheckConstraint(condition=models.Q(('ha1__regex', '^[0-9a-f]{32}$')), name='line_ha1_shape')],
            },
        ),
        migrations.CreateModel(
            name='TrunkNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('shown', models.BooleanField(default=True)),
                ('extension', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='telephony.extension')),
                ('tenant', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='tenants.tenant')),
            ],
            options={
                'indexes': [models.Index(models.F('tenant'), models.F('extension'), models.F('number'), name='trunk_number_extension'), models.Index(models.F('tenant'), django.db.models.functions.comparison.Cast('number', models.CharField()), name='trunk_number_dialled')],
                'constraints': [models.UniqueConstraint(models.F('tenant'), models.F('number'), name='trunk_number'), models.CheckConstraint(condition=models.Q(('number__gte', 1000), ('number__lt', 1000000000000000)), name='trunk_number_shape')],
            },
        ),
        *(isolation.belongs_to_tenant(f"calling_{name}") for name in OF_TENANTS),
        *(isolation.isolate(f"calling_{name}") for name in OF_TENANTS),
        *(
            isolation.tenant_reference(f"calling_{name}", ["extension_id"], "telephony_extension")
            for name in OF_EXTENSIONS
        ),
        isolation.tenant_reference(
            "calling_trunknumber",
            ["extension_id"],
            "telephony_extension",
            on_delete="SET NULL (extension_id)",
        ),
        *(
            isolation.tenant_reference(
                "calling_call", [column], "telephony_extension", on_delete=f"SET NULL ({column})"
            )
            for column in ("caller_id", "callee_id")
        ),
        *(isolation.hide_column(f"calling_{name}", "ha1") for name in OF_EXTENSIONS),
        isolation.only_insert("calling_call"),
        isolation.grant_sequences(),
        switch_schema.create_switch_role(),
        switch_schema.create_switch_schema(),
        switch_schema.create_switch_tables(),
        switch_schema.create_switch_views(),
        switch_schema.create_call_record(),
        switch_schema.create_trunk_views(),
        switch_schema.let_go_of_released(),
        isolation.close_to_web("calling_switchcount", "name", "value", "seen_at"),
        isolation.show_to_system("calling_trunkstate", "tenant_id", "state", "since", "seen_at"),
    ]
