#!/usr/bin/env python3
"""Makes tests/data/pictures: small picture files as other programs write them, and what Pillow and OpenCV make of pictures.

Needs Pillow 13.0.0, piexif 1.1.3, numpy and opencv-python-headless 5.0.0. The same versions give the same files.
"""

import argparse
import io
import json
import pathlib

import cv2
import numpy
import piexif
import piexif.helper
import PIL
from PIL import Image, ImageFilter, ImageOps, PngImagePlugin

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FILTERS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR,
           "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}


def noise(width, height, channels, seed=1):
    """Smooth enough for JPEG, rough enough to tell filters apart."""
    rng = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    planes = [127 + 80 * numpy.sin(x / (2 + c) + c) * numpy.cos(y / (3 - c / 2)) for c in range(channels)]
    values = numpy.stack(planes, axis=-1) + rng.uniform(-40, 40, (height, width, channels))
    return numpy.clip(values, 0, 255).astype(numpy.uint8)


def described(image):
    array = numpy.asarray(image)
    channels = 1 if array.ndim == 2 else array.shape[2]
    return {"width": image.width, "height": image.height, "channels": channels, "pixels": array.tobytes().hex()}


def comment(text):
    return piexif.dump({"Exif": {piexif.ExifIFD.UserComment: piexif.helper.UserComment.dump(text, encoding="unicode")}})


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png_text(text):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", text)
    return info


def files():
    """Yields name, bytes, the upright picture expected."""
    rgb = Image.fromarray(noise(9, 6, 3))
    rgba = Image.fromarray(noise(9, 6, 4))
    grey = Image.fromarray(noise(9, 6, 1)[:, :, 0])
    grey_alpha = Image.merge("LA", (grey, rgba.getchannel("A")))
    palette = rgb.quantize(7)
    clear = palette.copy()
    yield "rgb.png", saved(rgb, "PNG", pnginfo=png_text("café, a\nSteps: 1")), rgb
    yield "rgba.png", saved(rgba, "PNG", pnginfo=png_text("日")), rgba
    yield "grey.png", saved(grey, "PNG"), grey
    yield "grey_alpha.png", saved(grey_alpha, "PNG"), grey_alpha.convert("RGBA")
    yield "palette.png", saved(palette, "PNG"), palette.convert("RGB")
    yield "palette_clear.png", saved(clear, "PNG", transparency=2), Image.open(
        io.BytesIO(saved(clear, "PNG", transparency=2))).convert("RGBA")
    yield "one_bit.png", saved(grey.convert("1"), "PNG"), grey.convert("1").convert("L")
    deep = Image.fromarray(noise(9, 6, 1)[:, :, 0].astype(numpy.uint16) * 257)
    yield "sixteen_bit.png", saved(deep, "PNG"), grey
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "packed é", zip=True)
    info.add_itxt("other", "packed 日", zip=True)
    yield "packed_text.png", saved(grey, "PNG", pnginfo=info), grey

    jpeg = saved(rgb, "JPEG", quality=90, exif=comment("aé日"))
    yield "rgb.jpg", jpeg, Image.open(io.BytesIO(jpeg))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        bytes_ = saved(rgb, "JPEG", quality=90, subsampling=0, exif=exif)
        yield f"orientation_{orientation}.jpg", bytes_, ImageOps.exif_transpose(Image.open(io.BytesIO(bytes_)))
    for name, image, options in [("grey.jpg", grey, {}), ("progressive.jpg", rgb, {"progressive": True}),
                                 ("cmyk.jpg", rgb.convert("CMYK"), {})]:
        bytes_ = saved(image, "JPEG", quality=90, **options)
        opened = Image.open(io.BytesIO(bytes_))
        yield name, bytes_, opened.convert("RGB") if opened.mode == "CMYK" else opened

    for name, image, options in [("lossy.webp", rgb, {"exif": comment("aé日")}), ("lossless.webp", rgb, {"lossless": True}),
                                 ("alpha.webp", rgba, {"lossless": True, "exact": True})]:
        bytes_ = saved(image, "WEBP", **options)
        yield name, bytes_, Image.open(io.BytesIO(bytes_))
    frames = [Image.new("RGB", (4, 4), (c, c, c)) for c in (0, 200)]
    yield "animation.webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]), None


def resized():
    source = Image.fromarray(noise(13, 9, 4))
    rows = []
    for mode in ("RGB", "RGBA", "L"):
        image = source.convert(mode)
        for name, value in FILTERS.items():
            for width, height in [(5, 4), (29, 17), (13, 20), (3, 9), (1, 1)]:
                rows.append({"mode": mode, "filter": name, **described(image.resize((width, height), value))})
    return {"sources": {mode: described(source.convert(mode)) for mode in ("RGB", "RGBA", "L")}, "rows": rows}


