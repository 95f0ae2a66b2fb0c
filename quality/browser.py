"""Drives a Chromium: opens the page in it, and uses it as a reader does, with mouse and keyboard.

The browser speaks its DevTools protocol over two pipes (its descriptors 3 and 4), one JSON document
after the other with a zero byte between them.  So no package and no open port is needed.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
HOW_TO_GET = "install Chromium (Debian: apt-get install chromium)"

# Seconds that the browser may take to answer, on a machine that does much else.
PATIENCE = 60.0

# Keys that do not write a character: their codes in the protocol.
_KEYS = {
    "ArrowDown": 40,
    "ArrowLeft": 37,
    "ArrowRight": 39,
    "ArrowUp": 38,
    "End": 35,
    "Enter": 13,
    "Escape": 27,
    "Home": 36,
    "PageDown": 34,
    "Space": 32,
    "Tab": 9,
}


class BrowserError(Exception):
    """The browser has not done what it was asked for."""


def find() -> str | None:
    """The program of a Chromium on this machine, or None; always None where there is no POSIX."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None) if os.name == "posix" else None


@contextmanager
def browser() -> Iterator[Page]:
    """Start a browser without a window; give its page, and end it afterwards.

    Raises BrowserError where there is none.
    """
    program = find()
    if program is None:
        raise BrowserError(f"there is no Chromium here: {HOW_TO_GET}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process, pipes = _start(program, folder)
        try:
            yield Page(_Connection(*pipes))
        finally:
            for pipe in pipes:
                os.close(pipe)  # the browser ends with its pipes
            _end(process)


def _start(program: str, folder: str) -> tuple[int, tuple[int, int]]:
    """Start the browser in a process group of its own; return its id and our ends of the pipes."""
    import fcntl  # which is for POSIX only, as this function is

    options = [
        "--headless=new",
        "--remote-debugging-pipe",
        f"--user-data-dir={folder}",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-gpu",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        "about:blank",
    ]
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()
    # Out of the way of 3 and 4, which they become.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (theirs_in, theirs_out)]
    null = os.open(os.devnull, os.O_RDWR)
    process = os.posix_spawn(
        program,
        [program, *options],
        os.environ,
        file_actions=[
            *((os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1, 2)),
            (os.POSIX_SPAWN_DUP2, ends[0], 3),
            (os.POSIX_SPAWN_DUP2, ends[1], 4),
        ],
        setpgroup=0,
    )
    for end in (theirs_in, theirs_out, *ends, null):
        os.close(end)
    return process, (ours_in, ours_out)


def _end(process: int) -> None:
    """Wait until the browser has ended; kill what is left of it after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if os.waitpid(process, os.WNOHANG)[0]:
            break
        time.sleep(0.02)
    else:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # helpers that it has left behind


class _Connection:
    """The messages to and from the browser."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._last = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: object) -> Any:
        """Call a method of the protocol; return its result, and keep the events until then."""
        self._last += 1
        message: dict[str, object] = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._outgoing, data) :]
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._read(deadline, method)
            if answer.get("id") != self._last:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']['message']}")
            else:
                return answer["result"]

    def _read(self, deadline: float, method: str) -> dict[str, Any]:
        while b"\0" not in self._rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._incoming], [], [], left)[0]:
                raise BrowserError(f"{method} was not answered in {PATIENCE:.0f} seconds")
            chunk = os.read(self._incoming, 1 << 16)
            if not chunk:
                raise BrowserError(f"the browser ended during {method}")
            self._rest += chunk
        message, self._rest = self._rest.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(message)
        return answer


class Page:
    """The page that the browser shows."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        target = connection.call("Target.createTarget", url="about:blank")["targetId"]
        attached = connection.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> Any:
        """Call a method of the DevTools protocol on the page."""
        return self._connection.call(method, self._session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; that of a promise, when it is fulfilled."""
        answer = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait(self, condition: str) -> Any:
        """Wait until a JavaScript expression is true in Python as well; return its value."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if value := self.evaluate(condition):
                return value
            time.sleep(0.02)
        raise BrowserError(f"still not true: {condition}")

    def open(self, address: str) -> None:
        """Load a page anew, also where only the part of the address behind # differs."""
        self._connection.events.clear()
        self.call("Page.navigate", url="about:blank")
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete' && location.protocol !== 'about:'")

    def reload(self) -> None:
        """Load the page again, with its address."""
        self.evaluate("window.before = true")
        self.call("Page.reload")
        self.wait("document.readyState === 'complete' && !window.before")

    def requests(self) -> list[str]:
        """The addresses that were requested since the page was opened."""
        return [
            event["params"]["request"]["url"]
            for event in self._events()
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What the page or the browser has reported as an error since the page was opened."""
        found = []
        for event in self._events():
            if event["method"] == "Runtime.exceptionThrown":
                details = event["params"]["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif event["method"] == "Log.entryAdded":
                found.append(event["params"]["entry"]["text"])
        return found

    def _events(self) -> list[dict[str, Any]]:
        self.evaluate("0")  # what has happened before has been reported before the answer
        return self._connection.events

    def resize(self, width: int, height: int) -> None:
        """Make the page as large as that, in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def media(self, **features: str) -> None:
        """Emulate features such as ``prefers_color_scheme="dark"``; without any, no longer."""
        values = [
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()
        ]
        self.call("Emulation.setEmulatedMedia", features=values)

    def click(self, selector: str) -> None:
        """Click into the middle of the first element that a CSS selector finds."""
        x, y = self._middle(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _middle(self, selector: str) -> tuple[float, float]:
        found = self.evaluate(
            f"""(() => {{
                const element = document.querySelector({json.dumps(selector)});
                if (!element) return null;
                element.scrollIntoView({{ block: "center", inline: "center" }});
                const {{ x, y, width, height }} = element.getBoundingClientRect();
                return [x + width / 2, y + height / 2];
            }})()"""
        )
        if found is None:
            raise BrowserError(f"the page has no {selector}")
        return found[0], found[1]

    def press(self, *keys: str, modifiers: int = 0) -> None:
        """Press keys one after the other; 2 is the modifier Control, and 8 is Shift."""
        for key in keys:
            text = {"Enter": "\r", "Space": " "}.get(key, "")
            event = {
                "key": " " if key == "Space" else key,
                "code": key,
                "windowsVirtualKeyCode": _KEYS[key],
                "modifiers": modifiers,
            }
            self.call(
                "Input.dispatchKeyEvent",
                type="keyDown" if text else "rawKeyDown",
                text=text,
                **event,
            )
            self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def write(self, text: str) -> None:
        """Write a text into what has the focus."""
        self.call("Input.insertText", text=text)

    def drop(self, *paths: Path) -> None:
        """Drop files onto the middle of the page."""
        size = self.evaluate("[innerWidth / 2, innerHeight / 2]")
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=size[0], y=size[1], data=data)

    def screenshot(self, path: Path) -> None:
        """Write what the page shows to a PNG file."""
        shot = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))
