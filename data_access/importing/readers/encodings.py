"""Find out how a text file is encoded; name the line when it isn't the same throughout."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from data_access.importing.readers.common import damaged, opened, refused

ENCODINGS = ("utf-8", "gb18030")
PROBE_BYTES = 4 << 20
MOST_SHORT = 0.3
"""Share of two-byte characters that end in an ASCII byte above which a text is not taken for GB18030: common Chinese
characters never do, words with an accented letter in another encoding mostly do."""
MOST_NULS = 0.01
"""Share of zero bytes above which a file is no text."""


def detected_encoding(path: Path) -> str:
    """Return the encoding that the whole beginning of a text file decodes with."""
    try:
        with opened(path) as stream:
            probe = stream.read(PROBE_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(path) from error
    if probe.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if probe.startswith((b"\xff\xfe", b"\xfe\xff")) and not probe.startswith(b"\xff\xfe\0\0"):
        return "utf-16"
    if probe.count(b"\0") > MOST_NULS * len(probe):
        raise refused(
            path,
            "is no text but binary data or UTF-16; export it again as CSV in UTF-8",
            "不是文本文件（二进制数据或 UTF-16 编码），请重新导出为 UTF-8 的 CSV",
        )
    if len(probe) == PROBE_BYTES:
        probe = probe[: probe.rfind(b"\n") + 1] or probe  # else the probe ends inside a character
    for encoding in ENCODINGS:
        try:
            probe.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" and not looks_chinese(probe):
            break
        if encoding == "gb18030":
            _refuse_mixed(path, probe, "UTF-8", _UTF8_LINE.search)
        return encoding
    _refuse_mixed(path, probe, "GB18030", _is_only_gb18030)
    _refuse_damaged_utf8(path, probe)
    raise refused(
        path,
        'is neither UTF-8 nor GB18030; write encoding = "…" for it in the mapping, or save it as UTF-8',
        "既不是 UTF-8 也不是 GB18030 编码，请在映射文件中写明 encoding，或另存为 UTF-8",
    )


def refuse_other_encoding(path: Path, encoding: str) -> None:
    """Raise naming the encoding that a text is in when the mapping says another."""
    found = detected_encoding(path)
    if found != encoding.lower():
        raise refused(
            path,
            f"is not {encoding}; it reads as {found}: correct encoding in the mapping",
            f"不是 {encoding} 编码，按 {found} 可读，请更正映射中的 encoding",
        )


_UTF8_LINE = re.compile(rb"\A(?:[\x00-\x7f]*[\xe3-\xef][\x80-\xbf]{2}){2,}(?:[\x00-\x7f]|[\xe3-\xef][\x80-\xbf]{2})*\Z")
"""A line with Chinese characters that are all whole in UTF-8, as a line of GB18030 is only by great chance."""


def _is_only_gb18030(line: bytes) -> bool:
    try:
        line.decode("utf-8")
        return False
    except UnicodeDecodeError:
        pass
    try:
        line.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return looks_chinese(line)


def _refuse_mixed(path: Path, text: bytes, other: str, is_other: object) -> None:
    """Raise when some lines with Chinese characters are in the ``other`` encoding and some aren't."""
    assert callable(is_other)
    lines = text.splitlines()
    written = [number for number, line in enumerate(lines, start=1) if not line.isascii()]
    strange = [number for number in written if is_other(lines[number - 1])]
    own = "UTF-8" if other == "GB18030" else "GB18030"
    if 0 < len(strange) < len(written):
        raise refused(
            path,
            f"mixes encodings: it is {own}, but line {strange[0]} is {other}; save it again in one encoding",
            f"混用了两种编码：文件为 {own}，第 {strange[0]} 行却是 {other}，请统一编码后重新保存",
        )


def looks_chinese(text: bytes) -> bool:
    """Return whether the two-byte characters of a text are those of Chinese writing, not of chance."""
    pairs = re.findall(rb"[\x81-\xfe](?:[\x40-\x7e\x80-\xfe]|[0-9][\x81-\xfe][0-9])", text)
    return sum(pair[1] < 0x80 for pair in pairs if len(pair) == 2) <= MOST_SHORT * len(pairs)


def _refuse_damaged_utf8(path: Path, text: bytes) -> None:
    """Raise when a text is UTF-8 but for a few bytes, naming the first line that is not."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        good = sum(byte >= 0xC0 for byte in text)
        bad = text.decode("utf-8", "replace").count("\ufffd")
        if bad <= max(1, good // 20):
            line = text[: error.start].count(b"\n") + 1
            raise refused(
                path,
                f"is UTF-8 with damaged characters, the first in line {line} (byte {text[error.start]:#04x}); save it again",
                f"是 UTF-8 编码但有损坏的字符，首处在第 {line} 行（字节 {text[error.start]:#04x}），请重新保存",
            ) from error
