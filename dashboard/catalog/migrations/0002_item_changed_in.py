from django.db import migrations, models

TRIGGER = """
CREATE FUNCTION catalog_item_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_item_note_change BEFORE INSERT OR UPDATE ON catalog_item
    FOR EACH ROW EXECUTE FUNCTION catalog_item_note_change();
"""
UNDO = """
DROP TRIGGER catalog_item_note_change ON catalog_item;
DROP FUNCTION catalog_item_note_change();
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="changed_in",
            field=models.BigIntegerField(db_default=0, editable=False),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(fields=["shop", "changed_in"], name="item_by_change"),
        ),
        migrations.RunSQL(TRIGGER, UNDO),
    ]
