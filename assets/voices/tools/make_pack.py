#!/usr/bin/env python3
"""Makes a voice pack with Kokoro-82M from the list of prompts.

    onedoor prompts > prompts.jsonl
    nice python make_pack.py --voices kokoro-js-1.2.1.tgz --pack kiosk --root assets/voices prompts.jsonl
    nice python make_pack.py --voices kokoro-js-1.2.1.tgz --pack station --root kiosk-config/voices prompts.jsonl

Each line of the list is {"pack": "kiosk", "language": "zh-CN", "prompt": "say-rest", "text": "..."}; of those of the pack
named, the clip goes to ROOT/<language>/default/<prompt>.ogg, its text, hash and length into the index.json beside it. Only
what is new or whose text changed is made; what is no longer in the list is removed with --prune.

Rate of speech: 160-180 characters a minute for Mandarin, 130-150 words a minute for English, pauses included, set as the
model's own speed (never by stretching sound). It is measured on clips of at least 8 characters or 5 words; shorter ones
take the speed that such clips need on average.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import blake3
import cn2an
import numpy as np
import pyloudnorm
import soundfile

import kokoro
from kokoro import RATE

HERE = pathlib.Path(__file__).parent
LOUDNESS_LUFS = -16.0
PEAK = 10 ** (-1.0 / 20)  # -1 dBFS
# libsndfile's scale is 1 - quality/10: Vorbis q2.
COMPRESSION = 0.8

VOICES = {"zh-CN": "zm_yunxi", "en": "bm_george"}
# Units a minute: lowest, aimed at, highest; and from how many units on a clip is measured.
RATES = {"zh": (162, 170, 178, 8), "en": (132, 140, 148, 5)}
# Speed of number clips, of other clips too short to measure, where the search for the others begins, and how far it goes.
NUMBER_SPEED = {"zh": 0.75, "en": 1.0}
SHORT_SPEED = {"zh": 0.8, "en": 0.82}
BASE_SPEED = {"zh": 0.47, "en": 0.78}
SPEEDS = {"zh": (0.40, 1.25), "en": (0.56, 1.25)}
# Pauses at punctuation are longer than the speed alone makes them.
PAUSE = {"zh": 2.0, "en": 1.5}
# Clips of numbers stand close together; sentences have room around them.
MARGINS = {"number": (0.015, 0.035), "sentence": (0.020, 0.060)}
NUMBER = re.compile(r"^(n|unit|month|day|year|weekday|count|workdays)/")


def text_hash(text: str) -> str:
    """As onedoor_devices::sound::pack::text_hash."""
    bare = "".join(c for c in text if not "\u2066" <= c <= "\u2069")
    return blake3.blake3(" ".join(bare.split()).encode()).hexdigest()[:16]


def units(text: str, language: str) -> int:
    """Characters of a Chinese text, words of an English one."""
    if language.startswith("zh"):
        return sum("\u3400" <= c <= "\u9fff" or ord(c) >= 0x20000 for c in text)
    return len(re.findall(r"[A-Za-z0-9']+", text))


def trim(sound: np.ndarray, margins: tuple[float, float]) -> np.ndarray:
    """Cuts silence at both ends, and fades the cuts."""
    frame = RATE // 200
    frames = len(sound) // frame
    level = np.sqrt((sound[: frames * frame].reshape(frames, frame) ** 2).mean(axis=1) + 1e-12)
    # The model's silence is silent, and an f or an s begins softly: cut short, "six" is heard as "zigs".
    loud = np.flatnonzero(level > max(level.max() * 0.003, 1e-4))
    if not len(loud):
        raise ValueError("the model made no sound")
    start = max(0, loud[0] * frame - int(margins[0] * RATE))
    end = min(len(sound), (loud[-1] + 1) * frame + int(margins[1] * RATE))
    cut = sound[start:end].copy()
    fade_in, fade_out = int(0.004 * RATE), int(min(margins[1], 0.03) * RATE)
    cut[:fade_in] *= np.linspace(0, 1, fade_in)
    cut[-fade_out:] *= np.linspace(1, 0, fade_out)
    return cut


def level(sound: np.ndarray) -> np.ndarray:
    """Sets the loudness (ITU-R BS.1770) and keeps peaks under -1 dBFS."""
    # The meter wants 0.4 s and more; a short word repeated has the loudness of the word.
    measured = np.tile(sound, int(np.ceil(1.2 * RATE / len(sound)))) if len(sound) < 1.2 * RATE else sound
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(measured.astype(np.float64))
    sound = sound * 10 ** ((LOUDNESS_LUFS - loudness) / 20)
    over = np.maximum(np.abs(sound) / PEAK, 1.0)
    if over.max() > 1.0:
        # The gain of a peak reaches 3 ms to both sides, smoothly.
        reach = int(0.003 * RATE)
        window = np.lib.stride_tricks.sliding_window_view(np.pad(over, reach, constant_values=1.0), 2 * reach + 1)
        gain = 1.0 / window.max(axis=1)
        smooth = np.convolve(np.pad(gain, reach, mode="edge"), np.hanning(2 * reach + 1), "valid")
        sound = sound * np.minimum(smooth / np.hanning(2 * reach + 1).sum(), gain)
    return np.clip(sound, -PEAK, PEAK).astype(np.float32)


def make(model: kokoro.Kokoro, prompt: str, text: str, language: str, voice: str, wish: dict, usual: float) -> tuple:
    """Speaks one prompt at its rate; returns (sound, speed, units a minute or None).

    `usual` is the speed that clips of this voice needed so far: most clips fit at the first or second try.
    """
    family = "zh" if language.startswith("zh") else "en"
    low, aim, high, least = RATES[family]
    said = wish.get("say", text)
    if family == "zh":
        said = re.sub(r"\d+", lambda digits: cn2an.an2cn(digits[0], "low"), said)
    margins = MARGINS["number" if NUMBER.match(prompt) else "sentence"]
    count = units(text, language)
    measured = count >= least and not NUMBER.match(prompt)
    unmeasured = NUMBER_SPEED if NUMBER.match(prompt) else SHORT_SPEED
    speed = wish.get("speed", usual if measured else unmeasured[family])
    pause = wish.get("pause", PAUSE[family])
    tries = []
    for attempt in range(5):
        sound = trim(model.speak(said, language, voice, speed, pause), margins)
        seconds = len(sound) / RATE
        rate = count / seconds * 60
        if not measured or "speed" in wish:
            return sound, speed, None
        # The model counts in steps of 25 ms a token, so the rate jumps: the nearest try counts.
        tries.append((abs(rate - aim), attempt, sound, speed, rate, pause, seconds))
        if low <= rate <= high:
            break
        # Length is a constant plus something over the speed: two tries with the same pauses give both.
        goal = count / aim * 60
        wanted = speed * (aim / rate) ** 1.5
        same = [t for t in tries[:-1] if t[5] == pause and t[3] != speed]
        if same:
            slope = (seconds - same[-1][6]) / (1 / speed - 1 / same[-1][3])
            if slope > 0:
                wanted = 1 / max(0.1, 1 / speed + (goal - seconds) / slope)
        if wanted < SPEEDS[family][0]:
            # Slower than this, words drag: longer pauses are kinder.
            pause += 0.7
        speed = float(np.clip(wanted, *SPEEDS[family]))
    _, _, sound, speed, rate, _, _ = min(tries)
    return sound, speed, rate


def same_sound(entry: dict, number) -> tuple:
    """What two clips that sound alike have in common."""
    return entry["hash"], entry["voice"], json.dumps(entry.get("wish", {})), bool(number)


def write_clip(file: pathlib.Path, sound: np.ndarray) -> None:
    """Encodes a clip; at q2 a sharp peak may come out higher than it went in, and then it is made softer."""
    for _ in range(3):
        soundfile.write(file, sound, RATE, "VORBIS", format="OGG", compression_level=COMPRESSION)
        peak = np.abs(soundfile.read(file, dtype="float32")[0]).max()
        if peak <= 0.99:
            return
        sound = sound * (0.9 / peak)


def write_index(folder: pathlib.Path, index: dict) -> None:
    ordered = {key: index[key] for key in sorted(index)}
    new = folder / "index.json.new"
    new.write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", "utf-8")
    new.replace(folder / "index.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=argparse.FileType("r", encoding="utf-8"), help="JSON lines of prompts; - for stdin")
    parser.add_argument("--voices", required=True, help="the npm package kokoro-js as a .tgz")
    parser.add_argument("--pack", required=True, help="which lines of the list: kiosk or station")
    parser.add_argument("--root", required=True, type=pathlib.Path, help="the folder of all voices")
    parser.add_argument("--name", default="default", help="the folder of this pack inside its language")
    parser.add_argument("--language", help="only this language")
    parser.add_argument("--voice", help="another voice than the pack's own")
    parser.add_argument("--force", nargs="*", default=[], help="prompts to make again although nothing changed")
    parser.add_argument("--prune", action="store_true", help="remove clips that are not in the list")
    options = parser.parse_args()

    overrides = json.loads((HERE / "overrides.json").read_text("utf-8"))
    packs: dict[str, dict[str, str]] = {}
    for line in options.list:
        if line.strip():
            item = json.loads(line)
            if item["pack"] == options.pack and options.language in (None, item["language"]):
                packs.setdefault(item["language"], {})[item["prompt"]] = item["text"]

    model = None
    failed = 0
    # So that what was made is in the index when the run is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for language, wanted in packs.items():
        folder = options.root / language / options.name
        folder.mkdir(parents=True, exist_ok=True)
        index_file = folder / "index.json"
        index = json.loads(index_file.read_text("utf-8")) if index_file.exists() else {}
        voice = options.voice or VOICES.get(language, VOICES["en"])
        usual = BASE_SPEED["zh" if language.startswith("zh") else "en"]
        made, copied, began = 0, 0, time.time()
        by_text = {same_sound(entry, NUMBER.match(prompt)): prompt for prompt, entry in index.items()}
        try:
            for prompt, text in wanted.items():
                if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*", prompt) or ".." in prompt:
                    sys.exit(f"not a name for a clip: {prompt!r}")
                file = folder / f"{prompt}.ogg"
                wish = overrides.get(language, {}).get(prompt, {})
                entry = {"text": text, "hash": text_hash(text), "voice": wish.get("voice", voice)}
                if wish:
                    entry["wish"] = wish
                old = index.get(prompt, {})
                same = all(old.get(key) == entry.get(key) for key in ("hash", "voice", "wish"))
                if same and file.exists() and prompt not in options.force:
                    continue
                file.parent.mkdir(parents=True, exist_ok=True)
                # Forms say "请点一个图。" thirty times: one recording serves all.
                key = same_sound(entry, NUMBER.match(prompt))
                twin = by_text.get(key)
                if twin not in (None, prompt) and prompt not in options.force and (folder / f"{twin}.ogg").exists():
                    file.write_bytes((folder / f"{twin}.ogg").read_bytes())
                    index[prompt] = {**entry, "ms": index[twin]["ms"], "speed": index[twin]["speed"]}
                    copied += 1
                    continue
                model = model or kokoro.Kokoro(options.voices)
                try:
                    sound, speed, rate = make(model, prompt, text, language, entry["voice"], wish, usual)
                except ValueError as error:
                    print(f"{language}/{prompt}: {error}", file=sys.stderr)
                    failed += 1
                    continue
                write_clip(file, level(sound))
                index[prompt] = {**entry, "ms": round(len(sound) / RATE * 1000), "speed": round(speed, 3)}
                by_text[key] = prompt
                if rate is not None:
                    usual += (speed - usual) / 4
                made += 1
                if made % 20 == 0:
                    write_index(folder, index)
        finally:
            write_index(folder, index)
        if options.prune:
            for prompt in [p for p in index if p not in wanted]:
                del index[prompt]
                (folder / f"{prompt}.ogg").unlink(missing_ok=True)
        write_index(folder, index)
        print(f"{folder}: {len(index)} clips, {made} made and {copied} copied in {time.time() - began:.0f} s")
    if failed:
        sys.exit(f"{failed} prompts could not be made")


if __name__ == "__main__":
    main()
