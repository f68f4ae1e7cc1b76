"""Servers on the loopback that paint as IOPaint, A1111 and ComfyUI do, and their failures.

They assert what they get: a picture and a mask of one size, RGB and as each of them reads it. They invert the hole, or
fill it with noise from the seed.
"""

import base64
import io
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import PIL.Image

from riptui.arrays import Image, Mask

TIMESTAMP = "20260102030405"
"""Of all jobs of A1111."""
WORKFLOW = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "any.png"}, "_meta": {"title": "Image"}},
    "2": {"class_type": "LoadImageMask", "inputs": {"image": "m.png", "channel": "red"}, "_meta": {"title": "mask"}},
    "3": {"class_type": "KSampler", "inputs": {"seed": 7, "image": ["1", 0]}, "_meta": {"title": "seed"}},
    "4": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}, "_meta": {"title": "output"}},
}


@dataclass
class Answer:
    """One answer instead of the usual one."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class StandIn:
    """What a server has, what it was asked, and how it fails."""

    kind: str
    url: str
    model: str = "lama"
    version: str = "1.10"
    painting: str = "invert"
    """invert or noise."""
    file_format: str = "PNG"
    resize: int = 0
    """Pixels that are added to each side of the answer."""
    seconds: float = 0.0
    """That each picture takes."""
    auth: str = ""
    """The Authorization header that is asked for."""
    drops: int = 0
    """How many of the next requests for a picture end with a closed connection."""
    forgets: int = 0
    """How many of the next workflows are forgotten, as by a server that was started again."""
    restarts: int = 0
    """The same, with all files lost."""
    interrupted: bool = False
    """Whether somebody has interrupted the last picture."""
    fault: Callable[[str], Answer | None] = lambda path: None
    """What is answered to a path in place of the usual."""
    bodies: list[Any] = field(default_factory=list)
    """The requests for a picture."""
    paths: list[str] = field(default_factory=list)
    at_once: int = 0
    """The most pictures that were painted at the same time."""
    files: dict[str, bytes] = field(default_factory=dict)
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    painting_now: int = 0
    go: threading.Event = field(default_factory=threading.Event)
    """Pictures are not answered until it is set."""

    def __post_init__(self) -> None:
        self.go.set()

    def paint(self, image: Image, mask: Mask, seed: int) -> bytes:
        """The answer's picture."""
        assert image.shape == (*mask.shape, 3)
        assert mask.any(), "the mask must not be empty"
        with self.lock:
            self.painting_now += 1
            self.at_once = max(self.at_once, self.painting_now)
        time.sleep(self.seconds)
        self.go.wait()
        noise = np.random.default_rng(seed).integers(0, 256, image.shape, np.uint8)
        filled = np.where(mask[..., None], 255 - image if self.painting == "invert" else noise, image)
        filled = np.pad(filled, [(0, self.resize), (0, self.resize), (0, 0)])
        with self.lock:
            self.painting_now -= 1
        file = io.BytesIO()
        PIL.Image.fromarray(filled).save(file, self.file_format)
        return file.getvalue()


