"""The people of a shop: invited by a link that is shown once, given roles, and removed. Writes and their reads.

There is no e-mail server to set up: whoever invites hands the link over. It is used once and lasts a week; a row of
`Invitation` is a link that still waits, and goes when it is used or withdrawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from dashboard.accounts.models import Invitation, Membership, Shop, User
from dashboard.accounts.selectors import key_digest
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors, ids, rates
from dashboard.core.tenancy import operator_scope, shop_scope

INVITATION_LASTS = timedelta(days=7)
INVITATIONS_AN_HOUR = 30  # of a shop: nobody invites more people by hand, and a stolen session should not either


@dataclass(frozen=True)
class NewInvitation:
    """An invitation just made; `token` ends the link that is shown once and is never stored."""

    record: Invitation
    token: str


def invitations_of(shop: Shop) -> QuerySet[Invitation]:
    """Links that wait, expired ones too."""
    return Invitation.objects.filter(shop=shop).order_by("email")


def invitation_of(shop: Shop, invitation_id: int) -> Invitation:
    """Raises `NotFound`, also for another shop's."""
    found = Invitation.objects.filter(shop=shop, pk=invitation_id).first()
    if found is None:
        raise _gone()
    return found


def _gone() -> errors.NotFound:
    return errors.NotFound(_("There is no such invitation in this shop; it was used or withdrawn."))


