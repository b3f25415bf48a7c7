"""Beginning, describing and overlooking a dataset."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from curation import services
from curation.forms import DatasetForm
from curation.models import Clip, Dataset, Release
from curation.views.access import CURATE, VIEW_DATASET
from curation.views.next_step import STEPS, current_step
from curation.views.shares import balance_rows


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """A dataset at a glance, and what it needs next."""
    found = get_object_or_404(Dataset, slug=slug)
    clips = Clip.objects.filter(dataset=found)
    tally, latest = clips.tally(), Release.objects.latest_of(found)
    position = current_step(tally, latest.n_clips if latest else None)
    context = {
        "dataset": found,
        "tally": tally,
        "latest": latest,
        "rows": balance_rows(clips.ready().per_split_and_emotion()),
        "steps": STEPS,
        "position": position,
        "step": STEPS[position],
        "may_take_step": request.user.has_perm(STEPS[position].permission),
    }
    return render(request, "curation/dataset.html", context)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_new(request: HttpRequest) -> HttpResponse:
    """Begin a dataset."""
    form = DatasetForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        created = services.create_dataset(**form.cleaned_data)
        messages.success(
            request, _("“%(name)s” is there. Bring in the first videos.") % {"name": created.name}
        )
        return redirect("worker:import_new", created.slug)
    status = 422 if form.is_bound else 200
    return render(request, "curation/dataset_form.html", {"form": form}, status=status)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def dataset_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a dataset's name, guidelines and wishes."""
    found = get_object_or_404(Dataset, slug=slug)
    form = DatasetForm(request.POST if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        edited = services.edit_dataset(dataset=found, **form.cleaned_data)
        messages.success(request, _("“%(name)s” is saved.") % {"name": edited.name})
        return redirect(edited)
    found.refresh_from_db()  # the header shows the name that is kept, not the one being typed
    status = 422 if form.is_bound else 200
    return render(request, "curation/dataset_form.html", {"dataset": found, "form": form}, status=status)
