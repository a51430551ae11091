"""What the search of the catalog finds by, beside what serving does: words of brand and id, and pieces of Chinese.

Tokens are compared by code point whatever the database's locale, so that those with one beginning lie together.
"""

from django.db import migrations, models

TOKENS = r"""
CREATE FUNCTION catalog_tokens_of(item_id text, title text, brand text, categories text[]) RETURNS SETOF text
LANGUAGE sql IMMUTABLE AS $$
    SELECT 'w:' || left(word, 100) FROM unnest(tsvector_to_array(to_tsvector('simple'::regconfig, title))) AS word
    UNION SELECT 'b:' || brand WHERE brand <> ''
    UNION SELECT 'c:' || category FROM unnest(categories) AS category WHERE category <> ''
    UNION (
        SELECT 's:' || left(word, 100) FROM regexp_split_to_table(
            lower(title || ' ' || brand || ' ' || item_id),
            '[^[:alnum:]]+|[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+'
        ) AS word WHERE word <> ''
        EXCEPT SELECT 's:' || left(word, 100)
        FROM unnest(tsvector_to_array(to_tsvector('simple'::regconfig, title))) AS word
    )
    UNION SELECT 'g:' || substr(run[1], place, 2) FROM regexp_matches(
        title || ' ' || brand || ' ' || item_id, '[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+', 'g'
    ) AS run, generate_series(1, length(run[1])) AS place
$$;

CREATE OR REPLACE FUNCTION catalog_item_keep_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM catalog_itemtoken t USING gone g,
            catalog_tokens_of(g.item_id, g.title, g.brand, g.categories::text[]) AS was (token)
        WHERE t.shop_id = g.shop_id AND t.token = was.token AND t.item_pk = g.id;
        RETURN NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        DELETE FROM catalog_itemtoken t USING came c JOIN gone g USING (id),
            catalog_tokens_of(g.item_id, g.title, g.brand, g.categories::text[]) AS was (token)
        WHERE (c.item_id, c.title, c.brand, c.categories) IS DISTINCT FROM (g.item_id, g.title, g.brand, g.categories)
            AND t.shop_id = g.shop_id AND t.token = was.token AND t.item_pk = g.id;
        INSERT INTO catalog_itemtoken (shop_id, token, item_pk)
        SELECT c.shop_id, token, c.id FROM came c JOIN gone g USING (id),
            catalog_tokens_of(c.item_id, c.title, c.brand, c.categories::text[]) AS token
        WHERE (c.item_id, c.title, c.brand, c.categories) IS DISTINCT FROM (g.item_id, g.title, g.brand, g.categories)
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    INSERT INTO catalog_itemtoken (shop_id, token, item_pk)
    SELECT c.shop_id, token, c.id
    FROM came c, catalog_tokens_of(c.item_id, c.title, c.brand, c.categories::text[]) AS token;
    RETURN NULL;
END $$;

DROP FUNCTION catalog_tokens_of(text, text, text[]);

INSERT INTO catalog_itemtoken (shop_id, token, item_pk)
SELECT i.shop_id, token, i.id
FROM catalog_item i, catalog_tokens_of(i.item_id, i.title, i.brand, i.categories::text[]) AS token
WHERE left(token, 2) IN ('s:', 'g:');
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_feed_problem_words")]

    operations = [
        migrations.AlterField(
            model_name="itemtoken", name="token", field=models.CharField(db_collation="C", max_length=210)
        ),
        migrations.RunSQL(TOKENS),
    ]