def member_of(shop: Shop, member_id: int) -> Membership:
    """Raises `NotFound`, also for another shop's."""
    found = Membership.objects.select_related("user").filter(shop=shop, pk=member_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such person in this shop."))
    return found


@operator_scope("the link tells the shop")
def waiting_invitation(token: str) -> Invitation:
    """What a link invites to. Raises `NotFound` for one that is unknown, used, withdrawn or expired."""
    found = Invitation.objects.select_related("shop", "invited_by").filter(digest=key_digest(token)).first()
    if found is None or found.has_expired:
        raise errors.NotFound(_("This invitation was used or withdrawn, or has expired. Ask for a new link."))
    return found


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether an invitation is this account's."""
    return user.email.lower() == invitation.email.lower()


def account_of(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


@transaction.atomic
def invite_member(*, shop: Shop, email: str, role: str, actor: User | None) -> NewInvitation:
    """Invite a person; a link that this address had already opens nothing any more.

    Raises `Conflict` for somebody who belongs to the shop, `TooMany` beyond 30 an hour.
    """
    email = User.objects.normalize_email(email)
    _lock(shop.pk)  # who asks twice at once gets two links, of which the later one opens
    if Membership.objects.filter(shop=shop, user__email__iexact=email).exists():
        raise errors.Conflict(_("%(email)s belongs to this shop already; change the role instead.") % {"email": email})
    Invitation.objects.filter(shop=shop, email__iexact=email).delete()
    made = _with_new_link(Invitation(shop=shop, email=email, role=role, invited_by=actor))
    record_audit(shop=shop, actor=actor, action="member.invited", subject=email, role=role)
    return made


def invite_first_owner(*, shop: Shop, email: str) -> NewInvitation:
    """Invite whom the operator names. Raises `Invalid` for what is no e-mail address."""
    try:
        validate_email(email)
    except ValidationError:
        raise errors.Invalid(f"“{email}” is no e-mail address.") from None
    return invite_member(shop=shop, email=email, role=Membership.Role.OWNER, actor=None)


@transaction.atomic
def renew_invitation(*, invitation: Invitation, actor: User) -> NewInvitation:
    """Make a new link that lasts a week from now; the one before opens nothing any more.

    Raises `NotFound` for an invitation that was used or withdrawn meanwhile: it must not come back.
    """
    waiting = Invitation.objects.select_for_update(of=("self",)).select_related("shop").filter(pk=invitation.pk).first()
    if waiting is None:
        raise _gone()
    made = _with_new_link(waiting)
    record_audit(shop=waiting.shop, actor=actor, action="invitation.renewed", subject=waiting.email)
    return made


def _with_new_link(invitation: Invitation) -> NewInvitation:
    shop, token = invitation.shop, ids.secret_token()
    bucket = f"invitations:{shop.pk}:{shop.created_at.timestamp()}"
    if not rates.take(bucket, most=INVITATIONS_AN_HOUR, seconds=3600).tokens:
        raise errors.TooMany(_("A shop may send 30 invitations an hour. Try again later."))
    invitation.digest, invitation.expires_at = key_digest(token), clock.now() + INVITATION_LASTS
    invitation.save()
    return NewInvitation(invitation, token)


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, actor: User) -> None:
    """Let a link open nothing any more. Raises `NotFound` for one that was used or withdrawn meanwhile."""
    if not Invitation.objects.filter(pk=invitation.pk).delete()[0]:
        raise _gone()
    record_audit(shop=invitation.shop, actor=actor, action="invitation.revoked", subject=invitation.email)


def accept_invitation(*, token: str, user: User) -> Shop:
    """Give the invited person, who is signed in, the role. Raises `NotFound`, or `Forbidden` for another account."""
    invitation = waiting_invitation(token)
    if not is_for(invitation, user):
        raise errors.Forbidden(_("This invitation is for %(email)s.") % {"email": invitation.email})
    return _join(invitation, lambda: user)[0]


@transaction.atomic
def accept_with_new_account(*, token: str, name: str, password: str) -> tuple[Shop, User]:
    """Make the account of the invited person and give it the role. Raises `Invalid` for a weak password."""
    invitation = waiting_invitation(token)
    if account_of(invitation.email) is not None:
        raise errors.Conflict(_("There is an account of this address already; sign in with it."))
    try:
        validate_password(password, User(email=invitation.email, name=name))
    except ValidationError as problem:
        raise errors.Invalid(" ".join(problem.messages), fields={"password": " ".join(problem.messages)}) from None
    return _join(invitation, lambda: User.objects.create_user(invitation.email, password, name=name))


def _join(invitation: Invitation, person: Callable[[], User]) -> tuple[Shop, User]:
    """Use a link up, once, and only then ask for its person: of two at the same moment one finds no row."""
    with shop_scope(invitation.shop_id), transaction.atomic():
        if not Invitation.objects.filter(pk=invitation.pk, digest=invitation.digest).delete()[0]:
            raise errors.NotFound(_("This invitation was used or withdrawn, or has expired. Ask for a new link."))
        user = person()
        Membership.objects.get_or_create(shop=invitation.shop, user=user, defaults={"role": invitation.role})
        record_audit(shop=invitation.shop, actor=user, action="member.joined", role=invitation.role)
    return invitation.shop, user


@transaction.atomic
def change_role(*, member: Membership, role: str, actor: User) -> None:
    """Give a person another role. Raises `Conflict` where no owner would be left."""
    member = _locked(member)
    before = member.role
    if before == role:
        return
    _keep_an_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    changes = {"role": [before, role]}
    record_audit(
        shop=member.shop, actor=actor, action="member.role_changed", subject=member.user.email, changes=changes
    )


@transaction.atomic
def remove_member(*, member: Membership, actor: User) -> None:
    """Take a person out of the shop, at once; the account stays. Raises `Conflict` where no owner would be left."""
    member = _locked(member)
    _keep_an_owner(member)
    email, role = member.user.email, member.role
    member.delete()
    record_audit(shop=member.shop, actor=actor, action="member.removed", subject=email, role=role)


def _lock(shop_id: int) -> None:
    """One change of a shop's people at a time."""
    Shop.objects.select_for_update(no_key=True).get(pk=shop_id)


def _locked(member: Membership) -> Membership:
    """The person's role as it is now, under the lock: what the page showed may have changed. Raises `NotFound`."""
    _lock(member.shop_id)
    return member_of(member.shop, member.pk)


def _keep_an_owner(member: Membership) -> None:
    """Under the lock: two owners who leave at the same moment must not both find the other."""
    owners = Membership.objects.filter(shop=member.shop_id, role=Membership.Role.OWNER)
    if member.role == Membership.Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise errors.Conflict(_("A shop needs an owner. Make somebody else an owner first."))
