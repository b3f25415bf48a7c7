"""One journey through the whole product, in a real browser, with the real processes.

A new system is started as `make run` does it. Ada makes accounts; Carla brings in videos, splits and freezes; Amina
labels with the keyboard; Ravi trains a network and sends doubtful clips back; Bo gets the most doubtful one first.
"""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.media import make_film, make_text_named_mp4

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed.")
Browser, Page, expect = playwright_api.Browser, playwright_api.Page, playwright_api.expect

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PASSWORD = "journey-of-a-clip"
EMOTIONS = ("Excited", "Relaxation", "Sad")
TONES = {"Excited": 880.0, "Relaxation": 330.0, "Sad": 150.0}
COLOURS = {"Excited": (240, 200, 40), "Relaxation": (70, 170, 120), "Sad": (30, 40, 90)}
PATIENCE_MS = 30_000
SCRIPT_ERRORS: list[str] = []

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="No Chromium found: install Debian's chromium package to run the browser journey.",
    ),
]


@dataclass(frozen=True)
class Site:
    """A running Moodreel: its address, the link of its first administrator, its home folder."""

    address: str
    welcome: str
    home: Path

    def ask(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """A question to the site's database, from outside."""
        with sqlite3.connect(f"file:{self.home / 'moodreel.sqlite3'}?mode=ro", uri=True) as rows:
            return rows.execute(sql, values).fetchall()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """All processes of one machine on an empty home folder, stopped with Ctrl-C at the end."""
    home, port = tmp_path_factory.mktemp("site"), free_port()
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("MOODREEL_", "DATABASE_", "DJANGO_"))
    }
    environment |= {"MOODREEL_HOME": str(home), "MOODREEL_DEVICE": "cpu", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert running.stdout is not None
    said = []
    for line in running.stdout:
        said.append(line)
        link = re.search(r"(http\S+)welcome/\S+", line)
        if link:
            yield Site(link[1], link[0], home)
            break
    else:
        pytest.fail("The system did not start:\n" + "".join(said))
    running.send_signal(signal.SIGINT)
    rest, _none = running.communicate(timeout=60)
    assert running.returncode == 0, rest
    assert rest.count("stopped") == 5, rest


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, headless."""
    with playwright_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--mute-audio"],
        )
        yield running
        running.close()


def as_person(browser: "Browser", site: Site, name: str) -> "Page":
    """A browser of one's own, logged in. Errors in the pages' scripts are collected and fail the test."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=site.address).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: SCRIPT_ERRORS.append(f"{name} on {page.url}: {error}"))
    if name:
        page.goto("accounts/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "login" not in url)
    return page


def make_person(page: "Page", name: str, role: str) -> None:
    """Ada makes an account."""
    page.goto("people/new/")
    page.fill("[name=username]", name)
    page.check(f"[name=roles][value={role}]")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    expect(page.get_by_text(name).first).to_be_visible()


def films(folder: Path) -> list[Path]:
    """Four songs for each of three emotions, a text file in disguise, and the manifest of all."""
    folder.mkdir()
    files, lines = [], ["file_name,source_group,start_s,end_s,title"]
    for emotion in EMOTIONS:
        for n in range(4):
            path = folder / f"{emotion.lower()}-{n}.mp4"
            make_film(
                path, seconds=4, size=(96, 64), tone_hz=TONES[emotion] * (1 + n / 20), colour=COLOURS[emotion]
            )
            files.append(path)
            lines.append(f"{path.name},song {path.stem},0,4,Song {n}")
    make_text_named_mp4(folder / "notes.mp4")
    lines.append("notes.mp4,notes,,,Not a film")
    manifest = folder / "manifest.csv"
    manifest.write_text("\n".join(lines))
    return [*files, folder / "notes.mp4"]


def clip_playing(page: "Page") -> str | None:
    """The address of the clip on the screen; None when the queue is empty."""
    found: str | None = page.evaluate(
        "document.querySelector('[data-label-root] video, [data-label-root] video source')?.currentSrc ?? null"
    )
    return found


def answer_clip(page: "Page", site: Site, answered: int) -> None:
    """Listen, choose with a key, send with Enter, and see the next clip come."""
    source = clip_playing(page)
    assert source is not None
    clip = source.split("/")[-2]
    [(file_name,)] = site.ask(
        "select s.file_name from curation_source s join curation_clip c on c.source_id = s.id where c.key = ?",
        clip,
    )
    emotion = str(file_name).split("-")[0].capitalize()
    position = page.locator(f"[data-emotion][value={emotion}]").get_attribute("data-emotion")
    page.keyboard.press(f"Digit{position}")
    expect(page.locator(f"[data-emotion][value={emotion}]")).to_be_checked()
    wait_until(lambda: page.evaluate("document.querySelector('video').currentTime") > 1.6)
    page.keyboard.press("Enter")
    wait_until(lambda: site.ask("select count(*) from annotations_vote") == [(answered + 1,)])
    wait_until(lambda: clip_playing(page) != source)


def wait_until(is_true: Callable[[], bool], patience_s: float = 30.0) -> None:
    """Wait for something outside the browser."""
    deadline = time.monotonic() + patience_s
    while not is_true():
        assert time.monotonic() < deadline, f"It did not happen in time. {SCRIPT_ERRORS}"
        time.sleep(0.1)


def begin_labelling(page: "Page", dataset: str) -> None:
    """Consent, an empty profile, and the first clip plays."""
    page.goto(f"d/{dataset}/label/")
    page.locator("main form button").first.click()  # I agree
    page.wait_for_url("**/profile/**")
    page.locator("main form button").first.click()  # everything is optional
    page.goto(f"d/{dataset}/label/")
    page.locator("[data-start]").click()


@pytest.mark.xdist_group("journey")
def test_from_a_folder_of_videos_to_a_trained_network_and_back(
    site: Site, browser: "Browser", tmp_path: Path
) -> None:
    """Every role does its part, in the browser, on real processes."""
    page = browser.new_page()
    page.goto(site.welcome)
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(site.address)

    ada = as_person(browser, site, "ada")
    for name, role in (
        ("carla", "curator"),
        ("ravi", "researcher"),
        ("amina", "annotator"),
        ("bo", "annotator"),
    ):
        make_person(ada, name, role)

    carla = as_person(browser, site, "carla")
    carla_imports(carla, site, films(tmp_path / "films"))

    amina = as_person(browser, site, "amina")
    begin_labelling(amina, "journey")
    for n in range(12):
        answer_clip(amina, site, answered=n)
    expect(amina.get_by_role("heading", level=1)).to_contain_text("Thank you")

    carla_splits_and_freezes(carla, site)

    ravi = as_person(browser, site, "ravi")
    ravi_trains(ravi, site)
    ravi_sends_back(ravi, site)

    bo_gets_the_most_doubtful_clip(as_person(browser, site, "bo"), site)
    assert SCRIPT_ERRORS == []


def carla_imports(page: "Page", site: Site, files: list[Path]) -> None:
    """A dataset, an upload with a manifest, and an import that lists the one bad file with its reason."""
    page.goto("dataset/new/")
    page.fill("[name=name]", "Journey")
    page.fill("[name=votes_per_clip]", "1")
    page.fill("[name=min_heard_s]", "1")
    page.locator("main form button").first.click()
    page.goto("d/journey/imports/new/")
    page.set_input_files("[name=videos]", [str(path) for path in files])
    page.set_input_files("[name=manifest]", str(files[0].parent / "manifest.csv"))
    page.locator("main form:has([name=videos]) button").click()
    page.wait_for_url("**/imports/*/")
    expect(page.get_by_text("notes.mp4").first).to_be_visible()
    wait_until(lambda: site.ask("select state from worker_job where kind = 'import'") == [("succeeded",)], 60)
    page.reload()
    assert site.ask("select count(*) from curation_clip where state = 'ready'") == [(12,)]
    [(reason,)] = site.ask("select reason from curation_importitem where state = 'rejected'")
    expect(page.get_by_text(str(reason)).first).to_be_visible()


def carla_splits_and_freezes(page: "Page", site: Site) -> None:
    """A preview, whole groups of sources in three splits, and a first release."""
    page.goto("d/journey/sources/split/")
    page.get_by_role("button", name=re.compile("preview", re.I)).click()
    page.get_by_role("button", name=re.compile("accept", re.I)).click()
    wait_until(lambda: site.ask("select count(*) from curation_sourcegroup where split = 'none'") <= [(1,)])
    page.goto("d/journey/releases/")
    page.get_by_role("button", name=re.compile("freeze", re.I)).click()
    page.wait_for_url("**/releases/1.0.0/")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(r"clips\.csv|CSV", re.I)).first.click()
    assert len(download.value.path().read_text().splitlines()) == 13


def ravi_trains(page: "Page", site: Site) -> None:
    """The defaults, two epochs, and a page that follows the run to its metrics."""
    page.goto("d/journey/runs/new/")
    page.fill("[name=epochs]", "2")
    page.locator("main form:has([name=epochs]) button").click()
    page.wait_for_url("**/runs/*/")
    wait_until(lambda: ("scoring", "succeeded") in site.ask("select kind, state from worker_job"), 120)
    page.reload()
    expect(page.get_by_text(re.compile("accuracy", re.I)).first).to_be_visible()
    assert site.ask(
        "select count(*) from worker_prediction p join curation_clip c on c.id = p.clip_id "
        "join curation_source s on s.id = c.source_id join curation_sourcegroup g on g.id = s.group_id "
        "where g.split = 'test'"
    ) == [(0,)]


def ravi_sends_back(page: "Page", site: Site) -> None:
    """The most uncertain clips go back to people."""
    page.fill("[name=budget]", "2")
    page.fill("[name=votes_per_clip]", "1")
    page.locator("main form:has([name=budget]) button").click()
    wait_until(lambda: site.ask("select count(*) from annotations_relabelrequest") >= [(1,)])


def bo_gets_the_most_doubtful_clip(page: "Page", site: Site) -> None:
    """The clip at the top of the ranking comes first, and its label takes the new vote in."""
    [(clip_id, clip)] = site.ask(
        "select c.id, c.key from annotations_relabelrequest r join curation_clip c on c.id = r.clip_id "
        "order by r.score desc, c.id limit 1"
    )
    begin_labelling(page, "journey")
    expect(page.locator(f"[src*='{clip}']").first).to_be_attached()
    answer_clip(page, site, answered=12)
    assert site.ask("select n_votes from curation_cliplabel where clip_id = ?", clip_id) == [(2,)]
