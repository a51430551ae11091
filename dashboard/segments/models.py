"""Segments of the published artifact, and the names that merchants give them."""

from django.db import models

from dashboard.core import ids


class Segment(models.Model):
    """A component of the Gaussian mixture over interest vectors. `number` stays the same across artifacts."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="segments")
    artifact_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField()
    suggested_name = models.CharField(max_length=120)
    share = models.FloatField(help_text="expected share of the visitors, 0..1")
    visitors = models.PositiveIntegerField(help_text="visitors whose likeliest segment this is")
    center = models.JSONField(help_text="[x, y] on the map")
    covariance = models.JSONField(help_text="2×2 covariance on the map")
    top_items = models.JSONField(help_text="[{item_id, share, lift}], what sets the segment apart first")
    top_categories = models.JSONField(default=list, help_text="[{category, share, lift}]")
    facts = models.JSONField(
        default=dict, help_text="median interactions, recency, spend, as the artifact reports them"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "artifact_id", "number"], name="one_segment_per_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.suggested_name}"


class SegmentSet(models.Model):
    """Which artifact's segments a shop shows, and which it showed before: training is a higher room, so it tells us."""

    shop = models.OneToOneField("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    artifact_id = models.BigIntegerField()
    previous_artifact_id = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"segments of artifact {self.artifact_id}"


class SegmentNumber(models.Model):
    """A number that an artifact has given, published or not: nobody else gets it within a year of its last showing."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    last_shown_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="one_line_per_segment_number")]

    def __str__(self) -> str:
        return f"{self.number}, last at {self.last_shown_at:%Y-%m-%d}"


class FormerMember(models.Model):
    """Who belonged surest to a segment when it was last shown: so it is known again when it comes back."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    number = models.PositiveSmallIntegerField()
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "visitor_id", "number"], name="one_former_member_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} was in {self.number}"


class SegmentChange(models.Model):
    """What an artifact changed when it was first shown, against the one that was shown before it."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    before_artifact_id = models.BigIntegerField(null=True)
    first_shown_at = models.DateTimeField()
    moves = models.JSONField(default=list, help_text="[[number before, number now, visitors]] of visitors in both")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "artifact_id"], name="one_change_per_artifact")]

    def __str__(self) -> str:
        return f"artifact {self.artifact_id} after {self.before_artifact_id}"


class SegmentName(models.Model):
    """A merchant's own name for the segment with this number; outlives artifacts."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="one_name_per_number")]

    def __str__(self) -> str:
        return self.name


class SegmentMembership(models.Model):
    """How much a visitor belongs to each segment (soft), and where the visitor stands on the map."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    number = models.PositiveSmallIntegerField(help_text="the likeliest segment")
    probability = models.FloatField()
    probabilities = models.JSONField(help_text="{number: probability} above 0.01")
    x = models.FloatField()
    y = models.FloatField()
    novelty = models.FloatField(null=True, help_text="mean self-information of what the visitor chose, in bits")
    moves = models.JSONField(
        default=list,
        db_default=[],
        help_text="month, number before (0: unknown), number then; month as 12·year+month−1",
    )
    emerging = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="number of the emerging interest, 0 for none"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "artifact_id", "visitor_id"], name="one_membership_per_visitor")
        ]
        indexes = [
            models.Index(fields=["shop", "artifact_id", "number", "-probability"], name="membership_of_segment"),
            models.Index(
                fields=["shop", "artifact_id", "emerging"],
                name="membership_of_emerging",
                condition=models.Q(emerging__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} in {self.number}"


class MapPoint(models.Model):
    """A visitor who is drawn on the map of an artifact, with what colours the point."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    visitor_id = models.CharField(max_length=ids.EXTERNAL_ID_MAX_LENGTH)
    number = models.PositiveSmallIntegerField()
    probability = models.FloatField()
    x = models.FloatField()
    y = models.FloatField()
    novelty = models.FloatField(null=True)
    spent = models.DecimalField(max_digits=16, decimal_places=2, default=0, help_text="in the shop's currency")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "artifact_id", "visitor_id"], name="one_map_point_per_visitor")
        ]

    def __str__(self) -> str:
        return f"{self.visitor_id} at {self.x:.2f}, {self.y:.2f}"


class MapCell(models.Model):
    """How many members of a segment stand in a square of the map (`map_sql.CELL_WIDTH` wide)."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    column = models.IntegerField()
    row = models.IntegerField()
    number = models.PositiveSmallIntegerField()
    visitors = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "artifact_id", "column", "row", "number"], name="one_map_cell_per_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.visitors} of {self.number} in {self.column}, {self.row}"


class MonthFlow(models.Model):
    """How many visitors who did something in a month belonged to `source` before it and to `target` at its end, as the
    artifact sees it."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    month = models.PositiveIntegerField(help_text="12·year+month−1")
    source = models.PositiveSmallIntegerField(help_text="0: newcomers")
    target = models.PositiveSmallIntegerField()
    visitors = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "artifact_id", "month", "source", "target"], name="one_flow_per_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.visitors} from {self.source} to {self.target} in {self.month}"


class SegmentFigures(models.Model):
    """What members of a segment of an artifact did, summed (`figures.py` says of what `figures` consists): it names
    nobody. Number 0 is the whole shop. Groups of few stand here too: `profile.py` tells what may be told."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField(help_text="0: the whole shop")
    figures = models.JSONField()
    summed_at = models.DateTimeField()
    is_stale = models.BooleanField(default=False, help_text="a visitor was erased since")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "artifact_id", "number"], name="one_row_of_figures_per_segment")
        ]

    def __str__(self) -> str:
        return f"figures of {self.number} in artifact {self.artifact_id}"


class EmergingInterest(models.Model):
    """Items that rise together among recent visitors, and that no segment is about, as an artifact found them. Who they
    are stands with their memberships."""

    shop = models.ForeignKey("accounts.Shop", on_delete=models.CASCADE, db_index=False, related_name="+")
    artifact_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField(help_text="from 1, the largest first")
    items = models.JSONField(help_text="[item_id], most chosen first")
    ratio = models.FloatField(help_text="their share of recent visitors over that of the weeks before")
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "artifact_id", "number"], name="one_emerging_interest_per_number")
        ]

    def __str__(self) -> str:
        return f"emerging {self.number} in artifact {self.artifact_id}"
