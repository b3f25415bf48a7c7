"""What curators and researchers fill in to set work in motion."""

import uuid
from pathlib import Path, PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from curation.manifest import MEDIA_SUFFIXES
from curation.models import Dataset, Release
from modelzoo import specs
from worker.models import Round
from worker.services import Recipe

MAX_MANIFEST_BYTES = 20 * 2**20


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files; an empty list where none was chosen."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[Any]"]:
        """Each file checked as Django checks one."""
        return [super(ManyFilesField, self).clean(one, initial) for one in data or []]


def inbox_folders() -> list[tuple[str, str]]:
    """The folders of the server's inbox, as choices."""
    inbox: Path = settings.INBOX
    if not inbox.is_dir():
        return []
    folders = sorted(path.name for path in inbox.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [(name, name) for name in folders]


class ImportForm(forms.Form):
    """Videos from here, or a folder that already lies on the server; a manifest if there is one."""

    videos = ManyFilesField(label=_("Videos"), required=False)
    folder = forms.ChoiceField(label=_("Folder in the inbox"), required=False)
    manifest = forms.FileField(
        label=_("Manifest"),
        required=False,
        help_text=_("A CSV file in UTF-8. Without one every video is a song of its own."),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["videos"].widget.attrs["accept"] = "video/*,.mkv,.avi,.ts,.ogv"
        self.fields["videos"].help_text = _(
            "Drop files on the field, or choose them; several at once are fine, up to %(most)d MB each."
        ) % {"most": settings.MAX_UPLOAD_BYTES // 2**20}
        folders = inbox_folders()
        self.has_folders = bool(folders)
        self.fields["folder"].choices = [("", _("None")), *folders]  # type: ignore[attr-defined]

    def clean_videos(self) -> list["UploadedFile[Any]"]:
        """Videos only, and no two of one name: they would overwrite each other."""
        videos: list[UploadedFile[Any]] = self.cleaned_data["videos"]
        names = [str(video.name) for video in videos]
        for name in names:
            if names.count(name) > 1:
                raise forms.ValidationError(
                    _("“%(name)s” is there twice; rename one of the files and choose them again."),
                    params={"name": name},
                )
            if PurePath(name).suffix.lower() not in MEDIA_SUFFIXES:
                raise forms.ValidationError(
                    _("“%(name)s” is not a video; expected files such as song.mp4."), params={"name": name}
                )
        return videos

    def clean_manifest(self) -> "UploadedFile[Any] | None":
        """A manifest is text; something huge is a video in the wrong field."""
        manifest: UploadedFile[Any] | None = self.cleaned_data["manifest"]
        if manifest and (manifest.size or 0) > MAX_MANIFEST_BYTES:
            raise forms.ValidationError(_("This is no manifest: it is larger than 20 MB. Choose a CSV file."))
        return manifest

    def clean(self) -> dict[str, Any]:
        """One place to take videos from."""
        data = super().clean() or {}
        has_videos, has_folder = bool(data.get("videos")), bool(data.get("folder"))
        if has_videos and has_folder:
            raise forms.ValidationError(_("Choose videos or a folder, not both."))
        if not (has_videos or has_folder or self.errors):
            raise forms.ValidationError(_("Choose the videos, or a folder of the inbox."))
        return data


class RunForm(forms.Form):
    """How to train. Each shown form starts one run, however often it is sent.

    The release and the network are chosen before, on the same page: both decide what the form proposes.
    """

    release = forms.ModelChoiceField(queryset=Release.objects.none(), widget=forms.HiddenInput)
    spec = forms.ChoiceField(
        choices=[(spec.name, spec.name) for spec in specs.SPECS], widget=forms.HiddenInput
    )
    epochs = forms.IntegerField(
        label=_("Epochs"), min_value=1, max_value=1000, help_text=_("How often it goes through all clips.")
    )
    batch_size = forms.IntegerField(
        label=_("Batch size"), min_value=2, max_value=512, help_text=_("Clips learnt from at a time.")
    )
    learning_rate = forms.FloatField(
        label=_("Learning rate"),
        min_value=1e-8,
        max_value=1.0,
        help_text=_("The size of a step; it shrinks towards the end."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    seed = forms.IntegerField(
        label=_("Seed"), min_value=0, max_value=2**31 - 1, help_text=_("The same seed, the same start.")
    )
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["release"].queryset = Release.objects.filter(dataset=dataset)  # type: ignore[attr-defined]

    def recipe(self) -> Recipe:
        """How to train, as the services take it."""
        return Recipe(**{name: self.cleaned_data[name] for name in Recipe._fields})


class SurfaceForm(forms.Form):
    """Which doubts go back to people, how many, and for how many more votes each."""

    strategy = forms.ChoiceField(label=_("Strategy"), choices=Round.Strategy.choices)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    budget = forms.IntegerField(label=_("Clips, at most"), min_value=1, max_value=5000)
    votes_per_clip = forms.IntegerField(label=_("More votes for each"), min_value=1, max_value=20)
