"""A page in a headless Chromium, for scripts that look at a report as a reader would.

It speaks to Debian's chromium by its developer protocol, through Debian's chromium-driver, and
downloads neither.
"""

import base64
import json
import pathlib
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-color-profile=srgb",
    "--disable-dev-shm-usage",
]

# Whatever asks for attention is written down instead of shown, before any script of the page.
NO_DIALOGS = """
window.dialogs = [];
for (const name of ["alert", "confirm", "prompt"]) {
  window[name] = (...words) => { window.dialogs.push(name + "(" + words.join() + ")"); };
}
"""


class Browser:
    """One browser with one page."""

    def __init__(self, downloads, *more_arguments):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in [*ARGUMENTS, *more_arguments]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.set_script_timeout(120)
        self.downloads = pathlib.Path(downloads)
        where = str(self.downloads.resolve())
        self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=where)
        self.cdp("Page.addScriptToEvaluateOnNewDocument", source=NO_DIALOGS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def cdp(self, command, **parameters):
        """Gives the browser an order of its developer protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def look(self, width, height, *, dark=False, is_phone=False, scale=1):
        """Sets the size of the window's content, in CSS pixels, and the colours it prefers."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=is_phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.cdp("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, path):
        """Opens a file, and waits until its scripts have run; says how long it took, in seconds."""
        self.driver.get("about:blank")
        self.forget()
        began = time.monotonic()
        self.driver.get(pathlib.Path(path).resolve().as_uri())
        self.run("return new Promise(requestAnimationFrame)")
        return time.monotonic() - began

    def run(self, script, *arguments):
        """What a function's body returns in the page, or what its promise comes to."""
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"(async function() {{ {script} }}).apply(null, Array.from(arguments).slice(0, -1))"
            ".then((value) => done({ value }), (error) => done({ error: String(error) }));"
        )
        came = self.driver.execute_async_script(wrapped, *arguments)
        if came and "error" in came:
            raise RuntimeError(came["error"])
        return came.get("value") if came else None

    def wait_until(self, script, *arguments, limit_s=30):
        """Waits until a function's body returns something, and says what."""
        deadline = time.monotonic() + limit_s
        while True:
            found = self.run(script, *arguments)
            if found or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def click(self, x, y):
        """Clicks at a place of the window, as a mouse does."""
        self.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased"):
            self.cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, code):
        """Presses a key and lets it go."""
        text = {"text": "\r"} if key == "Enter" else {}
        both = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.cdp("Input.dispatchKeyEvent", type="keyDown", **both, **text)
        self.cdp("Input.dispatchKeyEvent", type="keyUp", **both)

    def forget(self):
        """Forgets what was said until now."""
        self.driver.get_log("browser")
        self.driver.get_log("performance")

    def complaints(self):
        """What stands in the console since the page was opened, of warnings and errors."""
        entries = self.driver.get_log("browser")
        return [e["message"] for e in entries if e["level"] in ("WARNING", "SEVERE")]

    def traffic(self):
        """The addresses that were asked for since the page was opened, and dialogs that came up."""
        asked, dialogs = [], []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            method, parameters = message["method"], message["params"]
            if method == "Network.requestWillBeSent":
                asked.append(parameters["request"]["url"])
            elif method in ("Network.webSocketCreated", "Network.webTransportCreated"):
                asked.append(parameters["url"])
            elif method == "Page.javascriptDialogOpening":
                dialogs.append(parameters["message"])
        return asked, dialogs

    def paper(self):
        """The page as a PDF file."""
        return base64.b64decode(self.cdp("Page.printToPDF", printBackground=True)["data"])

    def downloaded(self, name, limit_s=20):
        """The text of a file that is being downloaded, when it has come; else `None`."""
        path = self.downloads / name
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if path.exists() and not list(self.downloads.glob("*.crdownload")):
                text = path.read_bytes().decode("utf-8")
                path.unlink()
                return text
            time.sleep(0.05)
        return None
