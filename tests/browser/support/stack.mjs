// Where everything is, and waiting for it.

import { readFileSync } from "node:fs";

const { AMB_STACK_FILE } = process.env;
if (!AMB_STACK_FILE) throw new Error("start these tests with `make test-browser`");

export const stack = JSON.parse(readFileSync(AMB_STACK_FILE, "utf8"));

// Longest wait for anything; a test fails after it. A machine that does something else besides needs
// more than the second that things take.
export const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 40;

// What `look` finds, as soon as it finds something.
export async function until(what, look, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

// JSON over HTTP; anything but 2xx is an error that says why.
export async function call(method, url, { headers = {}, body } = {}) {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, ...(body ? { "content-type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  if (!answer.ok) {
    const said = `${method} ${new URL(url).pathname}: ${answer.status} ${text}`;
    throw Object.assign(new Error(said), { status: answer.status });
  }
  return text ? JSON.parse(text) : null;
}
