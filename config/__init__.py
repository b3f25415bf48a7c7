"""Moodreel's wiring: settings, URLs, the Celery app, the supervisor of its processes."""
