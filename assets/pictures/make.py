#!/usr/bin/env python3
"""Writes the pictures of the kiosk (one SVG each, 32 x 32 units) and INDEX.md.

usage: make.py ICONS.JSON [NOTO_SANS_CJK_BOLD.TTC]

ICONS.JSON is `icons.json` of the npm package @iconify-json/fluent-emoji-flat (MIT, Microsoft Corporation).
Pictures in FLUENT are taken as they are; pictures in OWN are ours and may hold
  <<icon:NAME,x,y,scale>>      a Fluent drawing moved and scaled
  <<text:CHARS,x,y,size,fill>> outlines of characters, centred on x, baseline y (Noto Sans CJK SC Bold)
so that no picture needs a font when it is drawn. Debian's fonttools and fonts-noto-cjk are enough to run it.
"""
import json
import pathlib
import re
import sys

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTCollection

HERE = pathlib.Path(__file__).resolve().parent

FLUENT = {
    # always there
    "call-person": "person-raising-hand", "hear-again": "ear", "language": "globe-with-meridians",
    "sound": "speaker-high-volume", "sound-low": "speaker-low-volume", "sound-off": "muted-speaker",
    "home": "house-with-garden", "touch": "backhand-index-pointing-up", "more": "right-arrow", "previous": "left-arrow",
    "practice": "graduation-cap", "start-again": "counterclockwise-arrows-button", "wave": "waving-hand",
    # services
    "travel-medical": "hospital", "pension": "old-woman", "complaint": "speaking-head", "my-matters": "magnifying-glass-tilted-left",
    "disability": "person-in-manual-wheelchair", "minimum-living": "cooked-rice", "emergency-aid": "ring-buoy",
    "farm-subsidy": "sheaf-of-rice", "homestead": "building-construction", "newborn": "baby",
    "queue": "ticket", "notices": "loudspeaker", "entitled": "wrapped-gift", "health-record": "stethoscope",
    # who
    "for-me": "person", "woman": "woman", "man": "man", "old-man": "old-man", "old-woman": "old-woman", "child": "child", "staff": "woman-office-worker",
    "official": "man-office-worker", "doctor": "health-worker", "named-person": "bust-in-silhouette", "people": "busts-in-silhouette",
    "farmer": "farmer", "student": "student", "helper": "person-tipping-hand", "technician": "mechanic",
    # answers
    "yes": "check-mark-button", "unsure": "thinking-face", "question": "red-question-mark",
    "in-hospital": "bed", "medicine": "pill", "ambulance": "ambulance", "clinic": "syringe", "live-elsewhere": "houses",
    "go-myself": "luggage", "work": "toolbox", "study": "school", "with-children": "people-hugging", "retired": "couch-and-lamp",
    "tooth": "tooth", "bone": "bone", "eye": "eye", "heart": "anatomical-heart", "fever": "face-with-thermometer", "hurt": "adhesive-bandage",
    "solved": "grinning-face-with-smiling-eyes", "partly": "neutral-face", "not-solved": "frowning-face",
    "good": "thumbs-up", "bad": "thumbs-down", "talk": "speech-balloon", "other": "plus",
    # ways to say it, ways to hear
    "microphone": "studio-microphone", "write": "writing-hand", "keyboard": "keyboard", "camera": "camera", "photo": "framed-picture",
    "video": "video-camera", "telephone": "telephone", "phone": "mobile-phone", "call": "telephone-receiver", 
    "message": "envelope", "come-back": "person-walking", "agree": "handshake", "change": "pencil", "bell": "bell",
    # time
    "today": "sun-with-face", "clock": "three-oclock", "waiting": "hourglass-not-done", "alarm": "alarm-clock", "night": "crescent-moon",
    "morning": "sunrise", "spring": "cherry-blossom", "summer": "sunflower", "autumn": "maple-leaf", "winter": "snowflake",
    "festival": "red-paper-lantern", "dumpling": "dumpling", "moon-cake": "moon-cake",
    # a matter on its way
    "send": "outbox-tray", "county-has-it": "inbox-tray", "in-hand": "file-folder", "answered": "left-speech-bubble", "office": "office-building",
    "government": "classical-building", "list": "clipboard", "page": "page-facing-up", "books": "books",
    "good-luck": "four-leaf-clover", "light": "light-bulb", "warning": "warning", "stop": "stop-sign", "information": "information",
    "network": "antenna-bars", "hub": "satellite-antenna", "locked": "locked", "unlocked": "unlocked", "key": "key", "power": "electric-plug",
    "battery-low": "low-battery", "computer": "desktop-computer", "settings": "gear", "tools": "hammer-and-wrench", "disk": "floppy-disk",
    "wait-seat": "chair", "door": "door", "closed": "no-entry", "fire": "fire", "water": "droplet", "electricity": "high-voltage",
    "road": "motorway", "rubbish": "wastebasket", "noise": "megaphone", "lamp": "flashlight",
    # travel and places
    "bus": "bus", "train": "high-speed-train", "plane": "airplane", "car": "automobile", "village": "hut", "town": "house", "city": "cityscape",
    "mountain": "mountain", "river": "water-wave", "field": "tractor", "pine": "evergreen-tree", "willow": "deciduous-tree", "bamboo": "herb",
    "lotus": "lotus", "peach": "peach", "pear": "pear", "fish": "fish", "ox": "ox", "goose": "goose", "corn": "ear-of-corn", "flower": "hibiscus",
    "chestnut": "chestnut", "persimmon": "tangerine", "rock": "rock", "sheep": "ewe", "rainbow": "rainbow",
    "compass": "compass",
    # why it was refused
    "not-theirs": "person-shrugging", "rules-no": "person-gesturing-no", "no-reason": "zipper-mouth-face", "afternoon": "sunset",
}

