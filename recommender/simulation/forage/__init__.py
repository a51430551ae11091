"""The laboratory's shop served by Forage itself: models that are trained on what its slates brought, beliefs, draw."""
