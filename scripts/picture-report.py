#!/usr/bin/env python3
"""Takes the pictures of docs/reading-a-report.md from the HTML report of a run.

    picture-report.py [--program TOKENOMETER] [--out DIR] RUN

It needs what scripts/check-report-in-browser.sh installs, and is run with the Python that this
has made:

    target/report-in-browser/venv/bin/python scripts/picture-report.py runs/quickstart
"""

import argparse
import base64
import pathlib
import subprocess
import sys
import tempfile

from headless_browser import Browser

WIDE = (1000, 700)
PHONE = (390, 844)
# A picture must not be larger, in bytes: it lies in the repository for ever.
MOST_BYTES = 150_000

# Opens what is pictured, waits until its charts are drawn, and says where it lies.
PLACE = """
const [selector, opened] = arguments;
for (const one of document.querySelectorAll(opened || "nothing")) one.open = true;
const element = document.querySelector(selector);
if (!element) throw "there is no " + selector;
const charts = element.matches("figure.chart") ? [element]
  : Array.from(element.querySelectorAll("figure.chart"));
for (const chart of charts) {
  chart.scrollIntoView({ block: "center", behavior: "instant" });
  for (let tries = 0; tries < 100 && !chart.querySelector(".plot .main-svg"); tries++) {
    await new Promise((done) => setTimeout(done, 50));
  }
}
await new Promise((done) => setTimeout(done, 500));
const { left, top, width, height } = element.getBoundingClientRect();
return { x: left + scrollX, y: top + scrollY, width, height };
"""

# Each picture: its name, what it shows, what is opened before, and how much of it is shown at
# most, in pixels from its top.
PICTURES = [
    ("how-sure", "#verdict .answer:last-child", "#verdict .answer:last-child > details", 620),
    ("results", "#results .matrices > :first-child", None, 400),
    ("chart", "#chart-throughput-by-concurrency", None, 620),
    ("requests", "#trial-1-2-2-requests", "#trial-1-2-2", 700),
]


def picture(browser, selector, opened, most):
    """The beginning of a part of the page, as a PNG file."""
    clip = browser.run(PLACE, selector, opened)
    margin = 12
    clip = {
        "x": max(clip["x"] - margin, 0),
        "y": max(clip["y"] - margin, 0),
        "width": clip["width"] + 2 * margin,
        "height": min(clip["height"], most) + 2 * margin,
        "scale": 1,
    }
    shot = browser.cdp(
        "Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True
    )
    return base64.b64decode(shot["data"])


def screen(browser):
    """What a reader sees at first, as a PNG file."""
    browser.run("return new Promise((done) => setTimeout(done, 500))")
    return base64.b64decode(browser.cdp("Page.captureScreenshot", format="png")["data"])


def keep(folder, name, png):
    """Writes a picture, unless it is too large."""
    if len(png) > MOST_BYTES:
        sys.exit(f"{name} has {len(png)} bytes, and may have {MOST_BYTES}")
    path = folder / f"report-{name}.png"
    path.write_bytes(png)
    print(f"{path}  {len(png)} bytes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="target/debug/tokenometer", help="tokenometer")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("docs/pictures"))
    parser.add_argument("run", type=pathlib.Path, help="the run folder")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        page = pathlib.Path(place) / "report.html"
        command = [arguments.program, "report", arguments.run, "--format", "html", "--out", page]
        subprocess.run(command, check=True, capture_output=True)
        with Browser(place, "--hide-scrollbars") as browser:
            browser.look(*WIDE)
            browser.open(page)
            keep(arguments.out, "first-screen", screen(browser))
            for name, selector, opened, most in PICTURES:
                browser.open(page)
                keep(arguments.out, name, picture(browser, selector, opened, most))
            browser.look(*PHONE, is_phone=True, dark=True)
            browser.open(page)
            keep(arguments.out, "phone", screen(browser))


if __name__ == "__main__":
    main()
