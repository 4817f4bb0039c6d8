"""A real browser without a window, driven by its own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import urllib3
import websocket

from tests.support.waiting import eventually

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
KEYS = {"Enter": 13, "Escape": 27, "/": 191, "j": 74, "k": 75}


def installed() -> str | None:
    """Returns the path of a browser on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of the browser."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, suppress_origin=True, timeout=30)
        self._number = 0
        self.problems: list[str] = []
        """Complaints of the browser: what its console and its content security policy have complained about."""
        self.foreign: list[str] = []
        """Addresses outside of this machine that the page has asked for."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def close(self) -> None:
        """Ends the connection to the browser."""
        self._socket.close()

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends a command and returns its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, message: dict[str, Any]) -> None:
        method, content = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.problems.append(str(content["exceptionDetails"].get("exception", content)))
        if method == "Log.entryAdded" and content["entry"]["level"] == "error":
            self.problems.append(content["entry"]["text"])
        if method == "Network.requestWillBeSent":
            url = content["request"]["url"]
            if not url.startswith(("http://127.0.0.1:", "http://localhost:", "https://localhost:", "data:")):
                self.foreign.append(url)

    def run(self, script: str) -> Any:
        """Returns the value of an expression of JavaScript."""
        done = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def open(self, address: str) -> None:
        """Goes to an address, and returns when its page is there."""
        self.run("window.left = true")
        self.send("Page.navigate", url=address)
        self.arrived()

    def arrived(self) -> None:
        """Returns when the browser has left the page that was marked by `open` or `leaving`, and has the next one."""
        eventually(self._loaded, what="the page")

    def leaving(self, script: str) -> None:
        """Runs what leads to another page, and returns when that is there."""
        self.run(f"window.left = true; {script}; null")
        self.arrived()

    def _loaded(self) -> bool:
        return self.says("!window.left && document.readyState === 'complete'")

    def says(self, expression: str) -> bool:
        """Says whether an expression of JavaScript is true; between two pages nothing is."""
        try:
            return bool(self.run(expression))
        except AssertionError:
            return False

    def text(self, selector: str = "main") -> str:
        """Returns the text that a person sees in an element; nothing where there is none."""
        value: str = self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return value

    def click(self, selector: str) -> None:
        """Clicks an element that leads to another page, and waits for that."""
        self.leaving(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key: str, *, leaves: bool = False) -> None:
        """Presses a key. One that `leaves` leads to another page, for which this waits."""
        if leaves:
            self.run("window.left = true")
        code = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, ord(key.upper()[0]))}
        typed = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **code, **typed)
        self.send("Input.dispatchKeyEvent", type="keyUp", **code)
        if leaves:
            self.arrived()

    def looks(self, theme: str) -> None:
        """Makes the system's preference `light` or `dark`."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def picture(self, file: Path | None = None) -> bytes:
        """Returns a PNG of what is on the screen, and writes it to a file."""
        content = base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return content


@contextmanager
def browser(folder: Path, *, width: int = 1280, height: int = 720) -> Iterator[Page]:
    """Yields a page of a browser that reaches this machine alone, with a profile of its own in the folder."""
    program = installed()
    assert program is not None
    command = [
        program,
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        f"--user-data-dir={folder}",
        f"--window-size={width},{height}",
        "--remote-debugging-port=0",
        "about:blank",
    ]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = _port(folder / "DevToolsActivePort", process)
        targets = urllib3.request("GET", f"http://127.0.0.1:{port}/json", retries=10, timeout=10).json()
        page = Page(next(target["webSocketDebuggerUrl"] for target in targets if target["type"] == "page"))
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        page.send("Emulation.setDeviceMetricsOverride", **size)
        with closing(page):
            yield page
    finally:
        process.terminate()
        process.wait(timeout=20)


def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError(f"The browser has not started; it ended with {process.poll()}.")
