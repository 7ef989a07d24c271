import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { upload } from "./support/product.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

// As much as Apple takes.
const MOST = 100 * 1024 * 1024;
// What so much may take where everything shares the processor.
const PATIENCE_MS = 180_000;

const folder = mkdtempSync(path.join(os.tmpdir(), "amb-browser-"));
after(() => rmSync(folder, { recursive: true }));

test("ap07 ap08 a hundred megabytes go from phone to business and back byte for byte", async (t) => {
  const scene = await openScene(t);
  const film = randomBytes(MOST);
  await choose(scene, "film.mov", film);
  const [ready] = await scene.events("attachment.ready", 1, PATIENCE_MS);
  const { attachment } = ready.data;
  assert.deepEqual([attachment.name, attachment.size], ["film.mov", MOST]);
  assert.equal(attachment.sha256, digest(film));
  const answer = await fetch(attachment.url);
  assert.equal(await digestOf(answer.body), attachment.sha256);

  const id = await upload("application/zip", film);
  await scene.send("text", { attachments: [{ uploadId: id, name: "film.zip" }] });
  const card = scene.page.locator("#messages .theirs").getByRole("link", { name: "film.zip" });
  await card.waitFor({ timeout: PATIENCE_MS });
  const saved = scene.page.waitForEvent("download", { timeout: PATIENCE_MS });
  await card.click();
  assert.equal(await digestOf(await (await saved).createReadStream()), attachment.sha256);
  scene.isSound();
});

test("ap07 one byte more is refused, and everybody is told", async (t) => {
  const scene = await openScene(t);
  await choose(scene, "film.mov", Buffer.alloc(MOST + 1));
  await scene.theirs("I could not take film.mov: bad_size").waitFor({ timeout: PATIENCE_MS });
  const [failed] = await scene.events("attachment.failed", 1);
  assert.equal(failed.data.code, "bad_size");
  await assert.rejects(upload("video/quicktime", Buffer.alloc(MOST + 1)), /104857600/);
  scene.isSound();
});

// Sends a file that is too large to go through the tests' own line to the browser at once.
async function choose(scene, name, bytes) {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  await scene.choose(file);
  await scene.page.getByRole("button", { name: "Send", exact: true }).click();
  await scene.mine(name).waitFor({ timeout: PATIENCE_MS });
}

function digest(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

async function digestOf(stream) {
  const hash = createHash("sha256");
  for await (const bytes of stream) hash.update(bytes);
  return hash.digest("hex");
}
