import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { baseURL, chat, client, respond } from "./support.mjs";

const bad = [
  ["temperature", { temperature: 9 }],
  ["top_logprobs", { top_logprobs: 3 }],
  ["frobnicate", { frobnicate: 7 }],
  ["n", { n: 0 }],
  ["messages", { messages: [] }],
  ["stop", { stop: ["a", "b", "c", "d", "e"] }],
  ["audio", { audio: { voice: "alloy", format: "wav" } }],
  ["tool_choice", { tool_choice: "required" }],
];
for (const [param, fields] of bad) {
  test(`${param}: a bad value is a BadRequestError that names it`, async () => {
    await assert.rejects(chat("Hi", fields), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.type, "invalid_request_error");
      assert.equal(error.param, param);
      assert.ok(error.requestID);
      return true;
    });
  });
}

test("an unknown model is a NotFoundError", async () => {
  await assert.rejects(chat("Hi", { model: "gpt-99" }), OpenAI.NotFoundError);
  await assert.rejects(respond("Hi", { model: "gpt-99" }), OpenAI.NotFoundError);
  await assert.rejects(client.models.retrieve("gpt-99"), OpenAI.NotFoundError);
});

test("invalid JSON is the caller's fault", async () => {
  const answer = await fetch(`${baseURL}/chat/completions`, {
    method: "POST", body: "{", headers: { "content-type": "application/json" },
  });
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).error.type, "invalid_request_error");
});
