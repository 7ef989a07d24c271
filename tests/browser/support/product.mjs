// The product's API, as the demo business calls it.

import { randomUUID } from "node:crypto";
import { call, stack, until } from "./stack.mjs";

const authorization = `Bearer ${stack.apiKey}`;

const TRIES = 5;
const TRY_AGAIN_MS = 500;

// Calls, and the same again while the service cannot answer: the emulator stands still while it takes
// a large file.
async function api(method, path, { headers = {}, body } = {}) {
  for (let tries = 1; ; tries += 1) {
    try {
      const all = { authorization, ...headers };
      return await call(method, `${stack.apiUrl}${path}`, { headers: all, body });
    } catch (error) {
      if (error.status !== 503 || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }
}

function read(path, query) {
  return api("GET", `${path}?${new URLSearchParams(query)}`);
}

// Asks for something once, however often it has to be said: it has one key.
function ask(path, body) {
  return api("POST", path, {
    headers: { "idempotency-key": randomUUID(), prefer: "wait=8" },
    body: { from: stack.businessId, ...body },
  });
}

// Sends a message and waits until Apple has it.
export async function send(to, type, content, more = {}) {
  const message = await ask("/v1/messages", { to, type, content, ...more });
  if (["failed", "unknown"].includes(message.status)) {
    throw new Error(`${type} was not taken: ${JSON.stringify(message)}`);
  }
  return message;
}

// Asks for a payment and waits until Apple has it.
export async function askPayment(to, content) {
  const asked = await ask("/v1/payments", { to, content });
  if (["failed", "unknown"].includes(asked.status)) {
    throw new Error(`the payment was not taken: ${JSON.stringify(asked)}`);
  }
  return asked;
}

// Uploads a file; gives the id that messages call it.
export async function upload(contentType, bytes) {
  const slot = await api("POST", "/v1/uploads", { body: { contentType, size: bytes.length } });
  const put = await fetch(slot.url, { method: slot.method, headers: slot.headers, body: bytes });
  if (!put.ok) throw new Error(`the upload was not taken: ${put.status} ${await put.text()}`);
  return slot.id;
}

// The conversation with a customer, as soon as the product knows of it.
export function conversationWith(opaqueId) {
  return until("the conversation", async () => {
    const query = { businessId: stack.businessId, opaqueId };
    return (await read("/v1/conversations", query)).items[0];
  });
}

// The first event of that type in the conversation.
export async function eventOf(conversationId, type) {
  return (await eventsOf(conversationId, type, 1))[0];
}

// The first events of that type, as soon as there are so many.
export function eventsOf(conversationId, type, count, patience) {
  const look = async () => {
    const { items } = await read("/v1/events", { conversationId, type });
    return items.length >= count && items;
  };
  return until(`${count} of the event ${type}`, look, patience);
}
