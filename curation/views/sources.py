"""Groups of sources: which split they are in, and which of them are one song."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from curation import services
from curation.errors import CurationError
from curation.forms import MergeForm, SplitForm
from curation.models import Clip, Dataset, SourceGroup, Split
from curation.splitting import SPLITS
from curation.views.access import CURATE, VIEW_DATASET
from curation.views.shares import balance_rows

GROUPS_A_PAGE = 50


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def sources(request: HttpRequest, slug: str) -> HttpResponse:
    """The groups of sources with their splits, and the balance of the whole."""
    dataset = get_object_or_404(Dataset, slug=slug)
    groups = SourceGroup.objects.filter(dataset=dataset)
    found = groups.matching(split=request.GET.get("split", ""), text=request.GET.get("q", ""))
    page = Paginator(found.with_label_counts().with_sources().order_by("pk"), GROUPS_A_PAGE)
    n_groups = groups.per_split()
    context = {
        "dataset": dataset,
        "page_obj": page.get_page(request.GET.get("page")),
        "rows": balance_rows(Clip.objects.filter(dataset=dataset).ready().per_split_and_emotion(), n_groups),
        "n_groups": n_groups,
        "splits": Split,
        "merge_form": MergeForm(dataset=dataset, initial={"other": request.GET.get("merge", "")}),
    }
    return render(request, "curation/sources.html", context)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what a split would do; do it when the curator accepts what was shown."""
    dataset = get_object_or_404(Dataset, slug=slug)
    given = request.POST if request.method == "POST" else request.GET
    form = SplitForm(given if given else None, initial=SplitForm.DEFAULTS)
    proposal = None
    if form.is_valid():
        try:
            if request.method == "POST":
                placed = services.assign_splits(
                    dataset=dataset, mark=form.cleaned_data["mark"], **form.wishes()
                )
                n_groups = sum(placed.values())
                messages.success(request, _("%(n)d groups of sources now have a split.") % {"n": n_groups})
                return redirect("curation:sources", slug)
            proposal = services.propose_splits(dataset=dataset, **form.wishes())
        except CurationError as error:
            form.add_error(None, str(error))
    context = {"dataset": dataset, "form": form, "proposal": proposal}
    if proposal:
        context["rows"] = balance_rows(proposal.balance, proposal.n_groups)
        context["by_split"] = [
            (Split(s).label, sorted(name for name, to in proposal.chosen.items() if to == s)) for s in SPLITS
        ]
    return render(request, "curation/split.html", context, status=422 if form.errors else 200)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_POST
def set_split(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Move one group of sources, with all its clips, to a split."""
    group = get_object_or_404(SourceGroup, dataset__slug=slug, pk=pk)
    try:
        services.set_split(group=group, split=request.POST.get("split", ""))
    except CurationError as error:
        messages.error(request, str(error))
    else:
        told = {"group": group.name, "split": Split(group.split).label}
        messages.success(request, _("“%(group)s” is now in: %(split)s.") % told)
    return redirect("curation:sources", slug)


@login_required
@permission_required(CURATE, raise_exception=True)
@require_POST
def merge_groups(request: HttpRequest, slug: str) -> HttpResponse:
    """Make two groups of sources one."""
    dataset = get_object_or_404(Dataset, slug=slug)
    form = MergeForm(request.POST, dataset=dataset)
    if not form.is_valid():
        messages.error(request, " ".join(str(e) for errors in form.errors.values() for e in errors))
        return redirect("curation:sources", slug)
    into, other = form.cleaned_data["into"], form.cleaned_data["other"]
    try:
        services.merge_groups(into=into, other=other)
    except CurationError as error:
        messages.error(request, str(error))
    else:
        told = {"other": other.name, "into": into.name}
        messages.success(request, _("“%(other)s” is now part of “%(into)s”.") % told)
    return redirect("curation:sources", slug)
