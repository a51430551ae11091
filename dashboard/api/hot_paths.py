"""What a shop calls at every page: the addresses that the fast path answers, and that browsers call from elsewhere."""

HOT_PATHS = frozenset({"/api/v1/events", "/api/v1/recommendations"})
