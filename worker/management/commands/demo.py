"""`manage.py demo`: fill a running, empty system with the demo's dataset. `make demo` does both."""

import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from annotations import services as people
from annotations.people import save_person
from annotations.roles import Role
from curation.errors import CurationError
from curation.models import Dataset
from worker.demo.cast import ANNOTATORS
from worker.demo.material import Material, material_of, spoil
from worker.demo.story import Story
from worker.errors import WorkerError
from worker.models import Round
from worker.services import advised_recipe

SEED = 7
SPEC = "Compact_Video_A2+Music_A2"
LOGINS = {"amina": Role.ANNOTATOR, "carla": Role.CURATOR, "ravi": Role.RESEARCHER, "ada": Role.ADMIN}
GUIDELINES = (
    "Which emotion does this clip express? Say what the music and the pictures together express, not what "
    "you happen to feel. Listen before you answer. If two emotions fit, choose the stronger one and name the "
    "other as your second. Skip a clip you would rather not watch; nobody minds."
)


class Command(BaseCommand):
    """Synthesises or takes clips, and tells the story on them."""

    help = "Fill a running, empty system with the demo: clips, people, votes, a release, a trained network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Own clips, if any."""
        parser.add_argument("--clips", type=Path, help="a folder of your own clips instead of synthetic ones")
        parser.add_argument(
            "--manifest", type=Path, help="a CSV that describes them (see the curator's guide)"
        )
        parser.add_argument("--address", default="http://127.0.0.1:8000/", help="where the site runs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the story, then say where to look and how to log in."""
        password = make_logins()
        dataset = dataset_for(own_clips=options["clips"] is not None)
        self.stdout.write(f"\nThe demo's story, on the dataset “{dataset.name}”:")
        try:
            if not Round.objects.filter(run__release__dataset=dataset).exists():
                story = Story(dataset, self.say, SEED)
                with story.step("clips on disk"):
                    material = self.material(options)
                story.tell(material, advised_recipe(SPEC, seed=SEED), budget=8)
        except (WorkerError, CurationError, OSError) as error:
            raise CommandError(str(error)) from error
        self.invite(options["address"], password)

    def material(self, options: dict[str, Any]) -> Material:
        """The person's own clips, or synthetic ones with a few things wrong with them."""
        if options["clips"]:
            folder: Path = options["clips"]
            if not folder.is_dir():
                raise CommandError(f"There is no folder {folder}; give the one that holds your clips.")
            if options["manifest"] and not options["manifest"].is_file():
                raise CommandError(f"There is no file {options['manifest']}; give a CSV manifest.")
            return material_of(folder.resolve(), options["manifest"], SEED)
        from worker.demo.synth import synthesise

        folder = settings.HOME / "demo-sources"
        manifest = folder / "manifest.csv"
        if not manifest.exists():
            manifest = synthesise(folder, seed=SEED, progress=self.tell_progress)
        material = material_of(folder, manifest, SEED)
        spoil(material)
        return material

    def tell_progress(self, done: int, total: int, name: str) -> None:
        """How many videos have been composed and painted, now and then."""
        if done % 6 == 0 or done == total:
            self.say(f"    videos made: {done} of {total}")

    def invite(self, address: str, password: str) -> None:
        """Where to look, and one login per role."""
        self.say(f"\n  Moodreel is running: {address}\n")
        self.say(f"  {'log in as':<12}{'password':<16}to be")
        for username, role in LOGINS.items():
            self.say(f"  {username:<12}{password:<16}{role.label.lower()}")
        self.say("")

    def say(self, text: str) -> None:
        """One line for the person at the terminal, at once."""
        self.stdout.write(text)
        self.stdout.flush()


def dataset_for(*, own_clips: bool) -> Dataset:
    """The demo's dataset; a person's own clips get one of their own."""
    slug, name = ("own-clips", "Your own clips") if own_clips else ("demo", "Six moods of music video")
    dataset, _created = Dataset.objects.get_or_create(
        slug=slug,
        defaults={
            "name": name,
            "description": "A demonstration: the annotators are simulated"
            + ("." if own_clips else ", and the clips are synthetic."),
            "guidelines": GUIDELINES,
        },
    )
    return dataset


def make_logins() -> str:
    """The simulated annotators and one login per role, with a password of this home's own."""
    kept = Path(settings.HOME) / "demo-password"
    if not kept.exists():
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write("reel-" + secrets.token_hex(4))
    password = kept.read_text()
    roles = {**{person.username: Role.ANNOTATOR for person in ANNOTATORS}, **LOGINS}
    for username, role in roles.items():
        if not User.objects.filter(username=username).exists():
            save_person(person=None, username=username, roles={role.value}, is_active=True, password=password)
    for person in ANNOTATORS:
        annotator = people.annotator_of(User.objects.get(username=person.username))
        if not annotator.has_consented:
            annotator.country, annotator.languages = person.country, person.languages
            annotator.music_training = person.music_training
            annotator.save(update_fields=["country", "languages", "music_training"])
            people.give_consent(annotator=annotator)
    return password
