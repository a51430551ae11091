"""The ranker: candidates of the blend, put in order by a small network over what is known of visitor and item."""
