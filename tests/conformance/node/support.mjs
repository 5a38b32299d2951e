// A client for the server that DIPTYCH_TEST_URL names (tests/run_e2e starts one), e.g. http://127.0.0.1:8080/v1.
import OpenAI from "openai";

export const model = "smollm2-135m-instruct";
export const baseURL = process.env.DIPTYCH_TEST_URL;
if (!baseURL) throw new Error("DIPTYCH_TEST_URL is not set; tests/run_e2e starts a server and sets it");

// No retries: an answer that only a second attempt makes good is a failure here.
export const client = new OpenAI({ baseURL, apiKey: "not-needed", maxRetries: 0, timeout: 120_000 });

export const capital = "What is the capital of France? Answer in one sentence.";
export const story = "Tell me a long story about a lighthouse.";

export function chat(content, fields = {}) {
  return client.chat.completions.create({
    model, messages: [{ role: "user", content }], temperature: 0, max_completion_tokens: 24, ...fields,
  });
}

export function respond(input, fields = {}) {
  return client.responses.create({ model, input, temperature: 0, max_output_tokens: 32, ...fields });
}

export async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

export const weatherTool = {
  type: "function",
  function: {
    name: "get_weather", description: "The weather in a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

// Three finished exchanges in which the tool was called, then a question: a small model goes on in the same way.
export const weatherTalk = [
  ...["Paris", "London", "Madrid"].flatMap((city, number) => [
    { role: "user", content: `What is the weather in ${city}?` },
    {
      role: "assistant", content: null,
      tool_calls: [{ id: `call_${number}`, type: "function", function: { name: "get_weather", arguments: JSON.stringify({ city }) } }],
    },
    { role: "tool", tool_call_id: `call_${number}`, content: "sunny" },
    { role: "assistant", content: `The weather in ${city} is sunny.` },
  ]),
  { role: "user", content: "What is the weather in Rome?" },
];
