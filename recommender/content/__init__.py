"""What the catalog says about items, as matrices."""
