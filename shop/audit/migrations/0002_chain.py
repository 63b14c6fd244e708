"""The chain, kept by the database: whoever inserts, the entry takes the next number and the hash that follows."""

from django.db import migrations, models

# The lock is held until the transaction ends, so entries are numbered in the order in which they are committed, without
# gaps. json.dumps writes the text that is hashed as PostgreSQL does; shop/audit/chain.py computes it again.
CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_chain'));
    SELECT id, hash INTO last FROM audit_auditentry ORDER BY id DESC LIMIT 1;
    NEW.id := coalesce(last.id, 0) + 1;
    NEW.hash := sha256(coalesce(last.hash, '') || convert_to(jsonb_build_array(
        NEW.id, NEW.event_id, NEW.name, NEW.stream, NEW.actor, NEW.correlation_id, NEW.summary,
        to_char(NEW.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
    )::text, 'UTF8'));
    RETURN NEW;
END $$;
CREATE TRIGGER audit_entry_chain BEFORE INSERT ON audit_auditentry FOR EACH ROW EXECUTE FUNCTION audit_chain();
"""

# What was written before there was a chain is numbered and chained in its order.
WRITE_AGAIN = """
CREATE TEMPORARY TABLE audit_before ON COMMIT DROP AS SELECT * FROM audit_auditentry;
DELETE FROM audit_auditentry;
INSERT INTO audit_auditentry (event_id, name, stream, actor, correlation_id, summary, occurred_at)
SELECT event_id, name, stream, actor, correlation_id, summary, occurred_at FROM audit_before ORDER BY id;
"""

REFUSE_CHANGES = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % on % refused', TG_OP, TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON audit_auditseal
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField(
            "auditentry", "hash", models.BinaryField(default=b"", verbose_name="hash"), preserve_default=False
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="last entry")),
                ("hash", models.BinaryField(verbose_name="hash")),
                ("sealed_at", models.DateTimeField(verbose_name="sealed at")),
            ],
            options={"verbose_name": "audit seal", "verbose_name_plural": "audit seals", "ordering": ["-number"]},
        ),
        migrations.RunSQL(CHAIN, "DROP TRIGGER audit_entry_chain ON audit_auditentry; DROP FUNCTION audit_chain"),
        migrations.RunSQL(WRITE_AGAIN, migrations.RunSQL.noop),
        migrations.RunSQL(
            REFUSE_CHANGES,
            "DROP TRIGGER audit_seal_append_only ON audit_auditseal;"
            "DROP TRIGGER audit_entry_append_only ON audit_auditentry; DROP FUNCTION audit_refuse_change",
        ),
    ]
