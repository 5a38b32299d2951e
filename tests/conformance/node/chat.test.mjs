import assert from "node:assert/strict";
import { test } from "node:test";
import { capital, chat, client, collect, model, story, weatherTalk, weatherTool } from "./support.mjs";

test("models are listed and retrieved", async () => {
  const ids = (await client.models.list()).data.map((row) => row.id);
  assert.ok(ids.includes(model));
  assert.equal((await client.models.retrieve(model)).id, model);
});

test("a chat answers, with usage and a request id", async () => {
  const completion = await chat(capital);
  assert.match(completion.choices[0].message.content, /Paris/);
  assert.equal(completion.choices[0].finish_reason, "stop");
  assert.equal(completion.usage.total_tokens, completion.usage.prompt_tokens + completion.usage.completion_tokens);
  assert.ok(completion._request_id);
});

test("a stream gives the same text in pieces and usage at its end", async () => {
  const plain = await chat(story);
  const chunks = await collect(await chat(story, { stream: true, stream_options: { include_usage: true } }));
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  assert.equal(text, plain.choices[0].message.content);
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.equal(chunks.at(-1).usage.completion_tokens, plain.usage.completion_tokens);
  assert.equal(chunks.at(-2).choices[0].finish_reason, "length");
  assert.ok(chunks.length > 8);
});

test("the stream helper builds the whole completion", async () => {
  const runner = client.chat.completions.stream({
    model, messages: [{ role: "user", content: capital }], temperature: 0, max_completion_tokens: 24,
  });
  let streamed = "";
  runner.on("content", (delta) => (streamed += delta));
  const final = await runner.finalChatCompletion();
  assert.equal(final.choices[0].message.content, streamed);
  assert.match(streamed, /Paris/);
});

test("breaking out of a stream leaves the client usable", async () => {
  const stream = await chat(story, { stream: true, max_completion_tokens: 400 });
  for await (const chunk of stream) if (chunk.choices[0].delta.content) break;
  assert.ok((await chat("Hi", { max_completion_tokens: 2 })).usage.completion_tokens <= 2);
});

test("logprobs cover the text exactly, streamed or not", async () => {
  const choice = (await chat(story, { logprobs: true, top_logprobs: 2 })).choices[0];
  const bytes = choice.logprobs.content.flatMap((item) => item.bytes);
  assert.equal(Buffer.from(bytes).toString("utf8"), choice.message.content);
  const chunks = await collect(await chat(story, { logprobs: true, top_logprobs: 2, stream: true }));
  const streamed = chunks.flatMap((chunk) => chunk.choices[0].logprobs?.content ?? []);
  assert.deepEqual(streamed.map((item) => item.token), choice.logprobs.content.map((item) => item.token));
  assert.ok(streamed.every((item) => item.top_logprobs.length === 2));
});

test("n, stop and seed", async () => {
  const three = await chat(story, { n: 3, temperature: 1, seed: 5 });
  assert.equal(new Set(three.choices.map((choice) => choice.message.content)).size, 3);
  const full = (await chat(story)).choices[0].message.content;
  const middle = full.slice(full.length / 2, full.length / 2 + 6);
  const cut = await chat(story, { stop: [middle] });
  assert.equal(cut.choices[0].message.content, full.slice(0, full.indexOf(middle)));
  const again = await chat(story, { n: 3, temperature: 1, seed: 5 });
  assert.deepEqual(again.choices.map((c) => c.message.content), three.choices.map((c) => c.message.content));
});

test("tools: a streamed call has its name once and its arguments in pieces", async () => {
  const fields = { messages: weatherTalk, tools: [weatherTool], max_completion_tokens: 64 };
  const plain = (await chat("", fields)).choices[0];
  assert.equal(plain.finish_reason, "tool_calls");
  assert.deepEqual(JSON.parse(plain.message.tool_calls[0].function.arguments), { city: "Rome" });
  const chunks = await collect(await chat("", { ...fields, stream: true }));
  const pieces = chunks.flatMap((chunk) => chunk.choices[0].delta.tool_calls ?? []);
  assert.equal(pieces.filter((piece) => piece.function.name).length, 1);
  assert.equal(pieces.map((piece) => piece.function.arguments).join(""), plain.message.tool_calls[0].function.arguments);
  assert.equal(chunks.at(-1).choices[0].finish_reason, "tool_calls");
});

test("the tool runner helper calls our function and goes on", async () => {
  const asked = [];
  const runner = client.chat.completions.runTools({
    model, messages: weatherTalk, temperature: 0, max_completion_tokens: 64,
    tools: [{ ...weatherTool, function: { ...weatherTool.function, parse: JSON.parse, function: ({ city }) => (asked.push(city), "sunny") } }],
  }, { maxChatCompletions: 2 });
  await runner.done().catch(() => {});  // a small model may go on calling until the limit
  assert.equal(asked[0], "Rome");
});

test("completions, plain and streamed", async () => {
  const fields = { model, prompt: "The capital of France is", temperature: 0, max_tokens: 8 };
  const plain = await client.completions.create(fields);
  assert.match(plain.choices[0].text, /Paris/);
  const chunks = await collect(await client.completions.create({ ...fields, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? "").join(""), plain.choices[0].text);
});

test("embeddings come as numbers by default", async () => {
  const [first, second] = (await client.embeddings.create({ model, input: ["one", "two"] })).data;
  assert.equal(first.embedding.length, 576);
  assert.equal(second.index, 1);
  const norm = Math.hypot(...first.embedding);
  assert.ok(Math.abs(norm - 1) < 1e-3);
  const floats = (await client.embeddings.create({ model, input: "one", encoding_format: "float" })).data[0].embedding;
  floats.forEach((value, index) => assert.ok(Math.abs(value - first.embedding[index]) < 1e-3));
});

test("stored completions are kept, listed and deleted", async () => {
  const completion = await chat("Say hello.", { store: true, metadata: { suite: "node" }, max_completion_tokens: 4 });
  assert.equal((await client.chat.completions.retrieve(completion.id)).id, completion.id);
  const listed = await collect(client.chat.completions.list({ metadata: { suite: "node" } }));
  assert.ok(listed.some((row) => row.id === completion.id));
  assert.equal((await client.chat.completions.delete(completion.id)).deleted, true);
});
