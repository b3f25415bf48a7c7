"""The machine room's pages."""

from django.urls import path

from worker.views import imports, jobs, rounds, runs

app_name = "worker"
urlpatterns = [
    path("d/<slug:slug>/imports/", imports.imports, name="imports"),
    path("d/<slug:slug>/imports/new/", imports.import_new, name="import_new"),
    path("d/<slug:slug>/imports/<int:pk>/", imports.import_one, name="import"),
    path("imports/manifest-example.csv", imports.import_example, name="import_example"),
    path("d/<slug:slug>/runs/", runs.runs, name="runs"),
    path("d/<slug:slug>/runs/new/", runs.run_new, name="run_new"),
    path("d/<slug:slug>/runs/<int:pk>/", runs.run, name="run"),
    path("d/<slug:slug>/runs/<int:pk>/surface/", rounds.surface, name="surface"),
    path("d/<slug:slug>/rounds/<int:pk>/", rounds.round_one, name="round"),
    path("d/<slug:slug>/clips/<slug:key>/predictions/", rounds.clip_predictions, name="clip_predictions"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<int:pk>/", jobs.job, name="job"),
    path("jobs/<int:pk>/cancel/", jobs.job_cancel, name="job_cancel"),
    path("jobs/<int:pk>/retry/", jobs.job_retry, name="job_retry"),
]
