"""Natively built binaries as function bundles, made again only when the binary changed."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import zipfile

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same binary gives the same bundle


class MissingBinary(Exception):
    pass


def bundle(package: str, built: pathlib.Path, folder: pathlib.Path) -> tuple[pathlib.Path, str]:
    """`<folder>/<package>.zip` holding `bootstrap`, and the SHA-256 of the binary it was made from."""
    binary = built / package
    if not binary.is_file():
        raise MissingBinary(f"{binary} does not exist; build the functions first (cargo build --workspace)")
    folder.mkdir(parents=True, exist_ok=True)
    archive, note = folder / f"{package}.zip", folder / f"{package}.json"
    state = binary.stat()
    made_from = {"path": str(binary.resolve()), "size": state.st_size, "mtime": state.st_mtime_ns}
    known = json.loads(note.read_text()) if note.is_file() and archive.is_file() else {}
    if known.get("from") == made_from:  # renamed into place last, so what it says is done
        return archive, known["sha256"]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        stripped = strip(binary, pathlib.Path(scratch) / "bootstrap")
        digest = hashlib.sha256(stripped.read_bytes()).hexdigest()
        unfinished = pathlib.Path(scratch) / "bundle.zip"
        write(stripped, unfinished)
        os.replace(unfinished, archive)
        remark = pathlib.Path(scratch) / "remark.json"
        remark.write_text(json.dumps({"from": made_from, "sha256": digest}))
        os.replace(remark, note)
    return archive, digest


def strip(binary: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    """A debug binary is four times the size without this. It runs as well unstripped, where there is no `strip`."""
    tool = shutil.which("strip")
    stripped = tool and subprocess.run([tool, "-o", target, binary], capture_output=True, check=False).returncode == 0
    if not stripped:
        shutil.copyfile(binary, target)
    return target


def write(binary: pathlib.Path, archive: pathlib.Path) -> None:
    entry = zipfile.ZipInfo("bootstrap", FIXED_TIME)
    entry.external_attr = 0o100755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(archive, "w", compresslevel=1) as bundle_file:
        bundle_file.writestr(entry, binary.read_bytes(), compresslevel=1)
