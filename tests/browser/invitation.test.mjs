import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { picture } from "./support/picture.mjs";
import * as product from "./support/product.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

const INVITATION = {
  templateId: "binaryChoice.engage.withImage",
  referenceId: "order-1001",
  parameters: { brandName: "Example Shop", brandLogo: { data: picture(120, 120, [30, 160, 120]) } },
};

test("an invitation that is taken up opens a conversation", async (t) => {
  const phone = number();
  const scene = await openScene(t, { device: { phone }, greeting: null });
  await product.send(`tel:${phone}`, "invitation", INVITATION);
  const card = scene.page.getByRole("group", { name: "Invitation" });
  await card.getByText("order-1001").waitFor();
  await scene.shot("invitation");
  await card.getByRole("button", { name: "Yes" }).click();

  scene.conversation = await product.conversationWith(scene.customer.opaqueId);
  const answer = await scene.answer();
  assert.equal(answer.kind, "invitation");
  assert.equal(answer.accepted, true);
  assert.equal(answer.referenceId, "order-1001");
  await scene.mine("Yes").waitFor();
  await card.getByRole("button", { name: "Yes", disabled: true }).waitFor();
  await scene.shot("invitation-accepted");
  scene.isSound();
});

test("ap11 an invitation that is turned down closes what it would have opened", async (t) => {
  const phone = number();
  const scene = await openScene(t, { device: { phone }, greeting: null });
  await product.send(`tel:${phone}`, "invitation", INVITATION);
  const card = scene.page.getByRole("group", { name: "Invitation" });
  await card.getByRole("button", { name: "No" }).click();
  await scene.page.getByText("You said no").waitFor();
  await card.getByRole("button", { name: "No", disabled: true, pressed: true }).waitFor();
  await scene.shot("invitation-declined");
  scene.isSound();
});

// A number that no other customer has: the demo's are below 0200.
function number() {
  return `+1202555${randomInt(200, 10_000).toString().padStart(4, "0")}`;
}
