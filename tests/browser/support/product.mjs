// The product's API, as the demo business calls it.

import { randomUUID } from "node:crypto";
import { call, stack, until } from "./stack.mjs";

const authorization = `Bearer ${stack.apiKey}`;

function read(path, query) {
  const url = `${stack.apiUrl}${path}?${new URLSearchParams(query)}`;
  return call("GET", url, { headers: { authorization } });
}

// Sends a message and waits until Apple has it.
export async function send(to, type, content, more = {}) {
  const message = await call("POST", `${stack.apiUrl}/v1/messages`, {
    headers: { authorization, "idempotency-key": randomUUID(), prefer: "wait=8" },
    body: { from: stack.businessId, to, type, content, ...more },
  });
  if (["failed", "unknown"].includes(message.status)) {
    throw new Error(`${type} was not taken: ${JSON.stringify(message)}`);
  }
  return message;
}

// The conversation with a customer, as soon as the product knows of it.
export function conversationWith(opaqueId) {
  return until("the conversation", async () => {
    const query = { businessId: stack.businessId, opaqueId };
    return (await read("/v1/conversations", query)).items[0];
  });
}

// The first event of that type in the conversation.
export function eventOf(conversationId, type) {
  return until(`an event ${type}`, async () => {
    return (await read("/v1/events", { conversationId, type })).items[0];
  });
}
