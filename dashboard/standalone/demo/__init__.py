"""A small front of the sample shop at /demo/: one browses as a visitor, and sees beside it what Forage thinks."""
