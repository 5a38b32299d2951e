"""A1111's API, asked by webuiapi, the Python client that people write scripts with, as it is."""

import base64
import contextlib
import io
import json
import threading
import time

import pytest
import webuiapi
from PIL import Image, ImageChops

import serving

SIDE = 128
QUICK = {"width": SIDE, "height": SIDE, "steps": 4, "cfg_scale": 4}


@pytest.fixture(scope="module")
def drawing():
    with serving.Diptych() as running:
        yield running


@pytest.fixture(scope="module")
def api(drawing):
    return webuiapi.WebUIApi(host="127.0.0.1", port=drawing.port)


@pytest.fixture(scope="module")
def apple(api):
    return api.txt2img(prompt="red apple", seed=7, **QUICK)


def differ(a, b):
    return ImageChops.difference(a.convert("RGB"), b.convert("RGB")).getbbox() is not None


def half_mask():
    """White on the right."""
    mask = Image.new("RGB", (SIDE, SIDE), "black")
    mask.paste("white", (SIDE // 2, 0, SIDE, SIDE))
    return mask


class Drawing(threading.Thread):
    """A drawing on its way; `answer` or `error` once it has ended."""

    def __init__(self, api, **fields):
        super().__init__()
        self.api, self.fields, self.answer, self.error = api, fields, None, None
        self.start()

    def run(self):
        try:
            self.answer = self.api.txt2img(**self.fields)
        except RuntimeError as error:
            self.error = error


def long_drawing(drawing, **more):
    return Drawing(webuiapi.WebUIApi(host="127.0.0.1", port=drawing.port), prompt="red apple", width=256, height=256, steps=150, **more)


def wait_for_step(api):
    seen = []
    def running():
        seen.append(api.get_progress())
        return seen[-1]["state"]["sampling_step"] > 0
    serving.wait_until(running, 120, "the drawing has begun")
    return seen[-1]


def test_a_picture_from_words(apple):
    assert apple.image.size == (SIDE, SIDE)
    assert apple.info["seed"] == 7 and apple.info["all_seeds"] == [7]
    assert apple.info["prompt"] == "red apple"
    assert apple.info["sampler_name"] == "Euler a"
    assert apple.parameters["steps"] == 4
    assert "warnings" not in apple.json


def test_the_same_seed_is_the_same_picture(api, apple):
    again = api.txt2img(prompt="red apple", seed=7, **QUICK)
    assert again.json["images"] == apple.json["images"]


def test_batches_have_a_seed_each(api):
    answer = api.txt2img(prompt="dog", seed=5, batch_size=2, n_iter=2, **QUICK)
    assert len(answer.images) == 4
    assert answer.info["all_seeds"] == [5, 6, 7, 8]
    alone = api.txt2img(prompt="dog", seed=7, **QUICK)
    assert not differ(alone.image, answer.images[2])


def test_a_second_pass(api):
    answer = api.txt2img(prompt="dog", seed=5, enable_hr=True, hr_scale=1.5, hr_second_pass_steps=2, hr_upscaler=webuiapi.HiResUpscaler.Latent,
                         denoising_strength=0.6, **QUICK)
    assert answer.image.size == (192, 192)
    assert "Hires upscaler: Latent" in answer.info["infotexts"][0]


def test_a_picture_from_a_picture(api, apple):
    answer = api.img2img(images=[apple.image], prompt="green apple", seed=3, denoising_strength=0.5, **QUICK)
    assert answer.image.size == (SIDE, SIDE)
    assert differ(answer.image, apple.image)
    assert answer.info["denoising_strength"] == 0.5
    assert answer.parameters["init_images"] is None


@pytest.mark.parametrize("fill", [0, 1, 2, 3])
@pytest.mark.parametrize("only_masked", [False, True])
def test_inpainting_keeps_what_is_not_masked(api, apple, fill, only_masked):
    answer = api.img2img(images=[apple.image], mask_image=half_mask(), prompt="dog", seed=3, denoising_strength=1, mask_blur=0,
                         inpainting_fill=fill, inpaint_full_res=only_masked, **QUICK)
    kept, drawn = (0, 0, SIDE // 2, SIDE), (SIDE // 2, 0, SIDE, SIDE)
    assert not differ(answer.image.crop(kept), apple.image.crop(kept))
    assert differ(answer.image.crop(drawn), apple.image.crop(drawn))


def test_an_inverted_mask_keeps_the_other_half(api, apple):
    answer = api.img2img(images=[apple.image], mask_image=half_mask(), prompt="dog", seed=3, denoising_strength=1, mask_blur=0,
                         inpainting_mask_invert=1, inpaint_full_res=False, **QUICK)
    kept = (SIDE // 2, 0, SIDE, SIDE)
    assert not differ(answer.image.crop(kept), apple.image.crop(kept))


def test_infotext_restores_the_picture(drawing, api):
    first = api.txt2img(prompt="a (red:1.2) apple", negative_prompt="bad", seed=11, sampler_name="DPM++ 2M", scheduler="Karras",
                        subseed=4, subseed_strength=0.3, **QUICK)
    read = api.png_info(first.image)
    assert read.info == first.info["infotexts"][0]
    parameters = read.parameters
    assert parameters["Prompt"] == "a (red:1.2) apple" and parameters["Negative prompt"] == "bad"
    assert (parameters["Seed"], parameters["Sampler"], parameters["Schedule type"]) == ("11", "DPM++ 2M", "Karras")
    assert (parameters["Size-1"], parameters["Size-2"]) == (str(SIDE), str(SIDE))
    answer = drawing.ask("POST", "/sdapi/v1/txt2img", {"infotext": read.info}, timeout=120)
    assert answer.status == 200, answer.body
    assert not differ(Image.open(io.BytesIO(base64.b64decode(answer.json()["images"][0]))), first.image)


def test_progress_shows_a_preview_and_ends_idle(drawing, api):
    running = long_drawing(drawing)
    try:
        progress = wait_for_step(api)
        assert 0 < progress["progress"] < 1
        assert progress["state"]["sampling_steps"] == 150 and progress["state"]["job_count"] == 1
        shown = []
        serving.wait_until(lambda: shown.append(api.get_progress()["current_image"]) or shown[-1], 60, "there is a preview")
        assert Image.open(io.BytesIO(base64.b64decode(shown[-1]))).width > 0
    finally:
        api.interrupt()
        running.join()
    api.util_wait_for_ready(check_interval=0.05)


def test_interrupt_ends_the_drawing_and_the_queue_goes_on(drawing, api):
    running = long_drawing(drawing)
    wait_for_step(api)
    asked = time.monotonic()
    assert api.interrupt() == {}
    running.join()
    assert time.monotonic() - asked < 30
    status, text = running.error.args
    assert status == 409 and json.loads(text)["error"] == "Cancelled"
    assert api.txt2img(prompt="dog", **QUICK).image.size == (SIDE, SIDE)
    assert api.interrupt() == {}  # nothing runs


def test_skip_goes_on_with_the_next_picture(drawing, api):
    running = long_drawing(drawing, n_iter=2, seed=20)
    wait_for_step(api)
    assert api.skip() is None
    serving.wait_until(lambda: api.get_progress()["state"]["job_no"] == 1, 60, "the second picture is drawn")
    api.interrupt()
    running.join()


def test_tasks_are_followed_by_name(drawing, api):
    answers = []
    body = {"prompt": "red apple", "width": 256, "height": 256, "steps": 150, "force_task_id": "task(abc)"}
    thread = threading.Thread(target=lambda: answers.append(drawing.ask("POST", "/sdapi/v1/txt2img", body, timeout=120)))
    thread.start()
    ask = lambda: drawing.ask("POST", "/internal/progress", {"id_task": "task(abc)", "id_live_preview": -1}).json()
    serving.wait_until(lambda: ask()["live_preview"], 60, "there is a preview")
    seen = ask()
    assert seen["active"] and not seen["completed"] and seen["live_preview"].startswith("data:image/")
    api.interrupt()
    thread.join()
    assert ask()["completed"]


def test_options_and_the_model(api):
    options = api.get_options()
    assert options["samples_format"] == "png"
    assert api.util_get_current_model() == options["sd_model_checkpoint"]
    assert api.util_get_model_names() == [options["sd_model_checkpoint"]]
    api.util_set_model("emoji")
    try:
        answer = api.set_options({"samples_format": "jpg", "CLIP_stop_at_last_layers": 2})
        assert {"samples_format": True} in answer["updated"]
        drawn = api.txt2img(prompt="dog", seed=1, **QUICK)
        assert drawn.image.format == "JPEG" and drawn.info["clip_skip"] == 2
        once = api.txt2img(prompt="dog", seed=1, override_settings={"samples_format": "webp"}, **QUICK)
        assert once.image.format == "WEBP"
        assert api.get_options()["samples_format"] == "jpg"
    finally:
        api.set_options(options)
    assert api.get_options() == options


def test_extras(api, apple):
    assert api.extra_single_image(image=apple.image, upscaler_1=webuiapi.Upscaler.Lanczos, upscaling_resize=1.5).image.size == (192, 192)
    batch = api.extra_batch_images(images=[apple.image, apple.image], upscaler_1="Nearest", upscaling_resize=2)
    assert [image.size for image in batch.images] == [(256, 256)] * 2
    with pytest.raises(RuntimeError) as refusal:
        api.extra_single_image(image=apple.image, upscaler_1=webuiapi.Upscaler.ESRGAN_4x)
    assert refusal.value.args[0] == 404


def test_everything_that_lists_answers(api):
    for name in ("cmd_flags", "samplers", "schedulers", "sd_vae", "upscalers", "latent_upscale_modes", "loras", "sd_models", "hypernetworks",
                 "face_restorers", "realesrgan_models", "prompt_styles", "scripts", "embeddings", "memory"):
        assert getattr(api, f"get_{name}")() is not None, name
    assert "Euler a" in api.util_get_sampler_names()
    assert "karras" in api.util_get_scheduler_names()
    assert api.get_memory()["ram"]["total"] > 0
    assert api.refresh_checkpoints() is None
    assert not (api.has_controlnet or api.has_adetailer or api.has_animatediff)


@pytest.mark.parametrize(("fields", "status", "word"), [
    ({"sampler_name": "Nobody"}, 404, "Nobody"),
    ({"steps": 0}, 422, "steps"),
    ({"restore_faces": True}, 422, "restore_faces"),
    ({"script_name": "X/Y/Z plot"}, 422, "X/Y/Z plot"),
    ({"controlnet_units": [webuiapi.ControlNetUnit(model="canny")], "alwayson_scripts": {}}, 422, "ControlNet"),
    ({"adetailer": [webuiapi.ADetailer(ad_model="face")], "alwayson_scripts": {}}, 422, "ADetailer"),
])
def test_what_cannot_be_done_is_refused_by_name(api, fields, status, word):
    with pytest.raises(RuntimeError) as refusal:
        api.txt2img(prompt="dog", **(QUICK | fields))
    assert refusal.value.args[0] == status
    assert word in refusal.value.args[1]


def test_interrogate_is_refused_by_name(api, apple):
    with pytest.raises(RuntimeError) as refusal:
        api.interrogate(apple.image)
    assert refusal.value.args[0] == 501 and "interrogate" in refusal.value.args[1]


def test_what_is_not_known_is_told(drawing):
    answer = drawing.ask("POST", "/sdapi/v1/txt2img", {"prompt": "dog", "hdr_mode": 1} | QUICK, timeout=120)
    assert answer.status == 200 and answer.headers["x-diptych-warnings"] == "1"
    assert json.loads(answer.json()["info"])["warnings"][0]["param"] == "hdr_mode"


def test_a_key_is_a_password(tmp_path):
    added = serving.run_cli("keys", "add", "painter", "--scope", "inference", "--data-dir", str(tmp_path), "--json")
    secret = json.loads(added.stdout)["secret"]
    with serving.Diptych("--require-key", data_dir=tmp_path) as keyed:
        api = webuiapi.WebUIApi(host="127.0.0.1", port=keyed.port, username="anyone", password=secret)
        assert api.txt2img(prompt="dog", **QUICK).image.size == (SIDE, SIDE)
        stranger = webuiapi.WebUIApi(host="127.0.0.1", port=keyed.port, username="anyone", password="sk-wrong")
        with pytest.raises(RuntimeError) as refusal:
            stranger.txt2img(prompt="dog", **QUICK)
        assert refusal.value.args[0] == 401


def test_one_callers_interrupt_leaves_anothers_drawing(tmp_path):
    secrets = {}
    for name in ("a", "b"):
        added = serving.run_cli("keys", "add", name, "--scope", "inference", "--data-dir", str(tmp_path), "--json")
        secrets[name] = json.loads(added.stdout)["secret"]
    with serving.Diptych("--require-key", data_dir=tmp_path) as keyed:
        client = {name: webuiapi.WebUIApi(host="127.0.0.1", port=keyed.port, username=name, password=secret) for name, secret in secrets.items()}
        running = Drawing(client["a"], prompt="dog", width=128, height=128, steps=60)
        with contextlib.suppress(AssertionError):
            wait_for_step(client["a"])
        assert client["b"].get_progress()["state"]["job_count"] == 0
        assert client["b"].interrupt() == {}
        running.join()
        assert running.error is None and running.answer.image.size == (SIDE, SIDE)