@contextmanager
def serve_stand_in(kind: str, **settings: Any) -> Iterator[StandIn]:
    """kind: iopaint, a1111 or comfyui."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), HANDLERS[kind])
    server.daemon_threads = True
    stand_in = StandIn(kind, f"http://127.0.0.1:{server.server_address[1]}", **settings)
    server.stand_in = stand_in
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield stand_in
    finally:
        stand_in.go.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one packet: else the client's system waits 40 ms to acknowledge its head

    def log_message(self, format: str, *args: Any) -> None:
        pass

    @property
    def stand_in(self) -> StandIn:
        found: StandIn = self.server.stand_in
        return found

    def do_GET(self) -> None:
        self.respond()

    def do_POST(self) -> None:
        self.respond()

    def respond(self) -> None:
        stand_in, parts = self.stand_in, urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        stand_in.paths.append(f"{self.command} {parts.path}")
        if stand_in.auth and self.headers.get("Authorization") != stand_in.auth:
            self.send(Answer(401, json.dumps({"detail": f"not {self.headers.get('Authorization')}"}).encode()))
        elif answer := stand_in.fault(parts.path):
            self.send(answer)
        else:
            try:
                self.handle_request(parts.path, data)
            except (AssertionError, KeyError) as error:  # what it got is wrong: the client must not try it again
                self.send_json({"detail": f"{type(error).__name__} {error}"}, 500)

    def handle_request(self, path: str, data: bytes) -> None:
        raise NotImplementedError

    def drops_out(self) -> bool:
        """Whether the connection is closed in place of an answer."""
        with self.stand_in.lock:
            if not self.stand_in.drops:
                return False
            self.stand_in.drops -= 1
        self.close_connection = True
        return True

    def send_json(self, said: object, status: int = 200) -> None:
        self.send(Answer(status, json.dumps(said).encode()))

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {"Content-Length": str(len(answer.body)), "Content-Type": answer.kind, **answer.headers}
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        with suppress(ConnectionError):  # nobody waits for it any more
            self.wfile.write(answer.body)


class IOPaintHandler(Handler):
    def handle_request(self, path: str, data: bytes) -> None:
        stand_in = self.stand_in
        match path:
            case "/api/v1/model":
                self.send_json({"name": stand_in.model, "model_type": "inpaint"})
            case "/openapi.json":
                self.send_json({"info": {"version": stand_in.version}})
            case "/api/v1/inpaint":
                if self.drops_out():
                    return
                body = json.loads(data)
                stand_in.bodies.append(body)
                assert (body["sd_mask_blur"], body["hd_strategy"]) == (0, "Original")
                image, mask = decode(body["image"], "RGB"), decode(body["mask"], "L") > 127
                painted = stand_in.paint(image, mask, body["sd_seed"])
                self.send(Answer(200, painted, "image/png", {"X-Seed": str(body["sd_seed"])}))
            case _:
                self.send_json({"detail": "Not Found"}, 404)


class WebuiHandler(Handler):
    def handle_request(self, path: str, data: bytes) -> None:
        stand_in = self.stand_in
        match path:
            case "/sdapi/v1/options":
                options = {"sd_checkpoint_hash": "ab" * 32, "samples_format": "png", "eta_ddim": 0, "theme": "dark"}
                self.send_json(options | {"sd_model_checkpoint": f"{stand_in.model} [abababab]"} | stand_in.options)
            case "/sdapi/v1/progress":
                state = {"sampling_step": 5, "sampling_steps": 10, "job_timestamp": TIMESTAMP}
                self.send_json({"progress": 0.5, "state": state | {"interrupted": stand_in.interrupted}})
            case "/sdapi/v1/img2img":
                if self.drops_out():
                    return
                body = json.loads(data)
                stand_in.bodies.append(body)
                assert (body["mask_blur"], body["inpaint_full_res"], body["inpainting_mask_invert"]) == (0, False, 0)
                image, mask = decode(body["init_images"][0], "RGB"), decode(body["mask"], "L") > 127
                assert image.shape[:2] == (body["height"], body["width"])
                painted = base64.b64encode(stand_in.paint(image, mask, body["seed"])).decode()
                info = {"seed": body["seed"], "version": stand_in.version, "sd_model_name": stand_in.model}
                info["job_timestamp"] = TIMESTAMP
                self.send_json({"images": [painted], "info": json.dumps(info)})
            case _:
                self.send_json({"detail": "Not Found"}, 404)


class ComfyuiHandler(Handler):
    def handle_request(self, path: str, data: bytes) -> None:
        stand_in = self.stand_in
        match path:
            case "/system_stats":
                system = {"comfyui_version": stand_in.version, "pytorch_version": "2.9"}
                self.send_json({"system": system, "devices": [{"name": "cuda:0 NVIDIA H100"}]})
            case "/upload/image":
                self.send_json(self.take_file(data))
            case "/prompt":
                if not self.drops_out():
                    self.take_workflow(json.loads(data)["prompt"])
            case "/queue":
                self.send_json({"queue_running": [], "queue_pending": []})
            case "/view":
                query = parse_qs(urlsplit(self.path).query)
                assert query["type"] == ["temp"]
                file = stand_in.files.get(query["filename"][0])
                self.send(Answer(404) if file is None else Answer(200, file, "image/png"))
            case _ if path.startswith("/history/"):
                number = path.rpartition("/")[2]
                self.send_json({number: stand_in.runs[number]} if number in stand_in.runs else {})
            case _:
                self.send(Answer(404))

    def take_file(self, data: bytes) -> dict[str, str]:
        """Keep an uploaded file."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        fields = {}
        for part in BytesParser().parsebytes(head + data).walk():
            name = part.get_param("name", header="content-disposition")
            if isinstance(name, str):
                fields[name] = (part.get_filename(), part.get_payload(decode=True))
        assert fields["type"][1] == b"temp"
        name, content = fields["image"]
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        self.stand_in.files[name] = content
        return {"name": name, "subfolder": "", "type": "temp"}

    def take_workflow(self, nodes: Any) -> None:
        with self.stand_in.lock:
            if is_new := self.stand_in.restarts > 0:
                self.stand_in.restarts -= 1
                self.stand_in.files.clear()
        if is_new:
            self.send_json({"error": {"message": "Invalid image file"}}, 400)
        else:
            self.send_json({"prompt_id": self.run_workflow(nodes)})

    def run_workflow(self, nodes: Any) -> str:
        """Read the mask as ComfyUI's nodes do, paint, and keep the history."""
        stand_in = self.stand_in
        assert nodes["4"]["class_type"] == "PreviewImage"
        number = f"run-{len(stand_in.bodies)}"
        stand_in.bodies.append(nodes)
        with stand_in.lock:
            if stand_in.forgets:
                stand_in.forgets -= 1
                return number
        loaded = self.load(nodes["1"]["inputs"]["image"])
        if "2" not in nodes:
            mask = 255 - np.asarray(loaded.getchannel("A"))
        elif nodes["2"]["class_type"] == "LoadImage" or nodes["2"]["inputs"]["channel"] == "alpha":
            mask = 255 - np.asarray(self.load(nodes["2"]["inputs"]["image"]).getchannel("A"))
        else:
            mask = np.asarray(self.load(nodes["2"]["inputs"]["image"]).getchannel("R"))
        image = np.asarray(loaded.convert("RGB"))
        stand_in.files[f"{number}.png"] = stand_in.paint(image, mask > 127, nodes["3"]["inputs"]["seed"])
        images = [{"filename": f"{number}.png", "subfolder": "", "type": "temp"}]
        stand_in.runs[number] = {"outputs": {"4": {"images": images}}, "status": {"status_str": "success"}}
        return number

    def load(self, name: str) -> PIL.Image.Image:
        found = re.fullmatch(r"(.*) \[temp\]", name)
        assert found, "uploads are temporary files"
        return PIL.Image.open(io.BytesIO(self.stand_in.files[found[1]]))


HANDLERS = {"iopaint": IOPaintHandler, "a1111": WebuiHandler, "comfyui": ComfyuiHandler}


def decode(text: str, mode: str) -> Any:
    """The pixels of a PNG in base64, which must have this mode."""
    with PIL.Image.open(io.BytesIO(base64.b64decode(text))) as picture:
        assert (picture.format, picture.mode) == ("PNG", mode)
        return np.asarray(picture)
