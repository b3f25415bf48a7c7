"""One include per package."""

from django.urls import include, path

from config.views import health
from curation.views.home import home

urlpatterns = [
    path("", home, name="home"),
    path("healthz", health, name="health"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("annotations.urls")),
    path("", include("worker.urls")),
    path("", include("curation.urls")),
]
