"""Consent, profile, and the very first account."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from annotations import people, services
from annotations.forms import ProfileForm, WelcomeForm
from annotations.models import CONSENT_VERSION, Annotator
from annotations.roles import LABEL, Role
from curation.views.access import AuthenticatedRequest


def safe_next(request: HttpRequest) -> str:
    """Where the person was going, if that is on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return ""


@login_required
@permission_required(LABEL, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: AuthenticatedRequest) -> HttpResponse:
    """What happens with the answers, and whether the person agrees."""
    annotator = services.annotator_of(request.user)
    if request.method == "POST":
        is_new = annotator.consented_at is None
        services.give_consent(annotator=annotator)
        return redirect("annotations:profile" if is_new else safe_next(request) or "home")
    context = {"annotator": annotator, "consent_version": CONSENT_VERSION, "next": safe_next(request)}
    return render(request, "annotations/consent.html", context)


def own_annotator(request: AuthenticatedRequest) -> Annotator:
    """The person's annotator row. Who has one keeps it, and with it the right to withdraw, without the role."""
    if request.user.has_perm(LABEL):
        return services.annotator_of(request.user)
    annotator = Annotator.objects.filter(user=request.user).first()
    if annotator is None:
        raise PermissionDenied
    return annotator


@login_required
@require_POST
def withdraw(request: AuthenticatedRequest) -> HttpResponse:
    """Take all of one's answers out of the dataset's future."""
    services.withdraw_consent(annotator=own_annotator(request))
    messages.success(
        request,
        _("Your answers no longer count, and no future release will contain them. Thank you for your time."),
    )
    return redirect("home")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: AuthenticatedRequest) -> HttpResponse:
    """Where the person grew up, her languages, her musical training; all optional."""
    annotator = own_annotator(request)
    form = ProfileForm(request.POST or None, instance=annotator)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Your profile is saved."))
        return redirect("home")
    return render(
        request,
        "annotations/profile.html",
        {"form": form, "annotator": annotator},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Create the first administrator, with the token that the start-up printed."""
    if not people.is_welcome(request.GET.get("token", "")):
        raise Http404
    form = WelcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = people.save_person(
            person=None,
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            # Not an annotator: whoever can see titles and votes is not blind.
            roles=set(Role.values) - {Role.ANNOTATOR.value},
            is_active=True,
        )
        login(request, person, backend="annotations.roles.PasswordBackend")
        return redirect("home")
    return render(request, "annotations/welcome.html", {"form": form}, status=422 if form.errors else 200)
