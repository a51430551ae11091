"""What a password must have beside what Django asks of it."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dashboard.accounts.models import User

VISIBLE = 8
_UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs by their class, and blank on every screen


class VisibleCharacters:
    """Eight characters that can be seen: ten spaces are long enough, in no list of common passwords, and nothing."""

    def validate(self, password: str, user: User | None = None) -> None:
        if sum(map(_is_visible, password)) < VISIBLE:
            raise ValidationError(self.get_help_text(), code="password_blank")

    def get_help_text(self) -> str:
        return _("A password needs %(most)s characters that can be seen; spaces do not count.") % {"most": VISIBLE}


def _is_visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in "ZC" and letter not in _UNSEEN
