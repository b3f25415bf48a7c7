"""Frozen versions: the list, one of them, and its files."""

import hashlib
import json
from collections.abc import Callable, Sequence

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from curation import releasing, services
from curation.models import Clip, Dataset, Release
from curation.views.access import VIEW_DATASET
from curation.views.shares import balance_rows

RELEASES_A_PAGE = 25
Records = Sequence[releasing.Record]


def certificate_json(release: Release) -> bytes:
    """The split certificate with the names that tie it to its release."""
    told = {
        "dataset": release.dataset.slug,
        "version": release.version,
        "manifest_sha256": release.manifest_sha256,
        **release.certificate,
    }
    return (json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


EXPORTS: dict[str, tuple[str, Callable[[Records], bytes]]] = {
    "clips.csv": ("text/csv; charset=utf-8", releasing.to_csv),
    "clips.jsonl": ("application/jsonl; charset=utf-8", releasing.to_jsonl),
    "votes.csv": ("text/csv; charset=utf-8", releasing.votes_to_csv),
}


def release_or_404(slug: str, version: str) -> Release:
    """The release of a dataset with this version."""
    try:
        major, minor, patch = (int(part) for part in version.split("."))
    except ValueError as error:
        raise Http404 from error
    wanted = Release.objects.select_related("dataset", "created_by")
    return get_object_or_404(wanted, dataset__slug=slug, major=major, minor=minor, patch=patch)


def alpha_in_words(alpha: float | None) -> str:
    """What an agreement means. Source: Krippendorff's own advice, 0.8 to rely on and 0.667 for tentative use."""
    if alpha is None:
        return _("Nothing can be said: no clip has two votes, or all votes name one emotion.")
    alpha = round(alpha, 2)  # as it stands on the page, beside the words
    if alpha >= 0.8:
        return _("People agree well; the labels can be relied on.")
    if alpha >= 0.667:
        return _("People agree enough for tentative conclusions.")
    if alpha >= 0.4:
        return _("People agree moderately, as is usual for emotions; look at the disputed clips.")
    if alpha >= 0.1:
        return _("People agree little; clearer guidelines or more votes may help.")
    return _("People agree hardly more than chance would; look at the guidelines before you train on this.")


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def releases(request: HttpRequest, slug: str) -> HttpResponse:
    """The releases, newest first, and the form that freezes the next one."""
    dataset = get_object_or_404(Dataset, slug=slug)
    found = Release.objects.filter(dataset=dataset).select_related("created_by", "dataset")
    clips = Clip.objects.filter(dataset=dataset)
    context = {
        "dataset": dataset,
        "page_obj": Paginator(found, RELEASES_A_PAGE).get_page(request.GET.get("page")),
        "tally": clips.tally(),
    }
    return render(request, "curation/releases.html", context)


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def release(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One release: what is in it, how far people agree, what changed, its files."""
    found = release_or_404(slug, version)
    proof = found.certificate
    context = {
        "dataset": found.dataset,
        "release": found,
        "rows": balance_rows(proof["balance"], proof["n_groups"]),
        "alpha_in_words": alpha_in_words(found.agreement.get("alpha")),
    }
    return render(request, "curation/release.html", context)


@login_required
@permission_required(VIEW_DATASET, raise_exception=True)
@require_safe
def release_download(request: HttpRequest, slug: str, version: str, kind: str) -> HttpResponse:
    """One of the release's files: the same bytes every time."""
    found = release_or_404(slug, version)
    if kind == "certificate.json":
        content_type, data = "application/json", certificate_json(found)
    elif kind in EXPORTS:
        content_type, build = EXPORTS[kind]
        data = build(list(services.records_by_clip(found).values()))
    else:
        raise Http404
    etag = f'"{hashlib.sha256(data).hexdigest()}"'
    headers = {
        "Content-Disposition": f'attachment; filename="{found.dataset.slug}-{found.version}-{kind}"',
        "Cache-Control": "private, no-cache",
        "ETag": etag,
    }
    response = HttpResponse(data, content_type=content_type, headers=headers)
    return get_conditional_response(request, etag=etag, response=response) or response
