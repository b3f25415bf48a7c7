"""Registers the package with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CurationConfig(AppConfig):
    """The dataset."""

    name = "curation"
    verbose_name = _("The dataset")