GREEN, INK, PAPER, LINE, RED, BLUE, SKY, GOLD, BROWN = (
    "#0b5d4b", "#2b2144", "#ffffff", "#9b9b9b", "#d3302f", "#1b4f93", "#26c9fc", "#fcd53f", "#8a5a00")


def rect(x, y, w, h, r, fill, extra=""):
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{fill}" {extra}/>'


def line(points, stroke, width, extra=""):
    return (f'<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="{width}" '
            f'stroke-linecap="round" stroke-linejoin="round" {extra}/>')


def qr(x, y, cell):
    """A picture of a QR code (three finders and a few cells); it decodes to nothing."""
    out = []
    for fx, fy in ((0, 0), (6, 0), (0, 6)):
        out.append(rect(x + fx * cell, y + fy * cell, 3 * cell, 3 * cell, 0, INK))
        out.append(rect(x + (fx + .75) * cell, y + (fy + .75) * cell, 1.5 * cell, 1.5 * cell, 0, PAPER))
        out.append(rect(x + (fx + 1.1) * cell, y + (fy + 1.1) * cell, .8 * cell, .8 * cell, 0, INK))
    for cx, cy in ((4, 0), (4, 2), (3, 4), (5, 4), (7, 4), (4, 5), (6, 6), (8, 6), (4, 7), (7, 7), (5, 8), (8, 8), (0, 4), (1.5, 4.4)):
        out.append(rect(x + cx * cell, y + cy * cell, cell, cell, 0, INK))
    return "".join(out)


def portrait(x, y, s):
    return (f'<g transform="translate({x} {y}) scale({s})">' + rect(0, 0, 9, 11, 1, PAPER)
            + f'<circle cx="4.5" cy="4.2" r="2.4" fill="{INK}"/><path d="M0.8 11c0-3 1.6-4.4 3.7-4.4s3.7 1.4 3.7 4.4z" fill="{INK}"/></g>')


def card(fill, inside):
    return rect(1, 6, 30, 20, 2.5, fill) + inside


def sheet(inside, fill=PAPER):
    """A page with a folded corner and a border, so that it stands on a white tile."""
    return (f'<path d="M7 2h13l6 6v20a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2z" fill="{fill}" stroke="{LINE}" stroke-width="1"/>'
            f'<path d="M20 2v6h6z" fill="#d3d3d3"/>' + inside)


def lines(x, ys, w, colour="#b4acbc", h=1.4):
    return "".join(rect(x, y, w, h, .7, colour) for y in ys)


def plate(text, x, y, w, h, size):
    return (rect(x, y, w, h, 2 * h / 16, BLUE) + rect(x + .6, y + .6, w - 1.2, h - 1.2, 1.5 * h / 16, "none",
            f'stroke="{PAPER}" stroke-width="{max(.4, h / 30)}"') + f"<<text:{text},{x + w / 2},{y + h / 2 + size * .37},{size},{PAPER}>>")


def slip(inside):
    """A printed slip with a torn lower edge."""
    return (f'<path d="M8 2h16v26l-2 2-2-2-2 2-2-2-2 2-2-2-2 2-2-2z" fill="{PAPER}" stroke="{LINE}" stroke-width="1" stroke-linejoin="round"/>' + inside)


def printer(paper, lamp):
    return (paper + rect(3, 13, 26, 13, 2.5, "#636363") + rect(3, 13, 26, 4, 2, "#7d7d7d") + rect(7, 18.5, 18, 2, 1, INK)
            + f'<circle cx="25.5" cy="23.5" r="1.5" fill="{lamp}"/>')


CROSS = (f'<circle cx="24" cy="24" r="7.2" fill="{RED}" stroke="{PAPER}" stroke-width="1"/>' + line("21.2,21.2 26.8,26.8", PAPER, 2.2)
         + line("26.8,21.2 21.2,26.8", PAPER, 2.2))
TICK = f'<circle cx="24" cy="24" r="7.2" fill="{GREEN}" stroke="{PAPER}" stroke-width="1"/>' + line("20.6,24.2 23,26.6 27.4,21.6", PAPER, 2.2)
ASK = f'<circle cx="24" cy="24" r="7.2" fill="{BROWN}" stroke="{PAPER}" stroke-width="1"/><<text:?,24,27.8,10.5,{PAPER}>>'
COIN = (f'<circle cx="16" cy="16" r="14" fill="{GOLD}"/><circle cx="16" cy="16" r="11.2" fill="none" stroke="#b97a00" stroke-width="1.3"/>'
        f'<<text:¥,16,22.4,17,{BROWN}>>')
CROSS_RED = f'<path d="M-1.5-5h3v3.5H5v3H1.5V5h-3V1.5H-5v-3h3.5z" fill="{RED}"/>'
ID_LINES = lines(14.5, (9.5, 12.7, 15.9), 13, "#0074ba", 1.2)
ID = card(SKY, portrait(4, 8.5, .95) + ID_LINES + rect(4, 21.5, 24, 3, 1, PAPER) + rect(5, 22.5, 22, 1, .5, INK))


