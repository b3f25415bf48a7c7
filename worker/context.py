"""What every page knows about the machine room."""

from django.http import HttpRequest

from worker.heartbeats import silent_queues


def worker_warning(request: HttpRequest) -> dict[str, list[str]]:
    """Names of queues that nobody listens to, for people who can do something about it."""
    user = getattr(request, "user", None)  # a request refused by its host name never got one
    if user is None or not user.has_perm("worker.view_jobs"):
        return {"worker_warning": []}
    return {"worker_warning": silent_queues()}
