"""Bringing videos in, and watching them become clips."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from annotations.roles import CURATE
from curation.errors import CurationError
from curation.models import Dataset, ImportItem
from curation.views.access import AuthenticatedRequest
from curation.views.fragments import page_or_fragment
from worker import importing
from worker.errors import WorkerError
from worker.forms import ImportForm
from worker.models import Job
from worker.querysets import imports_with_counts
from worker.views.access import may_steer
from worker.views.columns import COLUMNS, example_manifest

IMPORTS_A_PAGE = 25
ROWS_A_PAGE = 50


@login_required
@permission_required(CURATE, raise_exception=True)
@require_safe
def imports(request: HttpRequest, slug: str) -> HttpResponse:
    """The imports of a dataset, newest first."""
    dataset = get_object_or_404(Dataset, slug=slug)
    page = Paginator(imports_with_counts(dataset), IMPORTS_A_PAGE).get_page(request.GET.get("page"))
    about = Job.objects.about(Job.Kind.IMPORT, *(batch.pk for batch in page))
    by_batch = {job.subject_id: job for job in reversed(about)}
    context = {
        "dataset": dataset,
        "page_obj": page,
        "rows": [(batch, by_batch.get(batch.pk)) for batch in page],
    }
    return render(request, "worker/imports.html", context)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Take videos, or the name of a folder on the server, and queue their import."""
    dataset = get_object_or_404(Dataset, slug=slug)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if request.method == "POST" and form.is_valid():
        try:
            job = request_job(dataset, form.cleaned_data, request.user)
        except (CurationError, WorkerError) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The import is queued; you may leave this page."))
            return redirect("worker:import", slug, job.subject_id)
    context = {"dataset": dataset, "form": form, "columns": COLUMNS}
    return render(request, "worker/import_new.html", context, status=422 if form.errors else 200)


def request_job(dataset: Dataset, given: dict[str, Any], by: User) -> Job:
    """What the form asks for: the import of its uploads, or of a folder in the inbox."""
    manifest = given["manifest"]
    about: dict[str, Any] = {
        "dataset": dataset,
        "manifest": manifest.read() if manifest else None,
        "manifest_name": manifest.name if manifest else "",
        "by": by,
    }
    if given["videos"]:
        return importing.request_upload(files=given["videos"], **about)
    return importing.request_import(folder=importing.inbox_folder(given["folder"]), **about)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_safe
def import_one(request: AuthenticatedRequest, slug: str, pk: int) -> HttpResponse:
    """One import: how far it is, and what became of every row."""
    dataset = get_object_or_404(Dataset, slug=slug)
    batch = get_object_or_404(imports_with_counts(dataset), pk=pk)
    job = Job.objects.about(Job.Kind.IMPORT, batch.pk).first()
    state = request.GET.get("state", "")
    items = batch.items.prefetch_related("clips").order_by("position")
    if state in ImportItem.State.values:
        items = items.filter(state=state)
    context = {
        "dataset": dataset,
        "batch": batch,
        "job": job,
        "may_steer": job is not None and may_steer(request.user, job),
        "counts": [(s, getattr(batch, f"n_{s.value}")) for s in ImportItem.State],
        "state": state,
        "page_obj": Paginator(items, ROWS_A_PAGE).get_page(request.GET.get("page")),
    }
    return page_or_fragment(request, "worker/import.html", "worker/_import.html", context)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_safe
def import_example(request: HttpRequest) -> HttpResponse:
    """A manifest to start from."""
    headers = {"Content-Disposition": 'attachment; filename="manifest-example.csv"'}
    return HttpResponse(example_manifest(), content_type="text/csv; charset=utf-8", headers=headers)