def at(x, y, scale, inside):
    return f'<g transform="translate({x} {y}) scale({scale})">{inside}</g>'


def scene(*parts):
    return "".join(parts)


OWN = {
    "id-card": ID,
    "id-card-number": scene(card(SKY, portrait(4, 8.5, .85) + ID_LINES), rect(2.6, 19.6, 26.8, 6.2, 1.5, GOLD, f'stroke="{RED}" stroke-width="1.2"'),
                            f"<<text:990101 1945…,16,24,3.500,{INK}>>"),
    "id-card-missing": scene(at(0, -3, 1, ID), ASK),
    "id-card-photo": scene(at(0, -5, .9, ID), "<<icon:camera,14,14,.56>>"),
    "resident-card": card("#d8f0e4", rect(1, 6, 30, 20, 2.5, "none", f'stroke="{GREEN}" stroke-width="1.2"') + portrait(3.5, 9, .9) + lines(3.5, (21.5,), 9, GREEN) + qr(15.5, 9.2, 1.5)),
    "citizen-card": card(GREEN, "<<icon:house,2.5,8,.42>>" + rect(16, 8, 13, 16, 1, PAPER) + qr(17, 10.4, 1.22) + lines(4, (22.4,), 9, PAPER)),
    "social-security-card": card("#e8f4ff", rect(1, 6, 30, 20, 2.5, "none", f'stroke="{BLUE}" stroke-width="1.2"') + rect(1.6, 6.6, 28.8, 5.4, 2, BLUE)
                                 + f"<<text:社会保障卡,16,11,4.2,{PAPER}>>" + rect(4, 14.5, 6.5, 5, 1, GOLD) + line("4,17 10.5,17", BROWN, .5) + line("7.2,14.5 7.2,19.5", BROWN, .5)
                                 + portrait(22, 13.6, .75) + lines(4, (22,), 15, "#7fa7d4")),
    "medical-insurance": scene('<path d="M16 2l12 4v9c0 8-5.5 12.6-12 15C9.500 27.600 4 23 4 15V6z" fill="#1b8f6f"/>', '<path d="M16 4.800l9.500 3.200v7c0 6.400-4.100 10-9.500 12.200z" fill="#12775c"/>',
                               f'<path d="M13.500 8.500h5v5h5v5h-5v5h-5v-5h-5v-5h5z" fill="{PAPER}"/>'),
    "coin-yuan": COIN,
    "free-of-charge": scene(COIN, f'<circle cx="16" cy="16" r="14" fill="none" stroke="{RED}" stroke-width="2.4"/>', line("6.2,6.2 25.8,25.8", RED, 2.4)),
    "money-yuan": scene(rect(1, 8, 30, 16, 2, "#e4572e"), rect(2.600, 9.600, 26.800, 12.800, 1, "none", 'stroke="#ffd9c9" stroke-width=".8"'),
                        f'<circle cx="16" cy="16" r="5.200" fill="#ffd9c9"/><<text:¥,16,19.400,9,#b0330f>>', lines(4.5, (11.8, 18.800), 5, "#ffd9c9"), lines(22.5, (11.8, 18.800), 5, "#ffd9c9")),
    "old-age-allowance": scene("<<icon:older-person,0,0,.8>>", at(15, 15, .53, COIN)),
    "bank-card": card("#00a6ed", rect(1, 9.5, 30, 4.5, 0, INK) + rect(4, 16.5, 14, 3.2, 1, PAPER) + rect(24, 19.5, 4.5, 4, 1, GOLD)),
    "household-register": scene(rect(5, 2, 22, 28, 2, "#7c3b1e"), rect(5, 2, 3, 28, 1, "#5b2a14"), f"<<text:户口簿,17.4,13.5,6,{GOLD}>>", lines(11, (20,), 13, GOLD), lines(13, (23.5,), 9, GOLD)),
    "pledge": scene(sheet(f"<<text:承诺,13.5,13,6,{INK}>>" + lines(9, (16.5, 20), 13)), "<<icon:writing-hand,12,13,.6>>"),
    "residence-permit": card("#e6dcf7", rect(1, 6, 30, 20, 2.5, "none", 'stroke="#6a4ba0" stroke-width="1.2"') + f"<<text:居住证,16,12,4.600,#4b2f80>>" + portrait(4, 13.2, .85) + "<<icon:house,15,12.500,.4>>" + lines(4, (23.6,), 8, "#6a4ba0", .1)),
    "certificate": sheet(lines(9, (8,), 8) + lines(9, (12, 15.5), 14) + f'<circle cx="19.5" cy="23" r="4.600" fill="none" stroke="{RED}" stroke-width="1.600"/><path d="M19.500 20.300l.8 1.800 1.900.2-1.400 1.300.4 1.900-1.700-1-1.700 1 .4-1.900-1.400-1.300 1.900-.2z" fill="{RED}" opacity="0"/><circle cx="19.500" cy="23" r="1.800" fill="{RED}"/>' + lines(9, (21,), 6)),
    "medical-paper": sheet(at(15.5, 12, 1, CROSS_RED) + lines(9, (19.5, 22.700, 25.900), 13)),
    "transfer-letter": sheet(at(11, 8.6, .6, CROSS_RED) + lines(9, (13.2, 16), 13) + line("9.500,23 21.500,23", GREEN, 2) + line("17.500,19.800 21.500,23 17.500,26.200", GREEN, 2)),
    "transfer": scene("<<icon:hospital,-2.5,5,.6>>", "<<icon:hospital,15.5,5,.6>>", line("12.500,27.500 19.500,27.500", GREEN, 2.2), line("16.500,24.800 19.500,27.500 16.500,30.200", GREEN, 2.2)),
    "both-care": scene("<<icon:bed,-1,-1,.62>>", "<<icon:pill,13.500,13.500,.56>>"),
    "papers": scene(at(-3, -.500, .8, sheet(lines(9, (12, 16, 20), 13))), at(5.5, 5.500, .84, sheet(lines(9, (12, 16, 20, 24), 13)))),
    "papers-have": scene(sheet(lines(9, (10, 14, 18), 13)), TICK),
    "papers-missing": scene(sheet(lines(9, (10, 14), 13)), rect(9, 18, 8, 6, 1, "none", f'stroke="{LINE}" stroke-width="1" stroke-dasharray="1.500 1.200"'), ASK),
    "stuck": scene(sheet(lines(9, (10, 14, 18), 13)), CROSS),
    "done-paper": scene(sheet(lines(9, (10, 14, 18), 13)), TICK),
    "slip": slip(lines(11, (6.5,), 10, INK, 1.8) + lines(11, (11, 14, 17, 20), 10)),
    "slip-qr": slip(lines(11, (5,), 10, INK, 1.6) + qr(11, 8.5, 1.12) + lines(11, (21, 23.600), 10)),
    "qr-code": scene(rect(2, 2, 28, 28, 2, PAPER, f'stroke="{LINE}" stroke-width="1"'), qr(5, 5, 2.44)),
    "scan": scene(rect(6, 6, 20, 20, 1, PAPER, f'stroke="{LINE}" stroke-width=".600"'), qr(8, 8, 1.78), line("2,9 2,2 9,2", GREEN, 2), line("23,2 30,2 30,9", GREEN, 2), line("2,23 2,30 9,30", GREEN, 2), line("23,30 30,30 30,23", GREEN, 2), line("2.500,16 29.500,16", RED, 1.6)),
    "scanner-off": scene(at(0, 0, .9, scene(rect(6, 6, 20, 20, 1, PAPER, f'stroke="{LINE}" stroke-width=".600"'), qr(8, 8, 1.78), line("2,9 2,2 9,2", LINE, 2), line("23,2 30,2 30,9", LINE, 2), line("2,23 2,30 9,30", LINE, 2))), CROSS),
    "wall-card": scene(rect(5, 2, 22, 28, 2, "#fdf0cf", 'stroke="#b97a00" stroke-width="1"'), "<<icon:hospital,10.500,3.500,.35>>", qr(11.2, 16.5, 1.08)),
    "printer": printer(rect(8, 3, 16, 12, 1, "#e6e6e6") + rect(8, 3, 16, 12, 1, "none", f'stroke="{LINE}" stroke-width=".800"'), "#3fd77a") + rect(9, 19.500, 14, 9.500, .5, PAPER, f'stroke="{LINE}" stroke-width=".800"') + lines(11, (22, 24.500), 10),
    "printer-no-paper": printer(rect(8, 4, 16, 11, 1, "none", f'stroke="{RED}" stroke-width="1.300" stroke-dasharray="2.200 1.600"'), RED) + line("13.2,6.200 18.800,11.2", RED, 1.800) + line("18.800,6.200 13.2,11.2", RED, 1.800),
    "printer-open": scene('<path d="M4.500 13L24 2.500l2.600 4.600L9 14z" fill="#9b9b9b"/>', printer("", RED)),
    "printer-off": scene(at(0, -1.5, .9, printer(rect(8, 3, 16, 12, 1, "#e6e6e6"), "#3b3b3b")), CROSS),
    "keypad": scene(rect(3, 1, 26, 30, 3, "#d9e4e1", f'stroke="{GREEN}" stroke-width="1"'), *[rect(5.2 + c * 7.5, 3 + r * 6.8, 6.500, 5.800, 1.2, PAPER, f'stroke="{GREEN}" stroke-width=".6"') + f"<<text:{t},{8.45 + c * 7.5},{7.6 + r * 6.8},4.800,{INK}>>" for r, row in enumerate(("123", "456", "789", "X0<")) for c, t in enumerate(row) if t != "<"], '<path d="M20.600 26.300l2.200-2.200h3v4.400h-3z" fill="#2b2144"/>'),
    "erase": scene(f'<path d="M10 7h18a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H10l-8.200-9z" fill="{INK}"/>', line("14.500,12 22.500,20", PAPER, 2.4), line("22.500,12 14.500,20", PAPER, 2.4)),
    "text-size": f"<<text:字,6.5,26,11,{GREEN}>><<text:字,21.5,26,20,{GREEN}>>",
    "contrast": scene(f'<circle cx="16" cy="16" r="13" fill="{PAPER}" stroke="{INK}" stroke-width="2.4"/><path d="M16 3a13 13 0 0 1 0 26z" fill="{INK}"/>'),
    "calendar": scene(rect(3, 5, 26, 24, 2.5, PAPER, f'stroke="{LINE}" stroke-width="1"'), '<path d="M5.500 5h21A2.500 2.500 0 0 1 29 7.500V12H3V7.500A2.500 2.500 0 0 1 5.500 5z" fill="#d3302f"/>', line("9.500,2.500 9.500,7.500", INK, 2), line("22.500,2.500 22.500,7.500", INK, 2), *[rect(6.2 + c * 5.4, 14.6 + r * 4.8, 3.6, 3.2, .6, GREEN if (r, c) == (1, 2) else "#d3d3d3") for r in range(3) for c in range(4)]),
    "appointment": scene(at(-2, -2, .92, scene(rect(3, 5, 26, 24, 2.5, PAPER, f'stroke="{LINE}" stroke-width="1"'), '<path d="M5.500 5h21A2.500 2.500 0 0 1 29 7.500V12H3V7.500A2.500 2.500 0 0 1 5.500 5z" fill="#d3302f"/>', line("9.500,2.500 9.500,7.500", INK, 2), line("22.500,2.500 22.500,7.500", INK, 2), *[rect(6.2 + c * 5.4, 14.6 + r * 4.8, 3.6, 3.2, .6, "#d3d3d3") for r in range(3) for c in range(4)])), "<<icon:three-oclock,15,15,.53>>"),
    "home-visit": scene("<<icon:house,10,-1,.72>>", "<<icon:person-walking-facing-right,-2.500,11,.66>>"),
    "for-family": scene("<<icon:old-woman,-1,0,.68>>", "<<icon:child,14.500,12.500,.56>>"),
    "couple": scene("<<icon:old-woman,-2,4,.62>>", "<<icon:old-man,14,4,.62>>"),
    "family-lookup": scene("<<icon:old-man,-1,-1,.6>>", "<<icon:child,14,-.500,.52>>", "<<icon:magnifying-glass-tilted-left,9,13,.58>>"),
    "let-next-go": scene("<<icon:person-standing,-2,8,.72>>", "<<icon:person-walking-facing-right,8.500,8,.72>>", line("13,4 25,4", GREEN, 2.2), line("21.500,1.200 25,4 21.500,6.800", GREEN, 2.2)),
    "ask-type": scene("<<icon:woman-office-worker,5,-1,.66>>", "<<icon:keyboard,3,16,.8>>"),
    "station": scene('<path d="M2 13L16 3l14 10z" fill="#0b5d4b"/>', rect(5, 12, 22, 17, 0, "#fdf0cf"), rect(12.5, 18, 7, 11, .6, "#8a5a00"), '<circle cx="17.800" cy="23.500" r=".700" fill="#fcd53f"/>', rect(6.6, 15, 4.2, 4.6, .4, SKY), rect(21.200, 15, 4.2, 4.6, .4, SKY), rect(3, 28.400, 26, 1.600, .6, "#9b9b9b"), f'<circle cx="16" cy="9" r="2.400" fill="{PAPER}"/>', line("14.900,9 15.700,9.900 17.200,8.100", GREEN, .8)),
    "county": scene(rect(3, 12, 26, 17, .8, "#e3ddd0"), rect(10, 5, 12, 24, .8, "#f3ede0"), *[rect(x, y, 2.6, 3, .3, "#7fa7d4") for x in (5, 24.400) for y in (15, 20)], *[rect(x, y, 2.4, 2.8, .3, "#7fa7d4") for x in (12, 17.600) for y in (8.500, 13, 17.500)], rect(14, 22.500, 4, 6.500, .4, BROWN), rect(9, 4, 14, 2, .6, GREEN), rect(2, 28.4, 28, 1.6, .6, "#9b9b9b")),
    "network-off": scene(at(0, 0, .9, scene(line("3,12 16,3.500 29,12", LINE, 0), *[f'<path d="M{16 - r} {22 - r * .55}Q16 {22 - r * 1.25} {16 + r} {22 - r * .55}" fill="none" stroke="#7d7d7d" stroke-width="2.6" stroke-linecap="round"/>' for r in (12.5, 8, 3.800)], '<circle cx="16" cy="23.500" r="2.400" fill="#7d7d7d"/>')), CROSS),
    "disk-broken": scene("<<icon:floppy-disk,0,0,.86>>", CROSS),
    "sound-broken": scene("<<icon:muted-speaker,0,0,.86>>", CROSS),
    "saved-here": scene(rect(4, 3, 24, 17, 2, INK), rect(6, 5, 20, 13, 1, "#e1f2ea"), line("11,11.500 14.600,15 21,8.200", GREEN, 2.600), rect(13, 20, 6, 5, 0, "#636363"), rect(8, 25, 16, 3.500, 1.500, "#7d7d7d")),
    "touch-screen": scene(rect(2, 2, 24, 17, 2, INK), rect(4, 4, 20, 13, 1, "#e1f2ea"), rect(6, 6, 4.600, 4, .8, GOLD), rect(11.700, 6, 4.600, 4, .8, SKY), rect(17.400, 6, 4.600, 4, .8, "#3fd77a"), "<<icon:backhand-index-pointing-up,9,8.500,.72>>"),
    "usb": scene(rect(9, 12, 14, 18, 2.5, "#3f5f9e"), rect(11, 2, 10, 10, .6, "#d3d3d3", f'stroke="{LINE}" stroke-width=".800"'), rect(13, 5, 2.4, 3, .3, INK), rect(16.600, 5, 2.4, 3, .3, INK), rect(12, 17, 8, 8, 1, "#e8f4ff")),
    "well": scene('<path d="M4 10L16 2l12 8z" fill="#8a3b1e"/>', rect(6.5, 10, 2.2, 11, 0, "#7c5a2e"), rect(23.3, 10, 2.2, 11, 0, "#7c5a2e"), rect(6, 12, 20, 1.800, .6, "#a0763c"), line("16,13.500 16,18.500", "#5b4322", .8), rect(13.800, 18, 4.400, 3.600, .6, "#3f5f9e"), '<path d="M4 21h24l-1.800 9H5.800z" fill="#9b9b9b"/>', line("5,25.500 27,25.500", "#6f6f6f", .7), line("11,21.500 11,25.500", "#6f6f6f", .7), line("20,21.500 20,25.500", "#6f6f6f", .7), line("15.500,25.500 15.500,29.500", "#6f6f6f", .7), line("8.500,25.500 8.500,29.500", "#6f6f6f", .7), line("23,25.500 23,29.500", "#6f6f6f", .7)),
    "stone-bridge": scene(rect(1, 22, 30, 7, 1, SKY), '<path d="M1 22C6 12 26 12 31 22h-5.500a9.500 8 0 0 0-19 0z" fill="#9b9b9b"/>', '<path d="M1 22C6 12 26 12 31 22" fill="none" stroke="#636363" stroke-width="1.200"/>', line("4,26 9,26", PAPER, 1), line("19,27 26,27", PAPER, 1)),
    "practice-touch": scene(f'<circle cx="16" cy="16" r="14" fill="#fdf0cf" stroke="{BROWN}" stroke-width="1.400" stroke-dasharray="3 2"/>', "<<icon:backhand-index-pointing-up,5.500,4.800,.68>>"),
    "microphone-off": scene("<<icon:studio-microphone,0,0,.86>>", CROSS),
    "who-answers": scene("<<icon:woman-office-worker,-2,0,.78>>", "<<icon:telephone-receiver,15,15,.52>>"),
    "tell-you": scene("<<icon:telephone-receiver,-1,8,.64>>", "<<icon:speech-balloon,13,-1,.6>>"),
    "handwriting": scene(rect(2, 2, 28, 28, 2, PAPER, f'stroke="{LINE}" stroke-width="1"'), line("16,2 16,30", "#d3d3d3", .6, 'stroke-dasharray="1.500 1.500"'), line("2,16 30,16", "#d3d3d3", .6, 'stroke-dasharray="1.500 1.500"'), f"<<text:永,14,22.500,19,{INK}>>", "<<icon:pencil,16,15,.5>>"),
    "pinyin": scene(rect(1, 7, 30, 18, 2.5, PAPER, f'stroke="{LINE}" stroke-width="1"'), f"<<text:pīn,9.2,20,9.500,{GREEN}>><<text:拼,23,20.500,11.500,{INK}>>"),
    "no": scene(rect(1, 1, 30, 30, 4, RED), line("9,9 23,23", PAPER, 4), line("23,9 9,23", PAPER, 4)),
    "no-phone": scene("<<icon:mobile-phone,-1,0,.88>>", CROSS),
    "bank": scene('<path d="M2 12L16 3l14 9z" fill="#636363"/>', rect(4, 12, 24, 2, .4, "#9b9b9b"), *[rect(x, 14, 3, 11, .4, "#d3d3d3") for x in (5.500, 10.500, 18.500, 23.500)], rect(3, 25, 26, 2, .4, "#9b9b9b"), rect(1.500, 27, 29, 2.500, .6, "#636363"), at(9.500, 12.800, .41, COIN)),
    "household-business": scene(rect(4, 12, 24, 17, 0, "#fdf0cf"), *[f'<path d="M{3 + i * 5.2} 6h5.2v6a2.6 2.6 0 0 1-5.2 0z" fill="{c}"/>' for i, c in enumerate((RED, PAPER, RED, PAPER, RED))], rect(3, 3, 26, 3.400, .8, "#8a3b1e"), rect(6.500, 17.500, 9, 7.500, .5, SKY), rect(18, 17.500, 7.500, 11.500, .5, BROWN), rect(3, 28.400, 26, 1.600, .6, "#9b9b9b"), f"<<text:店,11,23.700,6.500,{INK}>>"),
    # What helps an old person: who witnesses, where they are, where the money goes.
    "pension-attestation": scene("<<icon:old-woman,-1,0,.86>>", TICK),
    "person-here": scene("<<icon:old-woman,-3,4,.72>>", line("25,3 25,18", GREEN, 3), line("20.500,14 25,19 29.500,14", GREEN, 3), rect(19, 24, 12, 3, 1.500, GREEN)),
    "at-home-bed": scene('<path d="M1 14L16 2l15 12z" fill="#8a3b1e"/>', rect(4, 13, 24, 17, 0, "#fdf0cf"), "<<icon:person-in-bed,7,12.500,.54>>"),
    "witness": scene("<<icon:old-woman,-2.500,8,.62>>", "<<icon:person-raising-hand,11,-1,.66>>", at(4, 5, .8, TICK)),
    "neighbour": scene("<<icon:house,-2,6,.58>>", "<<icon:house,17,6,.46>>", "<<icon:person,9,14,.56>>"),
    "nobody": scene("<<icon:bust-in-silhouette,-2,0,.88>>", CROSS),
    "office-there": scene("<<icon:office-building,-2,-1,.74>>", "<<icon:telephone-receiver,16,15,.5>>"),
    "any-time": scene("<<icon:sunrise,-1,-1,.62>>", "<<icon:sunset,13,12,.62>>"),
    "passbook": scene(rect(4, 4, 24, 24, 2, "#b3202a"), rect(4, 4, 3.500, 24, 1, "#7f131b"), f"<<text:存折,17.700,14.500,7.500,{GOLD}>>", at(13.200, 17, .28, COIN)),
    "no-card": scene(at(0, -4, .9, card("#00a6ed", rect(1, 9.5, 30, 4.5, 0, INK) + rect(4, 16.5, 14, 3.2, 1, PAPER) + rect(24, 19.5, 4.5, 4, 1, GOLD))), CROSS),
    "change-card": scene(at(0, -5, .86, card("#00a6ed", rect(1, 9.5, 30, 4.5, 0, INK) + rect(4, 16.5, 14, 3.2, 1, PAPER) + rect(24, 19.5, 4.5, 4, 1, GOLD))), "<<icon:counterclockwise-arrows-button,14,14,.56>>"),
    "money-new": scene(at(-1, -1, .86, COIN), f'<circle cx="24" cy="24" r="7.2" fill="{GREEN}" stroke="{PAPER}" stroke-width="1"/>', line("20.200,24 27.800,24", PAPER, 2.400), line("24,20.200 24,27.800", PAPER, 2.400)),
    "money-stopped": scene(at(-1, -1, .86, COIN), f'<circle cx="24" cy="24" r="7.2" fill="{RED}" stroke="{PAPER}" stroke-width="1"/>', rect(20.800, 20.400, 2.400, 7.200, .6, PAPER), rect(24.800, 20.400, 2.400, 7.200, .6, PAPER)),
    "tell-later": scene(at(-1, -1, .84, scene(rect(3, 5, 26, 24, 2.5, PAPER, f'stroke="{LINE}" stroke-width="1"'), '<path d="M5.500 5h21A2.500 2.500 0 0 1 29 7.500V12H3V7.500A2.500 2.500 0 0 1 5.500 5z" fill="#d3302f"/>', *[rect(6.2 + c * 5.4, 14.6 + r * 4.8, 3.6, 3.2, .6, "#d3d3d3") for r in range(3) for c in range(4)])), "<<icon:bell,14,13,.58>>"),
    # Who said no, and what they wanted.
    "counter": scene(rect(2, 2, 28, 20, 1.500, "#e8f4ff", f'stroke="{BLUE}" stroke-width="1.400"'), "<<icon:woman-office-worker,6,2.500,.62>>", rect(1, 20, 30, 4, 1, BROWN), rect(3, 24, 26, 6, .6, "#c98a3a"), rect(12, 18.600, 8, 1.600, .5, PAPER, f'stroke="{LINE}" stroke-width=".500"')),
    "machine": scene(rect(8, 1, 16, 19, 1.500, INK), rect(9.500, 2.500, 13, 12, .8, "#e1f2ea"), rect(10.700, 3.800, 4.600, 4, .6, GOLD), rect(16.700, 3.800, 4.600, 4, .6, SKY), rect(10.700, 9, 4.600, 4, .6, "#3fd77a"), rect(16.700, 9, 4.600, 4, .6, "#e4572e"), rect(11, 16.500, 10, 1.400, .6, "#7d7d7d"), rect(13, 20, 6, 7, 0, "#636363"), rect(6, 26.500, 20, 3.500, 1.200, "#7d7d7d")),
    "phone-app": scene(rect(8, 1, 16, 30, 2.500, INK), rect(9.500, 4, 13, 22, .8, "#e8f4ff"), *[rect(10.700 + c * 5.800, 5.500 + r * 5.400, 4.600, 4.200, 1, f) for r, c, f in ((0, 0, GOLD), (0, 1, SKY), (1, 0, "#3fd77a"), (1, 1, "#e4572e"), (2, 0, "#8f6ad0"), (2, 1, "#00a6ed"))], '<circle cx="16" cy="28.500" r="1.200" fill="#9b9b9b"/>'),
    "system-no": scene("<<icon:desktop-computer,-1,-1,.9>>", CROSS),
    "face-no": scene("<<icon:neutral-face,5,3,.6>>", line("2,8 2,2 8,2", BLUE, 2), line("22,2 28,2 28,8", BLUE, 2), line("2,18 2,24 8,24", BLUE, 2), CROSS),
    "id-and-register": scene(at(6, -1, .78, scene(rect(5, 2, 22, 28, 2, "#7c3b1e"), rect(5, 2, 3, 28, 1, "#5b2a14"), f"<<text:户口簿,17.4,11.5,6,{GOLD}>>")), at(-1, 9.500, .76, ID)),
    "sms-code": scene("<<icon:mobile-phone,-5,0,.9>>", rect(10, 8, 21, 11, 2, PAPER, f'stroke="{GREEN}" stroke-width="1.400"'), f"<<text:6821,20.500,16.600,8,{INK}>>"),
    "in-person": scene("<<icon:door,9,-1,.86>>", "<<icon:person-walking-facing-right,-6,6,.8>>"),
    "ask-money": scene("<<icon:palm-up-hand,0,7,.88>>", at(9, 0, .46, COIN)),
    "counter-slip": scene(slip(f"<<text:不予,16,10,6,{RED}>>" + lines(11, (14, 17, 20), 10)), CROSS),
    "no-more": scene(f'<circle cx="16" cy="16" r="13" fill="{PAPER}" stroke="{RED}" stroke-width="3"/>', line("7,7 25,25", RED, 3)),
}

