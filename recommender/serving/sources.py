"""What one model of an artifact adds to what is proposed: the artifact without it."""

from copy import copy

from recommender.serving.recommender import Recommender

DESCRIBED = "content"  # proposes, besides, items that nobody has touched


def without_source(model: Recommender, source: str) -> Recommender:
    """The same artifact, where one of `model.heard` says nothing of any item: blend and ranker are asked as ever, with
    0 in its place. For candidates of one visitor at a time; those of many are still asked of all models."""
    other = copy(model)  # with all that it has worked out already
    remembered = other.__dict__
    remembered["blended"] = model.blended.without(source)
    if model.shortlists is not None:
        remembered["shortlists"] = model.shortlists.without(source)
    if source == DESCRIBED:
        remembered["described"] = None
    return other
