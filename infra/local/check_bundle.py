"""Checks function bundles before they are deployed: architecture, size, and no symbol newer than Lambda's C library.

`provided.al2023` has glibc 2.34. A binary that was linked against a newer one dies at its first start, and only there.
"""

import io
import pathlib
import re
import struct
import sys
import zipfile

GLIBC_FLOOR = (2, 34)  # provided.al2023
ZIP_GOAL_BYTES = 4 * 1024**2  # a goal, printed and not enforced
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine, from the ELF specification


class Refused(Exception):
    pass


def main(arguments: list[str]) -> int:
    if len(arguments) < 2 or arguments[0] not in MACHINES:
        print(f"usage: check_bundle.py {'|'.join(MACHINES)} BUNDLE.zip…", file=sys.stderr)
        return 2
    refused = 0
    print(f"{'function':20} {'zip MB':>8} {'binary MB':>10} {'glibc':>6}")
    for path in map(pathlib.Path, arguments[1:]):
        try:
            binary = read(path)
            glibc = check(binary, arguments[0])
        except (Refused, OSError, zipfile.BadZipFile) as problem:
            print(f"check_bundle: {path}: {problem}", file=sys.stderr)
            refused += 1
            continue
        size = path.stat().st_size
        over = "  over the goal of 4 MB" if size > ZIP_GOAL_BYTES else ""
        print(f"{path.parent.name:20} {size / 1e6:8.2f} {len(binary) / 1e6:10.2f} {'.'.join(map(str, glibc)):>6}{over}")
    return 1 if refused else 0


def read(path: pathlib.Path) -> bytes:
    with zipfile.ZipFile(path) as bundle:
        if "bootstrap" not in bundle.namelist():
            raise Refused("holds no `bootstrap`")
        return bundle.read("bootstrap")


def check(binary: bytes, architecture: str) -> tuple[int, ...]:
    """The newest glibc that the binary asks for."""
    if binary[:6] != b"\x7fELF\x02\x01":
        raise Refused("is no 64-bit little-endian ELF file")
    (machine,) = struct.unpack_from("<H", binary, 18)
    if machine != MACHINES[architecture]:
        raise Refused(f"was not built for {architecture} (e_machine {machine})")
    asked = {
        tuple(map(int, found.split(b".")))
        for found in re.findall(rb"\x00GLIBC_([0-9.]+)(?=\x00)", dynamic_strings(binary))
    }
    newest = max(asked, default=(0, 0))
    if newest > GLIBC_FLOOR:
        raise Refused(
            f"asks for glibc {'.'.join(map(str, newest))}; provided.al2023 has {'.'.join(map(str, GLIBC_FLOOR))}"
        )
    return newest


def dynamic_strings(binary: bytes) -> bytes:
    """The section .dynstr, which names symbols, libraries and versions."""
    offset, entry, count, names = *struct.unpack_from("<Q", binary, 40), *struct.unpack_from("<HHH", binary, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", binary, offset + entry * i) for i in range(count)]
    labels = io.BytesIO(binary[sections[names][4] : sections[names][4] + sections[names][5]]).getvalue()
    for name, _, _, _, start, size, *_ in sections:
        if labels[name : labels.index(b"\x00", name)] == b".dynstr":
            return binary[start : start + size]
    return b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