# Provinces are known by the first character of a car's number plate; regions show three of theirs.
PROVINCES = {
    "beijing": "京", "tianjin": "津", "hebei": "冀", "shanxi": "晋", "inner-mongolia": "蒙", "liaoning": "辽", "jilin": "吉",
    "heilongjiang": "黑", "shanghai": "沪", "jiangsu": "苏", "zhejiang": "浙", "anhui": "皖", "fujian": "闽", "jiangxi": "赣",
    "shandong": "鲁", "henan": "豫", "hubei": "鄂", "hunan": "湘", "guangdong": "粤", "guangxi": "桂", "hainan": "琼",
    "chongqing": "渝", "sichuan": "川", "guizhou": "贵", "yunnan": "云", "tibet": "藏", "shaanxi": "陕", "gansu": "甘",
    "qinghai": "青", "ningxia": "宁", "xinjiang": "新",
}
for _name, _char in PROVINCES.items():
    OWN["province-" + _name] = plate(_char, 3, 3, 26, 26, 20)
for _name, _chars in {"north": "京冀鲁", "northeast": "辽吉黑", "east": "沪苏闽", "south": "豫鄂粤", "southwest": "渝川云", "northwest": "陕甘新"}.items():
    OWN["region-" + _name] = plate(_chars[0], 9, 1, 14, 14, 10.5) + plate(_chars[1], 1, 17, 14, 14, 10.5) + plate(_chars[2], 17, 17, 14, 14, 10.5)


