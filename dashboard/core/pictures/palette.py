"""Colours of drawn pictures: of things by name, and of the grounds that they stand on."""

#: (the colour, an accent that goes with it). Names are what titles call colours, or what they mean.
PAINTS: dict[str, tuple[str, str]] = {
    "red": ("#c8423a", "#f3d9b1"),
    "pink": ("#e08aa6", "#8f3f63"),
    "fuchsia": ("#c2418a", "#f5c9dd"),
    "orange": ("#e07b39", "#6b4a2f"),
    "yellow": ("#e9b949", "#7a5b1e"),
    "green": ("#4d8a5e", "#e6c77a"),
    "mint": ("#8cc5a8", "#2f6b56"),
    "turquoise": ("#3f9ea6", "#f0d9a8"),
    "blue": ("#4a74b8", "#e9dcc0"),
    "sky": ("#8db6d9", "#2f5580"),
    "navy": ("#34466e", "#d9b566"),
    "purple": ("#80579c", "#e7c9ec"),
    "lilac": ("#b69ad0", "#5f3f80"),
    "brown": ("#8a6244", "#e8cfa6"),
    "wood": ("#b98a5a", "#6b4a2f"),
    "black": ("#3b3a3d", "#c9a35c"),
    "grey": ("#8b949c", "#43505a"),
    "silver": ("#b3bcc4", "#5f6b76"),
    "gold": ("#cda349", "#7a5a1c"),
    "copper": ("#b9714a", "#5f3826"),
    "cream": ("#efe3c8", "#a8814f"),
    "white": ("#f7f4ee", "#8f9aa3"),
    "glass": ("#bcd8e0", "#4d7f8f"),
}
PALE = frozenset({"cream", "white", "glass", "silver", "sky", "lilac", "mint"})
UNNAMED = ("red", "green", "blue", "purple", "turquoise", "orange", "navy", "pink")  # where the title names no colour

#: The ground of a category: light, and the deeper one under pale things.
GROUNDS = (
    ("#e3ece2", "#9db8a3"),
    ("#f3e7cf", "#cbae7a"),
    ("#e1e7f3", "#94a6c9"),
    ("#eee2ee", "#b596b9"),
    ("#dcecee", "#8db3b9"),
    ("#f4e0d8", "#cc9c88"),
    ("#f6e3e8", "#c795a3"),
    ("#e6e7ea", "#9aa1ad"),
)