def resized_planes():
    """One plane of floats: OpenCV's filters are torch's without antialias, Pillow's those with it."""
    source = numpy.random.default_rng(3).standard_normal((9, 13)).astype(numpy.float32)
    plain = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
    rows = []
    for width, height in [(26, 18), (5, 4), (17, 9), (7, 20)]:
        for name, value in plain.items():
            out = cv2.resize(source, (width, height), interpolation=value)
            rows.append({"filter": name, "antialias": False, "width": width, "height": height, "values": out.ravel().tolist()})
        for name in ("bilinear", "bicubic"):
            out = numpy.asarray(Image.fromarray(source).resize((width, height), FILTERS[name]))
            rows.append({"filter": name, "antialias": True, "width": width, "height": height, "values": out.ravel().tolist()})
    return {"width": 13, "height": 9, "values": source.ravel().tolist(), "rows": rows}


def mask_of(width, height):
    mask = numpy.zeros((height, width), numpy.uint8)
    mask[4:11, 6:15] = 255
    mask[12, 3] = 90
    return mask


def blurred():
    mask = mask_of(24, 18)
    rows = []
    for radius_x, radius_y in [(4, 4), (1, 0), (0, 2.5), (10, 3)]:
        out = mask
        if radius_x > 0:
            out = cv2.GaussianBlur(out, (2 * int(2.5 * radius_x + 0.5) + 1, 1), radius_x)
        if radius_y > 0:
            out = cv2.GaussianBlur(out, (1, 2 * int(2.5 * radius_y + 0.5) + 1), radius_y)
        rows.append({"x": radius_x, "y": radius_y, **described(Image.fromarray(out))})
    image = Image.fromarray(noise(24, 18, 4))
    boxes = [{"radius": radius, **described(image.filter(ImageFilter.GaussianBlur(radius)))} for radius in (0.5, 2, 4, 16, 64)]
    return {"mask": described(Image.fromarray(mask)), "rows": rows, "image": described(image), "pillow": boxes}


def filled():
    """Masked regions get the colours around them: blurs of falling radius, laid over each other."""
    image, mask = Image.fromarray(noise(24, 18, 3)), Image.fromarray(mask_of(24, 18))
    layers = Image.new("RGBA", image.size)
    known = Image.new("RGBa", image.size)
    known.paste(image.convert("RGBA").convert("RGBa"), mask=ImageOps.invert(mask))
    for radius, times in [(256, 1), (64, 1), (16, 2), (4, 4), (2, 2), (0, 1)]:
        layer = known.filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")
        for _ in range(times):
            layers.alpha_composite(layer)
    return {"image": described(image), "mask": described(mask), "filled": described(layers.convert("RGB"))}


def fit(image, width, height, mode):
    """A1111's resize modes 1 (crop) and 2 (fill), the last strip of mode 2 without a gap at odd sizes."""
    covers = (width / height > image.width / image.height) == (mode == 1)
    new_width = width if covers else max(1, image.width * height // image.height)
    new_height = max(1, image.height * width // image.width) if covers else height
    resized = image.resize((new_width, new_height), Image.Resampling.LANCZOS)
    result = Image.new("RGB", (width, height))
    x, y = width // 2 - new_width // 2, height // 2 - new_height // 2
    result.paste(resized, (x, y))
    if mode == 2 and height > new_height:
        below = height - y - new_height
        if y > 0:
            result.paste(resized.resize((width, y), box=(0, 0, width, 0)), (0, 0))
        result.paste(resized.resize((width, below), box=(0, new_height, width, new_height)), (0, y + new_height))
    elif mode == 2 and width > new_width:
        right = width - x - new_width
        if x > 0:
            result.paste(resized.resize((x, height), box=(0, 0, 0, height)), (0, 0))
        result.paste(resized.resize((right, height), box=(new_width, 0, new_width, height)), (x + new_width, 0))
    return result


def fitted():
    image = Image.fromarray(noise(24, 18, 3))
    rows = [{"mode": mode, **described(fit(image, width, height, mode))}
            for mode in (1, 2) for width, height in [(20, 10), (10, 20), (13, 9), (41, 9), (12, 9), (9, 31)]]
    return {"image": described(image), "rows": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tests" / "data" / "pictures")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, content, picture in files():
        (folder / name).write_bytes(content)
        if picture is not None:
            expected[name] = described(picture)
    versions = {"Pillow": PIL.__version__, "piexif": piexif.VERSION, "OpenCV": cv2.__version__}
    for name, value in [("decoded", expected), ("resized", resized()), ("resized_planes", resized_planes()),
                        ("blurred", blurred()), ("filled", filled()), ("fitted", fitted())]:
        (folder / f"{name}.json").write_text(json.dumps({"versions": versions, **value}) + "\n")


if __name__ == "__main__":
    main()
