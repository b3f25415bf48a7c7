"""What curators fill in."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from curation.emotions import Emotion
from curation.models import Clip, ClipLabel, Dataset, SourceGroup, Split
from curation.querysets import ClipQuerySet

# Django's form is generic for the type checker only.
if TYPE_CHECKING:
    DatasetModelForm = forms.ModelForm[Dataset]
else:
    DatasetModelForm = forms.ModelForm


class DatasetForm(DatasetModelForm):
    """What a dataset says of itself, and what it asks of people."""

    class Meta:
        model = Dataset
        fields = ["name", "description", "guidelines", "votes_per_clip", "min_heard_s", "licence"]
        labels = {
            "name": _("Name"),
            "description": _("Description"),
            "guidelines": _("Guidelines for annotators"),
            "votes_per_clip": _("Votes wanted for each clip"),
            "min_heard_s": _("Seconds to hear before an answer"),
            "licence": _("Licence"),
        }
        help_texts = {
            "name": _("For example: Music videos of eight countries."),
            "description": _("What the clips are and what they are for. It goes out with every release."),
            "guidelines": _(
                "What annotators read beside the clip. A change makes a new version; "
                "each vote remembers the version it followed."
            ),
            "votes_per_clip": _("A clip is agreed when more than half of its votes name one emotion."),
            "min_heard_s": _("Between 0 and 30."),
            "licence": _("Under which the labels are shared, such as CC BY 4.0."),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "guidelines": forms.Textarea(attrs={"rows": 8}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.clips.exists():
            self.fields["votes_per_clip"].disabled = True
            self.fields["votes_per_clip"].help_text = _(
                "Fixed since the first clip came in: the queue is already built for this number."
            )


class ClipFilterForm(forms.Form):
    """The gallery's filters. An unknown value asks nothing."""

    ORDERS = {
        "": ("pk",),
        "newest": ("-pk",),
        "disagreement": ("-label__disagreement", "pk"),
        "votes": ("label__n_votes", "pk"),
    }

    q = forms.CharField(label=_("Title, artist, group or key"), required=False, max_length=100)
    split = forms.ChoiceField(
        label=_("Split"), choices=[("", pgettext_lazy("filter", "Any")), *Split.choices], required=False
    )
    status = forms.ChoiceField(
        label=_("Label"),
        choices=[("", pgettext_lazy("filter", "Any")), *ClipLabel.Status.choices],
        required=False,
    )
    emotion = forms.ChoiceField(
        label=_("Emotion"), choices=[("", pgettext_lazy("filter", "Any")), *Emotion.choices], required=False
    )
    state = forms.ChoiceField(
        label=_("Preparation"),
        choices=[("", Clip.State.READY.label), *Clip.State.choices[::2]],
        required=False,
    )
    order = forms.ChoiceField(
        label=_("Order"),
        choices=[
            ("", _("Oldest first")),
            ("newest", _("Newest first")),
            ("disagreement", _("Most disagreement first")),
            ("votes", _("Fewest votes first")),
        ],
        required=False,
    )

    def narrow(self, clips: ClipQuerySet) -> ClipQuerySet:
        """The clips that the filters ask for, in the order they ask for."""
        self.is_valid()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        found = clips.filter(state=asked.get("state", Clip.State.READY)).matching(
            split=asked.get("split", ""),
            status=asked.get("status", ""),
            emotion=asked.get("emotion", ""),
            text=asked.get("q", ""),
        )
        return found.order_by(*self.ORDERS[asked.get("order", "")])


class SplitForm(forms.Form):
    """Shares in percent, and the seed that makes the split repeatable."""

    DEFAULTS = {"train": 60, "validation": 20, "test": 20, "seed": 1}

    train = forms.FloatField(label=_("Train, %"), min_value=1, max_value=98)
    validation = forms.FloatField(label=_("Validation, %"), min_value=1, max_value=98)
    test = forms.FloatField(label=_("Test, %"), min_value=1, max_value=98)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**31 - 1)
    mark = forms.CharField(required=False, widget=forms.HiddenInput)

    def wishes(self) -> dict[str, Any]:
        """The shares and the seed as the services take them."""
        shares = {split: self.cleaned_data[split] / 100 for split in ("train", "validation", "test")}
        return {"shares": shares, "seed": self.cleaned_data["seed"]}


class GroupNameField(forms.CharField):
    """A group of sources by its name: a list of thousands is typed into, not scrolled through."""

    def __init__(self, dataset: Dataset, **kwargs: Any) -> None:
        self.dataset = dataset
        super().__init__(max_length=200, widget=forms.TextInput(attrs={"list": "group-names"}), **kwargs)

    def clean(self, value: Any) -> SourceGroup:
        """The group of this name in the dataset."""
        name = super().clean(value)
        group = SourceGroup.objects.filter(dataset=self.dataset, name=name).first()
        if group is None:
            raise forms.ValidationError(
                _("There is no group of sources called “%(name)s”; take a name from the table."),
                params={"name": name},
            )
        return group


class MergeForm(forms.Form):
    """Two groups of sources that are one song."""

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["other"] = GroupNameField(dataset, label=_("This group …"))
        self.fields["into"] = GroupNameField(dataset, label=_("… becomes part of"))
