"""Registers the package with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkerConfig(AppConfig):
    """The machine room."""

    name = "worker"
    verbose_name = _("The machine room")

    def ready(self) -> None:
        """Let this process's worker, if it is one, show signs of life."""
        from worker import heartbeats

        heartbeats.listen()