class Outlines:
    """Character outlines as SVG path data."""

    def __init__(self, collection):
        self.font = TTCollection(collection, lazy=True).fonts[2]
        self.cmap, self.glyphs = self.font.getBestCmap(), self.font.getGlyphSet()
        self.em = self.font["head"].unitsPerEm

    def text(self, chars, x, y, size, fill):
        scale = size / self.em
        names = [self.cmap[ord(c)] for c in chars]
        left = x - sum(self.glyphs[n].width for n in names) * scale / 2
        pen = SVGPathPen(self.glyphs, ntos=lambda v: f"{v:.2f}".rstrip("0").rstrip("."))
        for name in names:
            self.glyphs[name].draw(TransformPen(pen, (scale, 0, 0, -scale, left, y)))
            left += self.glyphs[name].width * scale
        return f'<path d="{pen.getCommands()}" fill="{fill}"/>'


def main():
    icons = json.load(open(sys.argv[1]))["icons"]
    noto = sys.argv[2] if len(sys.argv) > 2 else "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
    outlines = Outlines(noto)
    clash = FLUENT.keys() & OWN.keys()
    assert not clash, clash

    def icon(match):
        name, x, y, scale = match.group(1).split(",")
        return f'<g transform="translate({x} {y}) scale({scale})">{icons[name]["body"]}</g>'

    def text(match):
        chars, x, y, size, fill = match.group(1).split(",")
        return outlines.text(chars, float(x), float(y), float(size), fill)

    rows = []
    used = re.compile(r"<<icon:([^,>]+)")
    for name in sorted(FLUENT.keys() | OWN.keys()):
        if name in FLUENT:
            body, source = icons[FLUENT[name]]["body"], f"Fluent Emoji Flat `{FLUENT[name]}`"
        else:
            parts = sorted(set(used.findall(OWN[name])))
            source = "ours" + (" with Fluent Emoji Flat " + ", ".join(f"`{p}`" for p in parts) if parts else "")
            body = re.sub(r"<<text:([^>]+)>>", text, re.sub(r"<<icon:([^>]+)>>", icon, OWN[name]))
        assert "<<" not in body and "currentColor" not in body and "<text" not in body, name
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 32 32">{body}</svg>\n'
        (HERE / f"{name}.svg").write_text(svg)
        rows.append(f"| {name} | {source} |")
    kept = {f"{name}.svg" for name in FLUENT.keys() | OWN.keys()}
    for old in HERE.glob("*.svg"):
        if old.name not in kept:
            old.unlink()
    (HERE / "INDEX.md").write_text(
        "# Pictures\n\nWritten by `make.py`. 32 × 32 units each, drawn at any size, no fonts needed.\n"
        "Fluent Emoji Flat: MIT, Microsoft Corporation, npm `@iconify-json/fluent-emoji-flat` 1.2.6. Ours: MIT OR Apache-2.0.\n\n"
        f"{len(rows)} pictures.\n\n| name | source |\n|---|---|\n" + "\n".join(rows) + "\n")
    print(len(rows), "pictures")


main()
