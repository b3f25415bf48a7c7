"""Loads the Celery app with Django, so that shared tasks find their broker."""

from django.apps import AppConfig


class MoodreelConfig(AppConfig):
    """The wiring's own commands (`up`) and the Celery app."""

    name = "config"
    verbose_name = "Moodreel"

    def ready(self) -> None:
        """Make the Celery app the current one."""
        from config import celery  # noqa: F401  (imported for its effect)
