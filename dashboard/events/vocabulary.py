"""The words that shops use for what visitors do: ours, Google Analytics 4's and Google Retail's."""

from dashboard.events.models import About, EventType

#: Names of others → ours. docs/api.md shows this table; a test holds the two together.
ALIASES: dict[str, str] = {
    # Google Analytics 4 (its other names are the same as ours)
    "view_search_results": EventType.SEARCH,
    "select_promotion": EventType.SELECT_ITEM,
    "view_promotion": EventType.VIEW_ITEM_LIST,
    "view_cart": EventType.VIEW_ITEM_LIST,
    "begin_checkout": EventType.VIEW_ITEM_LIST,
    # Google Retail
    "detail-page-view": EventType.VIEW_ITEM,
    "add-to-cart": EventType.ADD_TO_CART,
    "remove-from-cart": EventType.REMOVE_FROM_CART,
    "purchase-complete": EventType.PURCHASE,
    "home-page-view": EventType.VIEW_ITEM_LIST,
    "category-page-view": EventType.VIEW_ITEM_LIST,
    "shopping-cart-page-view": EventType.VIEW_ITEM_LIST,
}
TYPE_OF: dict[str, str] = {**{str(kind): str(kind) for kind in EventType}, **{k: str(v) for k, v in ALIASES.items()}}

#: Every name that is taken, and what a generated client may call it: Google Retail's differ from ours by dashes alone.
TAKEN_NAMES = sorted(TYPE_OF)
CONSTANTS = [("RETAIL_" if "-" in name else "") + name.replace("-", "_").upper() for name in TAKEN_NAMES]

#: Visits of a page: the items on it are impressions; without items they are accepted and leave only their id.
PAGE_NAMES = frozenset(
    {
        "view_cart",
        "begin_checkout",
        "view_promotion",
        "home-page-view",
        "category-page-view",
        "shopping-cart-page-view",
    }
)
#: What needs no item.
WITHOUT_ITEM = PAGE_NAMES | {"search", "view_search_results"}

MONEY_TYPES = frozenset({str(EventType.PURCHASE), str(EventType.REFUND)})
#: What somebody may be not interested in beside the item.
ABOUT = tuple(str(about) for about in About)
#: What shows interest in an item: the history that an encoder reads.
INTEREST_TYPES = tuple(
    str(kind)
    for kind in (
        EventType.VIEW_ITEM,
        EventType.SELECT_ITEM,
        EventType.ADD_TO_CART,
        EventType.ADD_TO_WISHLIST,
        EventType.PURCHASE,
    )
)
