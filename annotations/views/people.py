"""Accounts and roles, for administrators."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations import people as accounts
from annotations.errors import LastAdministrator, NameTaken
from annotations.forms import PersonForm
from annotations.roles import MANAGE_PEOPLE, Role, roles_of


@login_required
@permission_required(MANAGE_PEOPLE, raise_exception=True)
@require_http_methods(["GET", "HEAD"])
def people(request: HttpRequest) -> HttpResponse:
    """Everybody, with their roles."""
    users = User.objects.prefetch_related("groups").order_by("username")
    page = Paginator(users, 50).get_page(request.GET.get("page"))
    labels = dict(Role.choices)
    rows = [
        {"user": user, "roles": [labels[g.name] for g in user.groups.all() if g.name in labels]}
        for user in page
    ]
    return render(request, "annotations/people.html", {"page": page, "rows": rows})


@login_required
@permission_required(MANAGE_PEOPLE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """One account: its name, roles, password, and whether it may log in."""
    user = get_object_or_404(User, pk=pk) if pk is not None else None
    initial = (
        {"username": user.username, "roles": sorted(roles_of(user)), "is_active": user.is_active}
        if user
        else {}
    )
    form = PersonForm(request.POST or None, person=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            saved = accounts.save_person(
                person=user,
                username=given["username"],
                roles=set(given["roles"]),
                is_active=given["is_active"],
                password=given["password"],
            )
        except LastAdministrator as error:
            form.add_error("roles", str(error))
        except NameTaken as error:
            form.add_error("username", str(error))
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.username})
            return redirect("annotations:people")
    context = {"form": form, "person": user}
    return render(request, "annotations/person_form.html", context, status=422 if form.errors else 200)
