import assert from "node:assert/strict";
import { test } from "node:test";
import { toFile } from "openai";
import { client, collect, model } from "./support.mjs";

const quick = { prompt: "a red apple", size: "64x64", seed: 7, steps: 3 };

function isPng(base64) {
  return Buffer.from(base64, "base64").subarray(1, 4).toString() === "PNG";
}

test("pictures are drawn, and the same seed draws the same one", async () => {
  const first = await client.images.generate(quick);
  assert.ok(isPng(first.data[0].b64_json));
  assert.equal((await client.images.generate(quick)).data[0].b64_json, first.data[0].b64_json);
});

test("a stream ends with the picture", async () => {
  const events = await collect(await client.images.generate({ ...quick, stream: true, partial_images: 1, steps: 8 }));
  assert.equal(events.at(-1).type, "image_generation.completed");
  assert.ok(isPng(events.at(-1).b64_json));
});

test("a picture can be edited", async () => {
  const drawn = await client.images.generate(quick);
  const image = await toFile(Buffer.from(drawn.data[0].b64_json, "base64"), "apple.png", { type: "image/png" });
  const edited = await client.images.edit({ ...quick, image, prompt: "a green apple" });
  assert.ok(isPng(edited.data[0].b64_json));
  assert.notEqual(edited.data[0].b64_json, drawn.data[0].b64_json);
});

test("a response carries a picture", async () => {
  const response = await client.responses.create({
    model, input: "a red apple", tools: [{ type: "image_generation", size: "64x64", steps: 3 }],
    tool_choice: { type: "image_generation" },
  });
  assert.equal(response.output[0].type, "image_generation_call");
  assert.ok(isPng(response.output[0].result));
});
