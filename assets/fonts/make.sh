#!/bin/sh
# Makes the two subset fonts of the kiosk from Debian's fonts-noto-cjk.
#
#   usage: assets/fonts/make.sh          needs: fonts-noto-cjk, fonttools (Debian packages)
#
# What: Noto Sans CJK SC (face 2 of the collection), Regular and Bold, cut down to
#   - every character of GB 2312 (all 94x94 cells that decode), so that all that the kiosk itself says can be drawn;
#   - ASCII, Latin-1, the pinyin letters, general punctuation, and the signs of the pages (see UI below).
# Why a name of its own ("OneDoor Sans"): "Noto" is a trademark, a subset is a Modified Version under the OFL, and with two
# families of one name the font matcher may pick the subset for a rare character of a person's name. The full fallback stays
# "Noto Sans CJK SC" from the system.
# The same input gives the same bytes: no time stamp is written, glyph ids are packed in the font's own order.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
noto=${NOTO_DIR:-/usr/share/fonts/opentype/noto}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

/usr/bin/python3 - "$work/unicodes" <<'PY'
import sys
chars = set()
for high in range(0xA1, 0xFF):
    for low in range(0xA1, 0xFF):
        try:
            chars.add(bytes([high, low]).decode("gb2312"))
        except UnicodeDecodeError:
            pass
chars |= {chr(c) for c in range(0x20, 0x7F)}            # ASCII
chars |= {chr(c) for c in range(0xA0, 0x100)}           # Latin-1
chars |= set("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿĀÁǍÀĒÉĚÈŌÓǑÒ")   # pinyin
chars |= {chr(c) for c in range(0x2010, 0x2028)}        # dashes, quotes, ellipsis, bullets
chars |= set("‰′″‹›※‾⁄€™℃℉№←↑→↓↔↕↖↗↘↙⏎−∕∙√∞≈≠≤≥")
UI = "◀▶▲▼◁▷△▽●○◯◎■□◆◇★☆✓☎♪▌█▣・·"                        # the signs that the pages use
chars |= set(UI)
chars |= {chr(c) for c in range(0x2460, 0x2474)}        # circled figures 1-20
chars |= {chr(c) for c in range(0x3000, 0x3020)}        # CJK punctuation
chars |= {chr(c) for c in range(0xFF01, 0xFF5F)} | set("￥￡￠")
with open(sys.argv[1], "w") as out:
    out.write(",".join("%04X" % ord(c) for c in sorted(chars)))
PY

for weight in Regular Bold; do
    pyftsubset "$noto/NotoSansCJK-$weight.ttc" --font-number=2 \
        --unicodes-file="$work/unicodes" --layout-features=kern,ccmp,liga --layout-scripts=DFLT,latn,hani \
        --name-IDs='*' --name-languages='*' --notdef-outline --desubroutinize --no-recalc-timestamp \
        --drop-tables+=VORG,vhea,vmtx,DSIG,BASE \
        --output-file="$work/$weight.otf"
    /usr/bin/python3 - "$work/$weight.otf" "$here/OneDoorSans-$weight.otf" "$weight" <<'PY'
import sys
from fontTools.ttLib import TTFont
source, target, weight = sys.argv[1:]
font = TTFont(source, recalcTimestamp=False)
family, post = "OneDoor Sans", "OneDoorSans-" + weight
full = family if weight == "Regular" else family + " Bold"
new = {1: family, 2: weight, 3: "onedoor;" + post, 4: full, 6: post}
for record in list(font["name"].names):
    if record.nameID in new:
        record.string = new[record.nameID]
    elif record.nameID in (7, 16, 17):                  # the trademark stays with the original
        font["name"].names.remove(record)
top = font["CFF "].cff
top.fontNames[0] = post
for key, value in (("FullName", full), ("FamilyName", family)):
    if hasattr(top[0], key):
        setattr(top[0], key, value)
font.save(target, reorderTables=True)
print(target, font["maxp"].numGlyphs, "glyphs")
PY
done
