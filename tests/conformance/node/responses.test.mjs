import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI from "openai";
import { capital, client, collect, model, respond, story } from "./support.mjs";

test("a response answers and is stored", async () => {
  const response = await respond(capital);
  assert.equal(response.status, "completed");
  assert.match(response.output_text, /Paris/);
  assert.equal((await client.responses.retrieve(response.id)).output_text, response.output_text);
  await client.responses.delete(response.id);
  await assert.rejects(client.responses.retrieve(response.id), OpenAI.NotFoundError);
});

test("events are numbered without gaps and end with the response", async () => {
  const events = await collect(await respond(capital, { stream: true }));
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, index) => index));
  assert.equal(events[0].type, "response.created");
  assert.equal(events.at(-1).type, "response.completed");
  const text = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join("");
  const plain = await respond(capital);
  assert.equal(text, plain.output_text);
});

test("the stream helper works", async () => {
  const stream = client.responses.stream({ model, input: capital, temperature: 0, max_output_tokens: 32 });
  let text = "";
  stream.on("response.output_text.delta", (event) => (text += event.delta));
  const final = await stream.finalResponse();
  assert.equal(final.output_text, text);
  assert.match(text, /Paris/);
});

test("a cut answer is incomplete", async () => {
  const response = await respond(story, { max_output_tokens: 16 });
  assert.equal(response.status, "incomplete");
  assert.equal(response.incomplete_details.reason, "max_output_tokens");
});

test("a conversation goes on by previous_response_id", async () => {
  const first = await respond("My name is Ada. Remember it.");
  const second = await respond("What is my name?", { previous_response_id: first.id });
  assert.equal(second.previous_response_id, first.id);
  assert.ok(second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens);
  const items = await collect(client.responses.inputItems.list(second.id, { order: "asc" }));
  assert.deepEqual(items.map((item) => item.role), ["user", "assistant", "user"]);
});

test("a background response is finished, resumed and cancelled", async () => {
  let response = await respond(capital, { background: true });
  while (["queued", "in_progress"].includes(response.status)) {
    await sleep(50);
    response = await client.responses.retrieve(response.id);
  }
  assert.match(response.output_text, /Paris/);

  const seen = [];
  for await (const event of await respond(story, { background: true, stream: true, max_output_tokens: 60, ignore_eos: true })) {
    seen.push(event);
    if (seen.length === 8) break;
  }
  const id = seen[0].response.id;
  const rest = await collect(await client.responses.retrieve(id, { stream: true, starting_after: seen.at(-1).sequence_number }));
  const numbers = [...seen, ...rest].map((event) => event.sequence_number);
  assert.deepEqual(numbers, numbers.map((_, index) => index));

  const long = await respond(story, { background: true, max_output_tokens: 4000, ignore_eos: true });
  assert.equal((await client.responses.cancel(long.id)).status, "cancelled");
  assert.equal((await client.responses.retrieve(long.id)).status, "cancelled");
});

test("input tokens are counted without generating", async () => {
  const counted = await client.responses.inputTokens.count({ model, input: capital });
  assert.equal(counted.input_tokens, (await respond(capital)).usage.input_tokens);
});
