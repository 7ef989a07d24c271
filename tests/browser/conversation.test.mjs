import assert from "node:assert/strict";
import { test } from "node:test";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

test("ap10 a tapback on a bubble reaches the business as a reaction", async (t) => {
  const scene = await openScene(t);
  await scene.send("text", { text: "Your parcel arrives today" });
  await scene.page.getByRole("button", { name: "React to “Your parcel arrives today”" }).click();
  await scene.shot("tapback");
  await scene.sheet.getByRole("button", { name: "Love" }).click();

  const { data } = await scene.event("message.reaction");
  assert.equal(data.message.reaction.kind, "loved");
  assert.equal(data.message.reaction.removed, false);
  assert.equal(data.message.reaction.quoted, "Your parcel arrives today");
  scene.isSound();
});

test("ap24 dots show that the business is typing", async (t) => {
  const scene = await openScene(t);
  await scene.theirs("Hello").waitFor(); // the echo ends with dots of its own
  const dots = scene.page.getByText("The business is typing");
  await scene.send("typing", { state: "start" });
  await dots.waitFor();
  await scene.shot("typing");
  await scene.send("typing", { state: "end" });
  await dots.waitFor({ state: "hidden" });
  scene.isSound();
});

test("ap06 words of any script stand as they were written", async (t) => {
  const scene = await openScene(t);
  const text = "<b>Hello</b> & مرحبا · 👩🏽‍🚀 · 𝔘 · e\u0301";
  await scene.send("text", { text });
  await scene.theirs("<b>Hello</b>").waitFor();
  const shown = await scene.page.locator("#messages .theirs .bubble").allTextContents();
  assert.ok(shown.includes(text), shown.join("\n"));
  scene.isSound();
});

test("ap11 after deleting the conversation nothing comes any more", async (t) => {
  const scene = await openScene(t);
  await scene.page.getByRole("button", { name: "Delete" }).click();
  await scene.sheet.getByRole("button", { name: "Delete and stop messages" }).click();
  await scene.page.getByText("You deleted the conversation").waitFor();
  await scene.event("conversation.closed");
  await assert.rejects(scene.send("text", { text: "One more thing" }), /conversation_closed/);
  await scene.shot("deleted");
  scene.isSound();
});
