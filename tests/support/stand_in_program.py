"""An inpainting program that is started as MAT's is: with folders, or with files of one picture. Runs with -I -S."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from random import Random


def pairs(source: str, target: str) -> list[tuple[Path, Path]]:
    """Inputs and their outputs."""
    if Path(source).is_dir():
        return [(path, Path(target) / path.name) for path in sorted(Path(source).iterdir())]
    return [(Path(source), Path(target))]


def copy(files: list[tuple[Path, Path]]) -> None:
    for image, output in files:
        shutil.copyfile(image, output)


def main() -> None:
    action, image, mask, output, *rest = sys.argv[1:]
    files = pairs(image, output)
    if action == "copy":
        copy(files)
    elif action == "copy-mask":  # as RGB, with a PNG encoder's help
        from PIL import Image

        for masked, target in pairs(mask, output):
            Image.open(masked).convert("RGB").save(target)
    elif action == "invert":
        from PIL import Image, ImageChops

        for picture, target in files:
            ImageChops.invert(Image.open(picture)).save(target)
    elif action == "noise":
        from PIL import Image

        seeds = dict(line.split() for line in Path(rest[0]).read_text().splitlines()) if "/" in rest[0] else {}
        for picture, target in files:
            noise = Random(int(seeds.get(picture.name, rest[0].rpartition("/")[2] if not seeds else 0)))
            size = Image.open(picture).size
            Image.frombytes("RGB", size, noise.randbytes(3 * size[0] * size[1])).save(target)
    elif action == "partly":
        copy(files[:-1])
    elif action == "give":
        for _, target in files:
            shutil.copyfile(rest[0], target)
    elif action == "rename":
        for picture, target in files:
            shutil.copyfile(picture, target.with_name(target.stem + rest[0]))
    elif action == "name-alike":
        for number, (picture, target) in enumerate(files):
            shutil.copyfile(picture, target.with_name(f"result{number}.png"))
    elif action == "link":
        for _, target in files:
            target.symlink_to(rest[0])
    elif action == "elsewhere":
        for picture, target in files:
            shutil.copyfile(picture, target.name)
    elif action == "fail":
        print("reading the weights", flush=True)
        print("\x1b[31mRuntimeError: CUDA out of memory", file=sys.stderr)
        copy(files)
        sys.exit(3)
    elif action == "flood":
        for _ in range(200):
            sys.stderr.write("x" * 10_000 + "\n")
        copy(files)
    elif action == "steps":
        for step in range(1, 5):
            sys.stderr.write(f"\r{25 * step}%|##| {step}/4 [00:01<00:02]")
            sys.stderr.flush()
            time.sleep(float(rest[0]))
        copy(files)
    elif action == "hang":
        child = subprocess.Popen(["sleep", "600"])
        Path(rest[0]).write_text(str(child.pid))
        print("waiting for a licence", flush=True)
        time.sleep(600)
    elif action.startswith("daemon"):
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        Path(rest[0]).write_text(str(child.pid))
        if action == "daemon-fail":
            sys.exit(1)
        if action == "daemon-hang":
            time.sleep(600)
        copy(files)
    elif action == "nothing":
        print("ERROR: CUDA out of memory")
    elif action == "too-many":
        copy(files)
        for picture, target in files:
            shutil.copyfile(picture, target.with_name(f"{target.stem}_mask.png"))
            shutil.copyfile(picture, target.with_name(f"9{target.name}"))
    elif action == "stdin":
        assert sys.stdin.read() == ""
        copy(files)
    elif action == "not-utf-8":
        sys.stdout.buffer.write(b"caf\xe9 \xff\x00\x1b]0;title\x07\n")
        sys.stdout.flush()
        sys.exit(2)
    elif action == "words":
        import json

        Path(rest[0]).write_text(json.dumps(rest[1:]))
        copy(files)
    elif action == "log":
        with Path(rest[0]).open("a") as log:
            log.write("painted\n")
        copy(files)
    elif action == "tell":
        copy(files)
        import os

        print(*(f"{name}={os.environ.get(name)}" for name in rest))
        sys.exit(1)
    elif action == "outputs-elsewhere":
        elsewhere = Path(rest[0])
        elsewhere.mkdir()
        for picture, _ in files:
            shutil.copyfile(picture, elsewhere / picture.name)
        Path(output).rmdir()
        Path(output).symlink_to(elsewhere)
    elif action == "spoil-inputs":
        copy(files)
        for picture, _ in files:
            picture.write_bytes(b"")
    elif action == "count":
        with Path(rest[0]).open("a") as log:
            log.write(f"{len(files)}\n")
        copy(files)
    elif action == "seeds":
        shutil.copyfile(rest[0], rest[1])
        copy(files)
    elif action == "environment":
        import os

        Path(rest[0]).write_text(f"{os.environ.get('CUDA_VISIBLE_DEVICES')} {os.environ.get('ADA')} {Path.cwd()}")
        copy(files)


if __name__ == "__main__":
    main()
