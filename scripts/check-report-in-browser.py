#!/usr/bin/env python3
"""Opens HTML reports in a headless Chromium and checks them; see check-report-in-browser.sh.

    check-report-in-browser.py --place DIR REPORT.html …

A line a check; exit code 1 if any fails. A report that is called hostile.html is that of the
made-up study whose every text is hostile.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import pathlib
import re
import sys
import tarfile
import urllib.request

import urllib3
from headless_browser import Browser
from selenium.common.exceptions import WebDriverException

AXE_URL = "https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz"
AXE_SHA512 = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)

DESK = (1280, 800)
PHONE = (390, 844)
TAB, ENTER = ("Tab", 9), ("Enter", 13)
# How often a reader may have to press Tab until all kinds of controls were met.
MOST_TABS = 400

# Hostile texts that must be seen as they are.
LITERALLY = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '<a href="javascript:alert(1)">click</a>',
    "${{7*7}}",
    "{{7*7}}",
    "=cmd|' /C calc'!A0",
    "]]>",
    "<!-- --><!--",
    "&lt;b&gt; &#x3c;",
]
# Characters that would hide or turn what is beside them.
UNSEEN = "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]"

# The first words of the verdict, or why there is none.
VERDICT = "#verdict .sentence, #verdict .no-verdict, #verdict .tallies li"

IN_SIGHT = """
const [selector, width, height] = arguments;
const element = document.querySelector(selector);
if (!element) return "there is no " + selector;
const box = element.getBoundingClientRect();
const words = element.innerText.trim();
if (!words) return "it says nothing";
if (box.width <= 0 || box.height <= 0) return "it has no size";
const seen = `it lies at ${Math.round(box.top)} to ${Math.round(box.bottom)} of ${height}`;
if (box.top < 0 || box.left < 0 || box.right > width + 1) return seen;
// Of words that are longer than a screen, the beginning has to be there.
if (box.bottom > height && box.top > height / 2) return seen;
const top = document.elementFromPoint(box.left + 5, box.top + 5);
if (!element.contains(top) && !top?.contains(element)) return "something lies upon it";
return "";
"""

# Draws a chart by bringing it into sight.
DRAWN = """
const figure = document.getElementById(arguments[0]);
figure.scrollIntoView({ block: "center", behavior: "instant" });
return figure.querySelectorAll(".plot .legendtoggle").length;
"""

# A chart with several names in its legend, that isn't folded away.
LEGENDARY = """
for (const figure of document.querySelectorAll("#charts-of-study figure.chart")) {
  figure.scrollIntoView({ block: "center", behavior: "instant" });
  for (let tries = 0; tries < 50 && !figure.querySelector(".plot .main-svg"); tries++) {
    await new Promise((done) => setTimeout(done, 50));
  }
  if (figure.querySelectorAll(".plot .legendtoggle").length > 1) return figure.id;
}
return null;
"""

# Whether some chart of the study has a legend in which something can be hidden.
NAMES_SEVERAL = """
const specs = JSON.parse(document.getElementById("charts").textContent);
return Object.values(specs).some(({ data }) => {
  const named = data.filter((trace) => trace.name && trace.showlegend !== false);
  return new Set(named.map((trace) => trace.name)).size > 1;
});
"""

TOGGLE_PLACE = """
const figure = document.getElementById(arguments[0]);
figure.querySelector(".plot .legend").scrollIntoView({ block: "center", behavior: "instant" });
await new Promise(requestAnimationFrame);
const box = figure.querySelector(".plot .legendtoggle").getBoundingClientRect();
return [box.left + box.width / 2, box.top + box.height / 2];
"""

HIDDEN = """
const place = document.getElementById(arguments[0]).querySelector(".plot");
const hidden = place._fullData.filter((trace) => trace.visible === "legendonly");
const lines = place.querySelectorAll(".cartesianlayer .trace").length;
return hidden.length ? { hidden: hidden.length, of: place._fullData.length, lines } : null;
"""

# What stands out from the page too little, of the words in its charts.
FAINT = """
const number = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const bright = (colour) => {
  const [r, g, b] = colour.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [bright(one), bright(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const ground = number(getComputedStyle(document.body).backgroundColor);
const faint = new Set();
for (const text of document.querySelectorAll(".plot .main-svg text")) {
  const style = getComputedStyle(text);
  if (!text.textContent.trim() || style.opacity === "0") continue;
  // Words upon a coloured cell are not words upon the page.
  if (text.closest(".heatmap, .hm, .bars, .heatmap-label")) continue;
  const found = contrast(number(style.fill), ground);
  if (found < 4.5) faint.add(text.textContent.trim().slice(0, 30) + " " + found.toFixed(1));
}
return { ground: bright(ground), faint: Array.from(faint).slice(0, 8) };
"""

ALIVE = """
const found = [];
const all = (selector) => Array.from(document.querySelectorAll(selector));
const name = (element) => element.outerHTML.slice(0, 80);
const active = all("script").filter((one) => !/^application\\/(json|gzip)$/.test(one.type));
if (active.length !== 2) found.push(`${active.length} scripts run, and 2 belong here`);
found.push(...all("img, iframe, frame, object, embed, base, form, input, link, video, audio")
  .map(name));
found.push(...all("meta[http-equiv]").filter((m) => m.httpEquiv !== "Content-Security-Policy")
  .map(name));
for (const element of document.querySelectorAll("*")) {
  for (const { name: attribute, value } of element.attributes) {
    if (/^on/i.test(attribute)) found.push(name(element));
    // A heat map is painted as a picture that lies in the page.
    const isPainted = element.localName === "image" && element.closest(".plot")
      && /^data:image\\/png;base64,[\\w+\\/=]*$/.test(value);
    if (isPainted) continue;
    if (/^(xlink:)?href$|^src$/i.test(attribute) && !/^#|^url\\(#/.test(value)) {
      found.push(attribute + "=" + value.slice(0, 60));
    }
  }
}
return found.slice(0, 8);
"""

STOPS = """
const element = document.activeElement;
if (!element || element === document.body) return "nothing";
for (const kind of ["a.skip", "button.csv", "button.scale", "button.copy", "summary", "nav", "a"]) {
  if (element.matches(kind)) return kind;
}
return element.tagName.toLowerCase();
"""


def axe(place):
    """The source of axe-core, had once and checked against its hash."""
    kept = place / "axe.min.js"
    if not kept.exists():
        with urllib.request.urlopen(AXE_URL, timeout=60) as answer:
            package = answer.read()
        found = base64.b64encode(hashlib.sha512(package).digest()).decode()
        if found != AXE_SHA512:
            sys.exit(f"{AXE_URL} has the hash {found}, not {AXE_SHA512}")
        with tarfile.open(fileobj=io.BytesIO(package)) as archive:
            kept.write_bytes(archive.extractfile("package/axe.min.js").read())
    return kept.read_text(encoding="utf-8")


class Check:
    """The checks of one report. Each returns what is wrong, or nothing."""

    def __init__(self, browser, path, axe_source):
        self.browser = browser
        self.path = path
        self.axe_source = axe_source
        # How long it took to open at first, in seconds.
        self.opened_s = None

    def open(self, size=DESK, **look):
        self.browser.look(*size, **look)
        took_s = self.browser.open(self.path)
        if self.opened_s is None:
            self.opened_s = took_s

    def quiet(self):
        """No message in the console, no request but the file itself, no dialog."""
        self.open()
        self.browser.run(
            "for (const one of document.querySelectorAll('figure.chart, details.trial')) {"
            " one.open = true; one.scrollIntoView(); await new Promise(requestAnimationFrame); }"
        )
        wrong = [f"console: {words}" for words in self.browser.complaints()]
        asked, dialogs = self.browser.traffic()
        own = self.path.resolve().as_uri()
        strange = [url for url in asked if url != own and not url.startswith(("data:", "blob:"))]
        wrong += [f"asked for {url}" for url in strange]
        wrong += [f"dialog: {words}" for words in dialogs + self.browser.run("return dialogs")]
        if own not in asked:
            wrong.append("the page's own request was not seen, so nothing else would have been")
        return wrong

    def verdict_in_sight(self, size, is_phone):
        self.open(size, is_phone=is_phone)
        wrong = self.browser.run(IN_SIGHT, VERDICT, *size)
        return [f"the verdict: {wrong}"] if wrong else []

    def no_sideways(self):
        self.open(PHONE, is_phone=True)
        wide = self.browser.run(
            "return [document.documentElement.scrollWidth, window.innerWidth]"
        )
        return [f"{wide[0]} pixels wide, of {PHONE[0]}"] if max(wide) > PHONE[0] else []

    def series_hides(self):
        self.open()
        figure = self.browser.run(LEGENDARY)
        if figure is None:
            return ["no legend was drawn"] if self.browser.run(NAMES_SEVERAL) else None
        self.browser.click(*self.browser.run(TOGGLE_PLACE, figure))
        hidden = self.browser.wait_until(HIDDEN, figure, limit_s=5)
        if not hidden:
            return [f"a click on the legend of {figure} hides nothing"]
        return [] if hidden["hidden"] < hidden["of"] else [f"everything of {figure} is hidden"]

    def data_downloads(self):
        self.open()
        ids = self.browser.run(
            "return Array.from(document.querySelectorAll('figure.chart'), (one) => one.id)"
        )
        if not ids:
            return None
        wrong = []
        # The first charts of the study, and the last of all, which is one of a trial's.
        for name in dict.fromkeys(ids[:4] + ids[-1:]):
            wrong += [f"{name}: {words}" for words in self.data_of(name)]
        return wrong

    def data_of(self, name):
        # A chart of a trial lies in a closed part, and has its data when that is opened.
        self.browser.run(
            "const figure = document.getElementById(arguments[0]);"
            "for (let at = figure; at; at = at.parentElement) if (at.matches('details')) at.open = true;"
            "figure.scrollIntoView({ block: 'center', behavior: 'instant' });"
            "figure.querySelector('button.csv').click();",
            name,
        )
        text = self.browser.downloaded(f"{name}.csv")
        if text is None:
            return ["nothing was downloaded"]
        shown = self.browser.run(
            "return document.getElementById(arguments[0]).querySelector('.data pre').textContent",
            name,
        )
        rows = list(csv.reader(io.StringIO(text)))
        wrong = []
        if text != shown:
            wrong.append("the file is not what stands in the page")
        if len(rows) < 2 or not all(rows[0]):
            wrong.append(f"it has {len(rows)} rows, and the header {rows[:1]}")
        if any(len(row) != len(rows[0]) for row in rows):
            wrong.append("its rows are of different lengths")
        return wrong

    def readable(self, dark):
        self.open(dark=dark)
        self.browser.run(LEGENDARY)
        seen = self.browser.run(FAINT)
        wrong = [f"hardly to be read: {words}" for words in seen["faint"]]
        if (seen["ground"] < 0.2) != dark:
            wrong.append(f"the ground has the brightness {seen['ground']:.2f}")
        return wrong

    def prints(self):
        self.open()
        paper = self.browser.paper()
        pages = len(re.findall(rb"/Type\s*/Page\b", paper))
        wrong = [f"console: {words}" for words in self.browser.complaints()]
        return wrong + ([f"{pages} pages on paper"] if pages < 2 else [])

    def by_keyboard(self):
        self.open()
        wanted = {"a.skip", "button.csv", "summary"}
        if not self.browser.run("return document.querySelectorAll('figure.chart').length"):
            wanted.discard("button.csv")
        met, opened = [], None
        for _ in range(MOST_TABS):
            self.browser.press(*TAB)
            met.append(self.browser.run(STOPS))
            if met[-1] == "summary" and opened is None:
                self.browser.press(*ENTER)
                opened = self.browser.run("return document.activeElement.parentElement.open")
            if wanted <= set(met):
                break
        wrong = [f"Tab never comes to {kind}" for kind in sorted(wanted - set(met))]
        if met[0] != "a.skip":
            wrong.append(f"Tab first comes to {met[0]}")
        return wrong if opened else wrong + ["Enter opens no details"]

    def accessible(self, dark):
        self.open(dark=dark)
        self.browser.run(LEGENDARY)
        # What is closed is judged too, since a reader opens it: all of the study, one trial,
        # one table of a chart's data. There are hundreds of the others, all alike.
        self.browser.run(
            "const all = Array.from(document.querySelectorAll('details'));"
            "const one = (kind) => document.querySelector(`details.${kind}`);"
            "const alone = [one('trial'), one('data')];"
            "for (const details of all) {"
            " const trial = details.closest('details.trial');"
            " if (alone.includes(details) || !(trial && trial !== alone[0])"
            " && !details.matches('.data')) details.open = true; }"
            "await new Promise((done) => setTimeout(done, 300));"
        )
        self.browser.cdp("Runtime.evaluate", expression=self.axe_source)
        found = self.browser.run(
            "const { violations } = await axe.run(document, { resultTypes: ['violations'] });"
            "return violations.filter((one) => ['serious', 'critical'].includes(one.impact))"
            ".map((one) => [one.id, one.nodes.length, one.nodes[0].html.slice(0, 120),"
            " one.nodes[0].failureSummary])"
        )
        return [f"{rule}, {count} times: {html} {why}" for rule, count, html, why in found]

    def harmless(self):
        """Hostile words are seen, and stay words."""
        self.open()
        self.browser.run(
            "for (const one of document.querySelectorAll('details')) {"
            " one.open = true; one.scrollIntoView(); await new Promise(requestAnimationFrame); }"
            "for (const one of document.querySelectorAll('figure.chart')) {"
            " one.scrollIntoView(); await new Promise(requestAnimationFrame); }"
            "await new Promise((done) => setTimeout(done, 500));"
        )
        wrong = [f"came to life: {words}" for words in self.browser.run(ALIVE)]
        text = self.browser.run("return document.body.innerText")
        title = self.browser.run("return document.querySelector('h1').textContent")
        wrong += [f"not seen as it is: {words}" for words in LITERALLY if words not in title]
        if unseen := re.findall(json.loads(f'"{UNSEEN}"'), text):
            wrong.append(f"characters that hide others: {sorted(set(unseen))}")
        wrong += [f"dialog: {words}" for words in self.browser.run("return dialogs")]
        return wrong

    def all(self):
        """Each check with its name, as they are asked for."""
        yield "console is empty, nothing is loaded", self.quiet
        yield "verdict in sight at 1280 × 800", lambda: self.verdict_in_sight(DESK, False)
        yield "verdict in sight on a phone", lambda: self.verdict_in_sight(PHONE, True)
        yield "no scrolling sideways on a phone", self.no_sideways
        yield "a click hides a series", self.series_hides
        yield "data is downloaded", self.data_downloads
        yield "charts are readable, light", lambda: self.readable(False)
        yield "charts are readable, dark", lambda: self.readable(True)
        yield "prints", self.prints
        yield "keyboard", self.by_keyboard
        yield "axe-core, light", lambda: self.accessible(False)
        yield "axe-core, dark", lambda: self.accessible(True)
        yield "nothing in it comes to life", self.lively
        if self.path.stem == "hostile":
            yield "hostile words stay words", self.harmless

    def lively(self):
        self.open()
        return self.browser.run(ALIVE)


def tried(check):
    """What a check finds; what keeps it from looking is found as well."""
    try:
        return check()
    except (RuntimeError, WebDriverException, urllib3.exceptions.HTTPError) as error:
        return [f"it could not be checked: {str(error).splitlines()[0]}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--place", type=pathlib.Path, required=True, help="for what is kept")
    parser.add_argument("reports", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    downloads = arguments.place / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    for stale in downloads.iterdir():
        stale.unlink()
    source = axe(arguments.place)
    failed = 0
    with Browser(downloads) as browser:
        for report in arguments.reports:
            page = Check(browser, report, source)
            for name, check in page.all():
                wrong = tried(check)
                word = "none" if wrong is None else "FAIL" if wrong else "ok"
                print(f"{word:4}  {report.stem:15} {name}", flush=True)
                for words in wrong or []:
                    print(f"      {words}")
                failed += bool(wrong)
            # Told, and not judged: it hangs on what else the machine does.
            megabytes = report.stat().st_size / 1e6
            print(f"      {report.stem:15} {megabytes:.1f} MB, opened in {page.opened_s:.1f} s")
    sys.exit(f"{failed} checks failed" if failed else 0)


if __name__ == "__main__":
    main()
