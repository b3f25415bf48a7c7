"""Who may set which work in motion, and stop it."""

from django.contrib.auth.models import User

from annotations.roles import CURATE, RESEARCH
from worker.models import Job


def may_steer(user: User, job: Job) -> bool:
    """Whether the person may cancel and retry the job: curators imports, researchers training and scoring."""
    return user.has_perm(CURATE if job.kind == Job.Kind.IMPORT else RESEARCH)
