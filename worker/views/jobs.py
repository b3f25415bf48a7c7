"""Background work: what runs, what waits, what failed."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotations.roles import VIEW_JOBS
from curation.views.access import AuthenticatedRequest
from curation.views.fragments import page_or_fragment
from worker import jobs as life
from worker.errors import WorkerError
from worker.models import Job
from worker.views.access import may_steer

JOBS_A_PAGE = 50


@login_required
@permission_required(VIEW_JOBS, raise_exception=True)
@require_safe
def jobs(request: AuthenticatedRequest) -> HttpResponse:
    """All jobs, newest first; the page follows those that are going."""
    state = request.GET.get("state", "")
    found = Job.objects.select_related("dataset", "created_by", "run__release__dataset").order_by("-pk")
    if state in Job.State.values:
        found = found.filter(state=state)
    page = Paginator(found, JOBS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "rows": [(job, may_steer(request.user, job)) for job in page],
        "states": Job.State,
        "state": state,
        "is_live": any(not job.is_finished for job in page),
    }
    return page_or_fragment(request, "worker/jobs.html", "worker/_jobs.html", context)


@login_required
@permission_required(VIEW_JOBS, raise_exception=True)
@require_safe
def job(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """One job: how far it is, what it said, why it failed."""
    found = get_object_or_404(Job.objects.select_related("dataset", "created_by"), pk=pk)
    context = {"job": found, "may_steer": may_steer(request.user, found)}
    return page_or_fragment(request, "worker/job.html", "worker/_job.html", context)


@login_required
@permission_required(VIEW_JOBS, raise_exception=True)
@require_POST
def job_cancel(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Ask a job to stop."""
    found = steerable(request, pk)
    try:
        life.cancel(job=found)
    except WorkerError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(job)s is asked to stop.") % {"job": found})
    return back(request, found)


@login_required
@permission_required(VIEW_JOBS, raise_exception=True)
@require_POST
def job_retry(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Queue a failed or cancelled job again."""
    found = steerable(request, pk)
    try:
        life.retry(job=found)
    except WorkerError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("%(job)s is queued again; it goes on from where it was.") % {"job": found}
        )
    return back(request, found)


def steerable(request: AuthenticatedRequest, pk: int) -> Job:
    """The job, if the person may stop and start it."""
    found = get_object_or_404(Job, pk=pk)
    if not may_steer(request.user, found):
        raise PermissionDenied
    return found


def back(request: HttpRequest, job: Job) -> HttpResponse:
    """Where the button was pressed, or the job's page."""
    after = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(after, {request.get_host()}, require_https=request.is_secure()):
        return HttpResponseRedirect(after)
    return redirect(job)
