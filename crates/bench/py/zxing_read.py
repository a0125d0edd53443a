"""Reads every picture below a folder with zxing-cpp, in four rotations, and prints one JSON line for each.

usage: zxing_read.py FOLDER

{"path": "syn_ok/0.jpg", "rotation": 0, "texts": ["..."], "ms": 1.2, "box": [left, top, right, bottom] or null}

Rotation is in quarter turns, anticlockwise. zxing-cpp keeps its defaults, which try rotated, inverted and smaller
pictures; only the format is fixed. "ms" is the reading alone, without opening the file.
"""

import json
import sys
import time
from pathlib import Path

import numpy
import zxingcpp
from PIL import Image


def box_of(barcode):
    corner = barcode.position
    points = (corner.top_left, corner.top_right, corner.bottom_right, corner.bottom_left)
    across = [point.x for point in points]
    down = [point.y for point in points]
    return [min(across), min(down), max(across), max(down)]


def main(folder):
    folder = Path(folder)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in (".png", ".jpg"):
            continue
        picture = numpy.asarray(Image.open(path).convert("L"))
        for rotation in range(4):
            turned = numpy.ascontiguousarray(numpy.rot90(picture, rotation))
            begun = time.perf_counter()
            found = zxingcpp.read_barcodes(turned, formats=zxingcpp.BarcodeFormat.QRCode)
            milliseconds = (time.perf_counter() - begun) * 1000
            print(
                json.dumps(
                    {
                        "path": path.relative_to(folder).as_posix(),
                        "rotation": rotation,
                        "texts": [code.text for code in found],
                        "ms": milliseconds,
                        "box": box_of(found[0]) if found else None,
                    }
                )
            )


main(sys.argv[1])
