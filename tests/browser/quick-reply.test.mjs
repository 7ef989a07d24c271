import assert from "node:assert/strict";
import { test } from "node:test";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

test("ap13 a quick reply is answered with a tap", async (t) => {
  const scene = await openScene(t);
  await scene.send("quickReply", {
    summaryText: "How did we do?",
    items: [
      { identifier: "good", title: "Good" },
      { identifier: "fine", title: "It was all right" },
      { identifier: "bad", title: "Not good" },
    ],
  });
  const pills = scene.page.getByRole("group", { name: "How did we do?" });
  await pills.waitFor();
  await scene.shot("quick-reply");
  await pills.getByRole("button", { name: "Not good" }).click();

  const answer = await scene.answer();
  assert.equal(answer.kind, "quickReply");
  assert.equal(answer.identifier, "bad");
  assert.equal(answer.index, 2);

  await scene.mine("Not good").waitFor();
  await pills.getByText("How did we do?").waitFor();
  assert.equal(await pills.getByRole("button", { disabled: true }).count(), 3);
  await pills.getByRole("button", { pressed: true, name: "Not good" }).waitFor();
  await scene.shot("quick-reply-answered");
  scene.isSound();
});
