"""Which scope of a key opens which route."""

SCOPE_OF = {
    "events": "events",
    "recommendations": "slates",
    "item-similar": "slates",
    "items": "catalog",
    "item": "catalog",
    "visitor-export": "visitors",
    "visitor-merge": "visitors",
    "visitor": "visitors",
    "export-items": "exports",
    "export-interactions": "exports",
    "export-segment": "exports",
    "segments": "segments",
    "segment": "segments",
    "segment-visitors": "segments",
    "runs": "runs",
    "run": "runs",
    "artifacts": "runs",
    "artifact-publish": "runs",
    "experiments": "experiments",
    "experiment-results": "experiments",
}  # {name of the route: scope}
