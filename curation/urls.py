"""The dataset's pages."""

from django.urls import path

from curation.views import clips, datasets, releases, sources

app_name = "curation"
urlpatterns = [
    path("dataset/new/", datasets.dataset_new, name="dataset_new"),
    path("d/<slug:slug>/", datasets.dataset, name="dataset"),
    path("d/<slug:slug>/edit/", datasets.dataset_edit, name="dataset_edit"),
    path("d/<slug:slug>/clips/", clips.clips, name="clips"),
    path("d/<slug:slug>/clips/<slug:key>/", clips.clip, name="clip"),
    path("media/<slug:key>/clip.mp4", clips.clip_video, name="clip_video"),
    path("media/<slug:key>/poster.jpg", clips.clip_poster, name="clip_poster"),
    path("d/<slug:slug>/sources/", sources.sources, name="sources"),
    path("d/<slug:slug>/sources/split/", sources.split, name="split"),
    path("d/<slug:slug>/sources/merge/", sources.merge_groups, name="merge_groups"),
    path("d/<slug:slug>/sources/<int:pk>/", sources.set_split, name="set_split"),
    path("d/<slug:slug>/releases/", releases.releases, name="releases"),
    path("d/<slug:slug>/releases/<str:version>/", releases.release, name="release"),
    path(
        "d/<slug:slug>/releases/<str:version>/<str:kind>", releases.release_download, name="release_download"
    ),
]
