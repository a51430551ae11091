"""What an item can be found by, a row a word: filled here, and kept by triggers whoever writes items."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Coalesce

TOKENS = """
CREATE FUNCTION catalog_tokens_of(title text, brand text, categories text[]) RETURNS SETOF text
LANGUAGE sql IMMUTABLE AS $$
    SELECT 'w:' || left(word, 100) FROM unnest(tsvector_to_array(to_tsvector('simple'::regconfig, title))) AS word
    UNION SELECT 'b:' || brand WHERE brand <> ''
    UNION SELECT 'c:' || category FROM unnest(categories) AS category WHERE category <> ''
$$;

CREATE FUNCTION catalog_item_keep_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM catalog_itemtoken t USING gone g, catalog_tokens_of(g.title, g.brand, g.categories::text[]) AS was (token)
        WHERE t.shop_id = g.shop_id AND t.token = was.token AND t.item_pk = g.id;
        RETURN NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        DELETE FROM catalog_itemtoken t USING came c JOIN gone g USING (id),
            catalog_tokens_of(g.title, g.brand, g.categories::text[]) AS was (token)
        WHERE (c.title, c.brand, c.categories) IS DISTINCT FROM (g.title, g.brand, g.categories)
            AND t.shop_id = g.shop_id AND t.token = was.token AND t.item_pk = g.id;
        INSERT INTO catalog_itemtoken (shop_id, token, item_pk)
        SELECT c.shop_id, token, c.id
        FROM came c JOIN gone g USING (id), catalog_tokens_of(c.title, c.brand, c.categories::text[]) AS token
        WHERE (c.title, c.brand, c.categories) IS DISTINCT FROM (g.title, g.brand, g.categories)
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    INSERT INTO catalog_itemtoken (shop_id, token, item_pk)
    SELECT c.shop_id, token, c.id FROM came c, catalog_tokens_of(c.title, c.brand, c.categories::text[]) AS token;
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_item_tokens_new AFTER INSERT ON catalog_item
    REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION catalog_item_keep_tokens();
CREATE TRIGGER catalog_item_tokens_changed AFTER UPDATE ON catalog_item
    REFERENCING OLD TABLE AS gone NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION catalog_item_keep_tokens();
CREATE TRIGGER catalog_item_tokens_gone AFTER DELETE ON catalog_item
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION catalog_item_keep_tokens();

INSERT INTO catalog_itemtoken (shop_id, token, item_pk)
SELECT i.shop_id, token, i.id FROM catalog_item i, catalog_tokens_of(i.title, i.brand, i.categories::text[]) AS token;
"""
UNDO = """
DROP TRIGGER catalog_item_tokens_new ON catalog_item;
DROP TRIGGER catalog_item_tokens_changed ON catalog_item;
DROP TRIGGER catalog_item_tokens_gone ON catalog_item;
DROP FUNCTION catalog_item_keep_tokens();
DROP FUNCTION catalog_tokens_of(text, text, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_key_scopes"), ("catalog", "0004_item_by_word")]

    operations = [
        migrations.CreateModel(
            name="ItemToken",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "shop_id", "token", "item_pk", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.shop",
                    ),
                ),
                ("token", models.CharField(max_length=210)),
                ("item_pk", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(TOKENS, UNDO),
        migrations.RemoveIndex(model_name="item", name="item_by_word"),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                models.F("shop"),
                Coalesce("published_at", "created_at").desc(),
                models.F("item_id"),
                name="item_by_age",
            ),
        ),
    ]
