"""What people fill in."""

import uuid
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from annotations.models import Annotator, Assignment, Vote
from annotations.roles import Role
from annotations.services import Answer
from curation.emotions import Emotion

# Django's form is generic for the type checker only.
if TYPE_CHECKING:
    AnnotatorModelForm = forms.ModelForm[Annotator]
else:
    AnnotatorModelForm = forms.ModelForm


class VoteForm(forms.Form):
    """One answer to one clip."""

    emotion = forms.ChoiceField(
        choices=Emotion.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the six emotions first.")},
    )
    second_emotion = forms.ChoiceField(choices=[("", "–"), *Emotion.choices], required=False)
    confidence = forms.TypedChoiceField(
        choices=[("", "–"), (1, _("Guessing")), (2, _("Fairly sure")), (3, _("Sure"))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    cue = forms.ChoiceField(choices=[("", "–"), *Vote.Cue.choices], required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    seconds_heard = forms.FloatField(widget=forms.HiddenInput, required=False, min_value=0, max_value=86_400)
    active_ms = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=86_400_000
    )

    def clean(self) -> dict[str, Any]:
        """A second emotion equal to the first says nothing and is dropped."""
        data = super().clean() or {}
        if data.get("second_emotion") == data.get("emotion"):
            data["second_emotion"] = ""
        return data

    def answer(self, locale: str) -> Answer:
        """The answer as the services take it."""
        given = {name: self.cleaned_data[name] for name in Answer._fields if name in self.cleaned_data}
        return Answer(**given, locale=locale)


class SkipForm(forms.Form):
    """Why a clip is left unanswered."""

    reason = forms.ChoiceField(choices=Assignment.Skip.choices)


class ProfileForm(AnnotatorModelForm):
    """What a person tells about herself; all of it optional."""

    class Meta:
        model = Annotator
        fields = ["country", "languages", "music_training"]


class PersonForm(forms.Form):
    """An account and its roles, as an administrator sees it."""

    username = forms.CharField(max_length=150, label=_("User name"))
    roles = forms.MultipleChoiceField(
        choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple, label=_("Roles")
    )
    is_active = forms.BooleanField(required=False, initial=True, label=_("May log in"))
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        label=_("New password"),
        help_text=_("At least ten characters. Leave empty to keep the present one."),
    )

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        if person is None:
            self.fields["password"].required = True
            self.fields["password"].help_text = _("At least ten characters.")

    def clean_username(self) -> str:
        """A name nobody else has."""
        # As the log-in form will write it: NFKC, else nobody could ever log in under it.
        name: str = User.normalize_username(self.cleaned_data["username"]).strip()
        others = User.objects.filter(username__iexact=name)
        if self.person is not None:
            others = others.exclude(pk=self.person.pk)
        if others.exists():
            raise forms.ValidationError(
                _("“%(name)s” is taken; choose another user name."), params={"name": name}
            )
        User.username_validator(name)
        return name

    def clean_password(self) -> str:
        """A password the validators accept, or none for an existing account."""
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.person or User(username=self.cleaned_data.get("username", "")))
            if not password.strip():
                raise forms.ValidationError(_("The password is only spaces; choose another."))
        return password


class WelcomeForm(PersonForm):
    """The first administrator."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["roles"], self.fields["is_active"]
