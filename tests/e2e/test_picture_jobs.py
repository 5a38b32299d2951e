"""Pictures through the queue of a real server: the same files as diptych draw, also across kill -9."""

import time

import pytest

import serving

MODEL = serving.ROOT / "models/diptych-emoji"
pytestmark = pytest.mark.skipif(not MODEL.exists(), reason=f"{MODEL} is missing")

QUICK = {"prompt": "a red apple", "width": 64, "height": 64, "steps": 3, "seed": 7}
# Long enough to be interrupted, with a solver that draws noise along a Brownian path.
LONG = {"prompt": "a green heart", "width": 128, "height": 128, "steps": 60, "seed": 11, "batch_count": 3,
        "sampler": "DPM++ 2M SDE", "schedule": "Karras"}


@pytest.fixture(scope="module")
def server():
    with serving.Diptych() as running:
        yield running


def submit(server, picture):
    answer = server.ask("POST", "/api/v1/jobs", {"picture": picture})
    assert answer.status == 202, answer.body
    return answer.json()["id"]


def state_of(server, job):
    return server.ask("GET", f"/api/v1/jobs/{job}").json()


def ended(server, job, seconds=120):
    serving.wait_until(lambda: state_of(server, job)["state"] not in ("queued", "running"), seconds, f"{job} ends")
    return state_of(server, job)


def files_of(server, job, seconds=120):
    told = ended(server, job, seconds)
    assert told["state"] == "succeeded", told
    return [server.ask("GET", output["path"]).body for output in told["outputs"]]


def wait_for_picture(server, job, fraction):
    serving.wait_until(lambda: state_of(server, job)["progress"]["fraction"] >= fraction, 120, f"{job} is at {fraction}")


def test_a_file_is_what_draw_writes(server, tmp_path):
    [file] = files_of(server, submit(server, QUICK))
    drawn = serving.run_cli("draw", QUICK["prompt"], "--size", "64x64", "--steps", "3", "--seed", "7",
                            "-o", str(tmp_path / "a.png"), timeout=120)
    assert drawn.returncode == 0, drawn.stderr
    assert file == (tmp_path / "a.png").read_bytes()


def test_after_a_kill_a_picture_goes_on_and_comes_out_the_same(server, tmp_path):
    whole = files_of(server, submit(server, LONG))
    flags = ("--picture-checkpoint-interval", "100ms", "--log-level", "info")
    for fraction in (0.05, 0.5, 0.9):
        data = tmp_path / str(fraction)
        with serving.Diptych(*flags, data_dir=data) as first:
            job = submit(first, LONG)
            wait_for_picture(first, job, fraction)
            first.kill()
        with serving.Diptych(*flags, data_dir=data) as second:
            assert files_of(second, job) == whole, fraction
            assert f"job {job} goes on at picture" in second.log
            told = state_of(second, job)
            assert [output["metadata"]["seed"] for output in told["outputs"]] == [11, 12, 13]


def test_a_cancelled_picture_stops_and_the_next_one_is_drawn(server):
    job, after = submit(server, LONG), submit(server, QUICK)
    wait_for_picture(server, job, 0.05)
    begin = time.monotonic()
    assert server.ask("POST", f"/api/v1/jobs/{job}/cancel").status == 200
    assert ended(server, job)["state"] == "cancelled"
    assert time.monotonic() - begin < 5
    assert len(files_of(server, after)) == 1


def test_a_skipped_picture_is_left_out_and_told(server):
    job = submit(server, LONG)
    wait_for_picture(server, job, 0.05)
    assert server.ask("POST", f"/api/v1/jobs/{job}/skip").status == 200
    told = ended(server, job)
    assert told["state"] == "succeeded" and len(told["outputs"]) == 2
    assert any("skipped" in warning["message"] for warning in told["warnings"])


def test_what_the_model_cannot_draw_is_refused_before_it_is_queued(server):
    for picture, told in (({**QUICK, "model": "nowhere"}, "nowhere"), ({**QUICK, "sampler": "Ouija"}, "Ouija")):
        answer = server.ask("POST", "/api/v1/jobs", {"picture": picture})
        assert answer.status in (400, 404, 422) and told in answer.body.decode()
