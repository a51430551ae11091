"""What the library says of files that it does not take as they stand."""

from recommender.data.interactions import read_interactions
from recommender.data.items import read_catalog
from recommender.data.names import meant_by
from recommender.training.pipeline import read_dataset

ITEMS = "item_id,title,category,color\nmug,Mug,Mugs,red\njug,,Jugs,\nmug,Mug,Mugs,blue\ntin,,Tins,\n"
INTERACTIONS = (
    "visitor_id,item_id,timestamp,event,shade\nv,mug,1,purchase,red\nv,jug,2,view_item,\nw,mug,3,view_item,\n"
)


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_catalog_tells_columns_repeats_and_missing_titles(tmp_path):
    path = written(tmp_path, "items.csv", ITEMS)
    columns, repeats, titles = read_catalog(path)[1]
    assert columns == (
        f"{path}: nothing is learned from the columns category, color; did you mean by “category” categories?"
    )
    assert repeats == f"{path}: 1 of 4 rows name an item again; the last row of each counts"
    assert titles == f"{path}: 2 items have no title: jug, tin"


def test_a_catalog_that_is_as_it_should_be_tells_nothing(tmp_path):
    assert read_catalog(written(tmp_path, "items.csv", "item_id,title,in_stock\nmug,Mug,true\n"))[1] == ()


def test_interactions_tell_what_an_ignored_column_may_be(tmp_path):
    notices = read_interactions(written(tmp_path, "events.csv", INTERACTIONS)).notices
    assert notices[0].endswith("ignored unknown columns: event, shade; did you mean by “event” event_type?")


def test_notices_of_the_catalog_reach_whoever_trains(tmp_path):
    files = written(tmp_path, "events.csv", INTERACTIONS), written(tmp_path, "items.csv", ITEMS)
    assert any("did you mean by “category” categories?" in notice for notice in read_dataset(*files)[1])


def test_a_name_means_the_most_alike_or_its_synonym_and_often_nothing():
    names = ("title", "categories", "price", "image_url", "in_stock")
    meant = {
        name: meant_by(name, names) for name in ("Category", "Prices", "name", "imageurl", "stock", "size", "colour")
    }
    assert meant == {
        "Category": "categories",
        "Prices": "price",
        "name": "title",
        "imageurl": "image_url",
        "stock": "in_stock",
        "size": "",
        "colour": "",
    }
