"""Pages of the catalog: what is in it, and the feeds that fill it."""
