"""Freezing a release together with the people's votes, under pseudonyms."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotations.agreement import confused_pairs, nominal_alpha
from annotations.models import Vote
from curation import services as curation
from curation.models import Dataset, Release


def votes_for_release(dataset: Dataset) -> dict[int, list[dict[str, Any]]]:
    """Current votes of people who stay, by clip, as they leave the house."""
    votes: dict[int, list[dict[str, Any]]] = {}
    rows = (
        Vote.objects.current().of_people_who_stay()
        .filter(assignment__clip__dataset=dataset)
        .select_related("assignment__annotator")
        .order_by("pk")
    )  # fmt: skip
    for vote in rows:
        annotator = vote.assignment.annotator
        votes.setdefault(vote.assignment.clip_id, []).append(
            {
                "annotator": annotator.pseudonym,
                "label": vote.emotion,
                "second_label": vote.second_emotion or None,
                "confidence": vote.confidence,
                "cue": vote.cue or None,
                "seconds_heard": vote.seconds_heard,
                "active_ms": vote.active_ms,
                "created_at": vote.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "guidelines_version": vote.guidelines_version,
                "ui_locale": vote.locale,
            }
        )
    return votes


@transaction.atomic
def freeze(*, dataset: Dataset, by: User | None, note: str = "") -> Release:
    """Freeze the dataset's next release. Raises what `curation.services.freeze_release` raises."""
    curation.lock_for_release(dataset)
    votes = votes_for_release(dataset)
    ballots = [[vote["label"] for vote in given] for given in votes.values()]
    agreement = {
        "measure": "Krippendorff's alpha, nominal",
        "alpha": nominal_alpha(ballots),
        "n_clips": len(ballots),
        "n_votes": sum(map(len, ballots)),
        "n_annotators": len({vote["annotator"] for given in votes.values() for vote in given}),
        "confused_pairs": [
            {"first": first, "second": second, "share": round(share, 6)}
            for first, second, share in confused_pairs(ballots)
        ],
    }
    return curation.freeze_release(dataset=dataset, by=by, votes=votes, agreement=agreement, note=note)
