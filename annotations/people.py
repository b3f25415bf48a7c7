"""Accounts and roles. Keyword-only, atomic, with errors that are sentences."""

from django.contrib.auth.models import User
from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from annotations.errors import LastAdministrator, NameTaken
from annotations.roles import Role, roles_of, set_roles

WELCOME_SALT = "moodreel.welcome"
WELCOME_S = 24 * 3600


def welcome_token() -> str:
    """A token for the page that creates the first administrator; good for a day."""
    return signing.dumps("first administrator", salt=WELCOME_SALT)


def is_welcome(token: str) -> bool:
    """Whether the token is good and there is still nobody here."""
    if User.objects.exists():
        return False
    try:
        signing.loads(token, salt=WELCOME_SALT, max_age=WELCOME_S)
    except signing.BadSignature:
        return False
    return True


def save_person(
    *, person: User | None, username: str, roles: set[str], is_active: bool, password: str = ""
) -> User:
    """Create or change an account.

    Raises `LastAdministrator` if nobody could manage people afterwards, `NameTaken` if somebody was faster.
    """
    try:
        with transaction.atomic():
            return _save_person(person, username, roles, is_active, password)
    except IntegrityError as error:
        raise NameTaken(_("“%(name)s” is taken; choose another user name.") % {"name": username}) from error


def _save_person(person: User | None, username: str, roles: set[str], is_active: bool, password: str) -> User:
    # Two administrators who take each other's rights away take turns.
    list(User.objects.select_for_update().filter(groups__name=Role.ADMIN).order_by("pk").values_list("pk"))
    keeps_admin = is_active and Role.ADMIN.value in roles
    if person is not None and not keeps_admin and Role.ADMIN in roles_of(person):
        others = User.objects.filter(is_active=True, groups__name=Role.ADMIN).exclude(pk=person.pk)
        if not others.exists():
            raise LastAdministrator(
                _("“%(name)s” is the last administrator; make somebody else one first.")
                % {"name": person.username}
            )
    person = person or User()
    person.username, person.is_active = username, is_active
    if password:
        person.set_password(password)
    person.save()
    set_roles(user=person, roles=roles)
    return person
