"""The people's pages."""

from django.urls import path

from annotations.views import account, answers, curating, labelling, people

app_name = "annotations"
urlpatterns = [
    path("welcome/", account.welcome, name="welcome"),
    path("consent/", account.consent, name="consent"),
    path("consent/withdraw/", account.withdraw, name="withdraw"),
    path("profile/", account.profile, name="profile"),
    path("people/", people.people, name="people"),
    path("people/new/", people.person, name="person_new"),
    path("people/<int:pk>/", people.person, name="person"),
    path("d/<slug:slug>/label/", labelling.label, name="label"),
    path("d/<slug:slug>/label/<int:pk>/", labelling.submit, name="submit"),
    path("d/<slug:slug>/label/<int:pk>/skip/", labelling.skip, name="skip"),
    path("d/<slug:slug>/answers/", answers.answers, name="answers"),
    path("d/<slug:slug>/answers/<int:pk>/", answers.change, name="answer_change"),
    path("d/<slug:slug>/clips/<slug:key>/votes/", curating.clip_votes, name="clip_votes"),
    path("d/<slug:slug>/freeze/", curating.freeze, name="freeze"),
]
