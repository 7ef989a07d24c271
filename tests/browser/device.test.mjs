import assert from "node:assert/strict";
import { test } from "node:test";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

const PICKER = {
  sections: [{ title: "Desks", items: [{ identifier: "d1", title: "Walnut" }, { identifier: "d2", title: "Oak" }] }],
  receivedMessage: { title: "Choose a desk" },
};

test("ap27 a device that lost a capability gets the fallback", async (t) => {
  const scene = await openScene(t);
  const fallback = [{ type: "text", content: { text: "Reply with 1 for walnut, 2 for oak." } }];
  await scene.send("listPicker", PICKER, { fallback });
  await scene.opener("Choose a desk").waitFor();

  await scene.page.getByRole("button", { name: "Device" }).click();
  await scene.sheet.getByRole("checkbox", { name: "List pickers" }).uncheck();
  await scene.shot("device");
  await scene.press("Done");
  await scene.theirs("it lacks LIST").waitFor();

  await scene.page.getByLabel("Message", { exact: true }).fill("I took my old phone");
  await scene.page.getByRole("button", { name: "Send" }).click();
  await scene.theirs("I took my old phone").waitFor(); // the echo: the product has heard of it
  await scene.send("listPicker", PICKER, { fallback });
  await scene.theirs("Reply with 1 for walnut").waitFor();
  assert.equal(await scene.theirs("it lacks LIST").count(), 1);
  await scene.shot("device-fallback");
  scene.isSound();
});

test("ap27 without a fallback nothing is sent that the device cannot show", async (t) => {
  const scene = await openScene(t, { device: { preset: "old" } });
  await assert.rejects(scene.send("listPicker", PICKER), /not_showable/);
  assert.equal(await scene.page.locator("#messages .opener, #messages .unsupported").count(), 0);
  scene.isSound();
});

test("ap27 the settings keep what was chosen", async (t) => {
  const scene = await openScene(t, { device: { capabilities: ["QUICK", "FORM"] } });
  const open = () => scene.page.getByRole("button", { name: "Device" }).click();
  await open();
  assert.equal(await scene.sheet.getByRole("checkbox", { name: "Forms" }).isChecked(), true);
  assert.equal(await scene.sheet.getByRole("checkbox", { name: "Time pickers" }).isChecked(), false);
  await scene.sheet.getByRole("checkbox", { name: "Time pickers" }).check();
  await scene.press("Done");
  await scene.sheet.waitFor({ state: "detached" });
  await open();
  await scene.sheet.getByRole("checkbox", { name: "Time pickers", checked: true }).waitFor();
  await scene.page.keyboard.press("Escape");
  await scene.sheet.waitFor({ state: "detached" });
  scene.isSound();
});
