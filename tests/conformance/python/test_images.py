"""client.images and the tool image_generation, with the default picture model."""

import base64
import io
import struct
import urllib.request
import zlib

import openai
import pytest

import serving

MODEL = serving.ROOT / "models/diptych-emoji"
pytestmark = pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is missing")

QUICK = {"size": "64x64", "extra_body": {"seed": 7, "steps": 3}}


def picture_bytes(picture):
    return base64.b64decode(picture.b64_json)


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def png(width, height, alpha=None):
    """A grey PNG; with alpha(x, y) → 0 … 255, RGBA."""
    rows = b""
    for y in range(height):
        rows += b"\0"
        for x in range(width):
            rows += b"\x80\x80\x80" + (b"" if alpha is None else bytes([alpha(x, y)]))
    chunk = lambda kind, body: struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))  # noqa: E731
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if alpha is None else 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_generate_answers_pictures_in_base64(client):
    images = client.images.generate(prompt="a red apple", n=2, **QUICK)
    assert len(images.data) == 2 and images.size == "64x64" and images.output_format == "png"
    assert [png_size(picture_bytes(each)) for each in images.data] == [(64, 64)] * 2
    assert images.usage.output_tokens == 2 * 64 * 64 // 256


def test_the_same_seed_draws_the_same_picture(client):
    first, second = (client.images.generate(prompt="a red apple", **QUICK).data[0].b64_json for _ in range(2))
    assert first == second


def test_a_url_can_be_fetched_without_a_key(client):
    (picture,) = client.images.generate(prompt="a red apple", response_format="url", **QUICK).data
    with urllib.request.urlopen(picture.url) as answer:
        assert png_size(answer.read()) == (64, 64)


@pytest.mark.parametrize("output_format, magic", [("jpeg", b"\xff\xd8\xff"), ("webp", b"RIFF")])
def test_other_formats(client, output_format, magic):
    images = client.images.generate(prompt="a red apple", output_format=output_format, output_compression=80, **QUICK)
    assert picture_bytes(images.data[0]).startswith(magic)


def test_a_stream_ends_with_the_picture(client):
    events = list(client.images.generate(prompt="a red apple", stream=True, partial_images=2, size="64x64",
                                         extra_body={"seed": 7, "steps": 12}))
    *partial, last = events
    assert last.type == "image_generation.completed" and png_size(base64.b64decode(last.b64_json)) == (64, 64)
    assert len(partial) <= 2
    assert [(each.type, each.partial_image_index) for each in partial] == [
        ("image_generation.partial_image", index) for index in range(len(partial))]


def test_edit_with_a_mask(client):
    image = ("image.png", io.BytesIO(png(64, 64)), "image/png")
    mask = ("mask.png", io.BytesIO(png(64, 64, alpha=lambda x, y: 0 if x < 32 else 255)), "image/png")
    images = client.images.edit(image=image, mask=mask, prompt="a red apple", **QUICK)
    assert png_size(picture_bytes(images.data[0])) == (64, 64)


def test_edit_as_a_stream(client):
    image = ("image.png", io.BytesIO(png(64, 64)), "image/png")
    *_, last = client.images.edit(image=[image], prompt="a red apple", stream=True, **QUICK)
    assert last.type == "image_edit.completed"


def test_two_pictures_to_edit_are_refused(client):
    image = ("image.png", png(64, 64), "image/png")
    with pytest.raises(openai.BadRequestError, match="one picture at a time"):
        client.images.edit(image=[image, image], prompt="a red apple")


def test_variations(client):
    image = ("image.png", io.BytesIO(png(64, 64)), "image/png")
    images = client.images.create_variation(image=image, n=1, extra_body={"seed": 7, "steps": 3})
    assert png_size(picture_bytes(images.data[0])) == (128, 128)


def test_errors_name_the_field(client):
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="a red apple", size="100x99")
    assert refused.value.param == "size"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.images.generate(prompt="a red apple", model="dall-e-3")
    assert unknown.value.code == "model_not_found"


def test_outputs_are_files(client):
    client.images.generate(prompt="a green pear", **QUICK)
    newest = next(iter(client.files.list(limit=1)))
    assert newest.id.startswith("file-") and newest.purpose == "assistants_output"
    assert client.files.retrieve(newest.id).bytes == newest.bytes
    assert png_size(client.files.content(newest.id).read()) == (64, 64)
    assert client.files.delete(newest.id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(newest.id)


TOOL = {"type": "image_generation", "size": "64x64", "seed": 7, "steps": 3}


def test_a_response_carries_a_picture(client, model):
    response = client.responses.create(model=model, input="a red apple", tools=[TOOL],
                                       tool_choice={"type": "image_generation"})
    (call,) = response.output
    assert call.type == "image_generation_call" and call.status == "completed"
    assert png_size(base64.b64decode(call.result)) == (64, 64)
    then = client.responses.create(model=model, input="What did you draw?", previous_response_id=response.id,
                                   max_output_tokens=16)
    assert then.status in ("completed", "incomplete") and then.output_text


def test_a_streamed_response_tells_the_documented_events(client, model):
    with client.responses.stream(model=model, input="a red apple", tools=[TOOL | {"partial_images": 1, "steps": 8}],
                                 tool_choice={"type": "image_generation"}) as stream:
        types = [event.type for event in stream]
    names = [name for name in types if name != "response.image_generation_call.partial_image"]
    assert names == ["response.created", "response.in_progress", "response.output_item.added",
                     "response.image_generation_call.in_progress", "response.image_generation_call.generating",
                     "response.image_generation_call.completed", "response.output_item.done", "response.completed"]
