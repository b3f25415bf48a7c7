"""One include per package."""

from django.contrib.auth import views as auth
from django.urls import include, path

from curation.views.home import home

urlpatterns = [
    path("", home, name="home"),
    path("accounts/login/", auth.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("annotations.urls")),
    path("", include("worker.urls")),
    path("", include("curation.urls")),
]
