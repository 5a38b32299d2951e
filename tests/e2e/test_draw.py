"""diptych draw, end to end with the default picture model: files, settings, errors, Ctrl-C."""

import json
import pathlib
import signal
import struct
import subprocess
import time
import zlib

import pytest

import serving

MODEL = serving.ROOT / "models/diptych-emoji"
QUICK = ("--size", "64x64", "--steps", "3", "--seed", "7")

pytestmark = pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is missing")


def draw(output, *arguments, prompt="a red apple", timeout=120):
    return serving.run_cli("draw", prompt, "-o", str(output), *arguments, timeout=timeout)


def drawn(output, *arguments, **options):
    result = draw(output, *QUICK, *arguments, **options)
    assert result.returncode == 0, result.stderr
    return output.read_bytes()


def png_chunks(data):
    """[(type, body)], every checksum checked."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = [], 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at:at + 4])
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size:at + 12 + size]) == (zlib.crc32(kind + body),)
        chunks.append((kind, body))
        at += 12 + size
    assert chunks[0][0] == b"IHDR" and chunks[-1][0] == b"IEND"
    return chunks


def size_of(data):
    return struct.unpack(">II", dict(png_chunks(data))[b"IHDR"][:8])


def infotext_of(data):
    for kind, body in png_chunks(data):
        keyword, _, text = body.partition(b"\0")
        if kind == b"tEXt" and keyword == b"parameters":
            return text.decode("latin-1")
    raise AssertionError("no parameters in the file")


def rows_of(data):
    """The pixels of an 8-bit RGB picture, row by row."""
    chunks = png_chunks(data)
    header = chunks[0][1]
    width, height = struct.unpack(">II", header[:8])
    assert header[8:] == b"\x08\x02\0\0\0", "8-bit RGB without interlacing"
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    rows, stride, above = [], 3 * width, bytes(3 * width)
    for y in range(height):
        method, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            left, upper_left = (line[x - 3], above[x - 3]) if x >= 3 else (0, 0)
            line[x] = (line[x] + predicted(method, left, above[x], upper_left)) & 255
        above = bytes(line)
        rows.append(above)
    return rows


def predicted(method, left, up, upper_left):
    if method == 4:
        near = left + up - upper_left
        return min((left, up, upper_left), key=lambda value: abs(near - value))
    return (0, left, up, (left + up) // 2)[method]


def write_png(path, width, height, channels, pixel):
    """pixel(x, y) → bytes, one for each channel."""
    raw = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))
    colour = {1: 0, 3: 2}[channels]

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))
    return path


def test_png_with_its_parameters(tmp_path):
    data = drawn(tmp_path / "apple.png", "--negative", "blurry", "--sampler", "Euler a", "--schedule", "Karras",
                 "--cfg", "4.5")
    assert size_of(data) == (64, 64)
    prompt, negative, parameters = infotext_of(data).split("\n")
    assert prompt == "a red apple" and negative == "Negative prompt: blurry"
    settings = dict(entry.split(": ", 1) for entry in parameters.split(", "))
    assert settings["Steps"] == "3" and settings["Seed"] == "7" and settings["Size"] == "64x64"
    assert settings["Sampler"] == "Euler a" and settings["Schedule type"] == "Karras" and settings["CFG scale"] == "4.5"
    assert settings["Model"] == "diptych-emoji"


@pytest.mark.parametrize("name, begin", [("a.jpg", b"\xff\xd8\xff"), ("a.jpeg", b"\xff\xd8\xff"), ("a.webp", b"RIFF")])
def test_other_formats(tmp_path, name, begin):
    data = drawn(tmp_path / name)
    assert data.startswith(begin)
    # EXIF's user comment: UTF-16 in either order, or plain text.
    assert any("Steps: 3".encode(code) in data for code in ("utf-8", "utf-16-le", "utf-16-be"))


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first = drawn(tmp_path / "1.png")
    assert drawn(tmp_path / "2.png") == first
    other = draw(tmp_path / "3.png", *QUICK[:-1], "8")
    assert other.returncode == 0 and rows_of((tmp_path / "3.png").read_bytes()) != rows_of(first)


def test_json_tells_every_picture(tmp_path):
    result = draw(tmp_path / "a.png", *QUICK, "--count", "2", "--json")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert [picture["seed"] for picture in report["pictures"]] == [7, 8]
    files = [pathlib.Path(picture["file"]) for picture in report["pictures"]]
    assert files == [tmp_path / "a.png", tmp_path / "a-2.png"]
    for picture, file in zip(report["pictures"], files):
        assert (picture["width"], picture["height"]) == size_of(file.read_bytes())
        assert picture["infotext"] == infotext_of(file.read_bytes())
    assert report["warnings"] == [] and report["seconds"] > 0


def test_a_network_that_is_not_applied_is_told(tmp_path):
    result = draw(tmp_path / "a.png", *QUICK, "--json", prompt="a red apple <lora:shiny:1>")
    assert any("shiny" in warning["message"] for warning in json.loads(result.stdout)["warnings"])


@pytest.mark.parametrize("flags, told", [
    (("--size", "64"), "size"),
    (("--size", "65x64"), "width"),
    (("--size", "64x99999"), "height"),
    (("--steps", "0"), "steps"),
    (("--steps", "many"), "--steps"),
    (("--cfg", "-3"), "cfg_scale"),
    (("--sampler", "Magic"), "Magic"),
    (("--schedule", "Magic"), "Magic"),
    (("--clip-skip", "99"), "clip_skip"),
    (("--count", "0"), "--count"),
    (("--precision", "f4"), "precision"),
    (("--device", "abacus"), "abacus"),
    (("--model", "no-such-model"), "no-such-model"),
    (("--mask", "m.png"), "--init"),
    (("--init", "/none.png"), "/none.png"),
    (("--loud",), "--loud"),
])
def test_errors_name_what_is_wrong(tmp_path, flags, told):
    result = draw(tmp_path / "a.png", *flags)
    assert result.returncode in (1, 2) and told in result.stderr
    assert list(tmp_path.iterdir()) == []
    as_json = draw(tmp_path / "a.png", *flags, "--json")
    assert as_json.returncode == result.returncode and told in json.loads(as_json.stdout)["error"]["message"]


def test_an_ending_that_is_no_format_is_refused(tmp_path):
    result = draw(tmp_path / "a.bmp")
    assert result.returncode == 1 and "a.bmp" in result.stderr and ".png" in result.stderr


def test_an_existing_file_is_kept_unless_forced(tmp_path):
    file = tmp_path / "a.png"
    file.write_text("precious")
    result = draw(file, *QUICK)
    assert result.returncode == 1 and "--force" in result.stderr and file.read_text() == "precious"
    assert size_of(drawn(file, "--force")) == (64, 64)


def test_a_folder_that_is_missing_is_told(tmp_path):
    result = draw(tmp_path / "none/a.png", *QUICK)
    assert result.returncode == 1 and "none" in result.stderr


def test_init_and_mask(tmp_path):
    init = write_png(tmp_path / "init.png", 64, 64, 3, lambda x, y: bytes((3 * x, 2 * y, 90)))
    mask = write_png(tmp_path / "mask.png", 64, 64, 1, lambda x, y: b"\xff" if 24 <= x < 40 and 24 <= y < 40 else b"\0")
    masked = rows_of(drawn(tmp_path / "masked.png", "--init", str(init), "--mask", str(mask), "--strength", "0.9"))
    original = rows_of(init.read_bytes())
    assert masked != original
    for y, (row, kept) in enumerate(zip(masked, original)):
        if y < 12 or y >= 52:  # the mask's blur ends before
            assert row == kept
        assert row[:36] == kept[:36] and row[-36:] == kept[-36:]
    data = drawn(tmp_path / "whole.png", "--init", str(init), "--strength", "0.9")
    assert rows_of(data)[0] != original[0] and "Denoising strength: 0.9" in infotext_of(data)


def test_without_a_size_the_picture_is_as_large_as_its_init(tmp_path):
    init = write_png(tmp_path / "init.png", 100, 70, 3, lambda x, y: bytes((2 * x, 3 * y, 90)))
    result = draw(tmp_path / "a.png", "--steps", "2", "--seed", "7", "--init", str(init))
    assert result.returncode == 0, result.stderr
    assert size_of((tmp_path / "a.png").read_bytes()) == (104, 72)


def test_an_init_picture_that_is_none_is_told(tmp_path):
    (tmp_path / "bad.png").write_text("no picture")
    result = draw(tmp_path / "a.png", *QUICK, "--init", str(tmp_path / "bad.png"))
    assert result.returncode == 1 and "bad.png" in result.stderr


@pytest.mark.parametrize("seconds", [0.05, 0.4, 1.5])
def test_ctrl_c_ends_within_two_seconds(tmp_path, seconds):
    command = [serving.binary(), "draw", "a red apple", "-o", str(tmp_path / "a.png"), "--size", "512x512", "--steps", "500"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        process.communicate(timeout=60)
    assert time.monotonic() - begin < 2
    assert process.returncode not in (0, None)
    assert list(tmp_path.iterdir()) == []


def test_samplers_are_listed():
    result = serving.run_cli("samplers", "--json")
    assert result.returncode == 0, result.stderr
    listed = json.loads(result.stdout)
    assert len(listed["samplers"]) >= 20 and len(listed["schedules"]) >= 12
    for row in listed["samplers"]:
        assert row["name"] and row["doc"] and row["evaluations_per_step"] >= 1
        assert row["schedule"] in [schedule["name"] for schedule in listed["schedules"]]
    assert "DPM++ 2M" in serving.run_cli("samplers").stdout


def test_what_is_listed_can_be_drawn(tmp_path):
    for name in ("Heun", "k_euler_a", "UniPCMultistepScheduler", "DPM++ 2M Karras"):
        drawn(tmp_path / "a.png", "--force", "--sampler", name)


def test_converted_there_and_back_it_draws_the_same(tmp_path):
    file, folder = tmp_path / "one.safetensors", tmp_path / "again"
    for source, target in ((MODEL, file), (file, folder)):
        result = serving.run_cli("convert", str(source), str(target), timeout=120)
        assert result.returncode == 0, result.stderr
    settings = ("--sampler", "Euler", "--schedule", "Karras", "--cfg", "4")
    first = rows_of(drawn(tmp_path / "1.png", *settings))
    for model, name in ((file, "2.png"), (folder, "3.png")):
        assert rows_of(drawn(tmp_path / name, *settings, "--model", str(model))) == first
