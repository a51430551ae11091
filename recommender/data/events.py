"""Kinds of behaviour: what they weigh and what they take back. Apart from what reads files, because a web process needs
these words and not Arrow, which takes 40 MB."""

# How strongly an event speaks for an interest. A cart and a purchase usually follow views of the same item, so the
# weights grow slowly; transitions and sequences use the order alone.
EVENT_WEIGHTS = {"view_item": 1.0, "add_to_wishlist": 2.0, "add_to_cart": 2.0, "purchase": 3.0}
CANCELS = {"refund": "purchase", "remove_from_cart": "add_to_cart"}
EVENT_TYPES = (*EVENT_WEIGHTS, *CANCELS)
# An impression, a click that a view follows, a query, the contrary of an interest.
NO_INTEREST = ("view_item_list", "select_item", "search", "not_interested")
ALIASES = {"view": "view_item", "addtocart": "add_to_cart", "cart": "add_to_cart", "transaction": "purchase"}
