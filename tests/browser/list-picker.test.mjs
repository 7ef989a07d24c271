import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

const DELIVERY = {
  title: "Delivery",
  items: [
    { identifier: "fast", title: "Express", subtitle: "Tomorrow" },
    { identifier: "slow", title: "Standard" },
  ],
};

test("ap14 items of several sections are chosen in one sheet", async (t) => {
  const scene = await openScene(t);
  await scene.send("listPicker", {
    images: [
      { identifier: "walnut", data: picture(180, 180, [196, 128, 74]), description: "A walnut desk" },
      { identifier: "oak", data: picture(180, 180, [222, 190, 130]) },
    ],
    sections: [
      {
        title: "Desks",
        multipleSelection: true,
        items: [
          { identifier: "d1", title: "Walnut", subtitle: "120 cm, 199 €", imageIdentifier: "walnut" },
          { identifier: "d2", title: "Oak", subtitle: "140 cm, 249 €", imageIdentifier: "oak" },
          { identifier: "d3", title: "Ash" },
        ],
      },
      DELIVERY,
    ],
    receivedMessage: { title: "Choose a desk", subtitle: "Tap to see all", style: "small", imageIdentifier: "walnut" },
    replyMessage: { title: "You chose", style: "icon", imageIdentifier: "oak" },
  });
  await scene.opener("Choose a desk").click();
  const send = scene.sheet.getByRole("button", { name: "Send" });
  assert.equal(await send.isDisabled(), true);
  await scene.sheet.getByAltText("A walnut desk").waitFor();
  await scene.sheet.getByRole("checkbox", { name: "Walnut" }).check();
  await scene.sheet.getByRole("checkbox", { name: "Ash" }).check();
  await scene.sheet.getByRole("radio", { name: "Express" }).check();
  await scene.sheet.getByRole("radio", { name: "Standard" }).check();
  await scene.shot("list-picker");
  await send.click();

  const answer = await scene.answer();
  assert.equal(answer.kind, "listPicker");
  assert.deepEqual(answer.selected.map((it) => it.identifier).sort(), ["d1", "d3", "slow"]);
  await scene.mine("Walnut").waitFor();
  assert.equal(await scene.sheet.count(), 0);
  await scene.shot("list-picker-answered");
  scene.isSound();
});

test("ap14 one item is chosen with the keyboard alone", async (t) => {
  const scene = await openScene(t);
  await scene.send("listPicker", {
    sections: [DELIVERY],
    receivedMessage: { title: "How shall it come?", style: "icon" },
  });
  const opener = scene.opener("How shall it come?");
  await opener.waitFor();
  const { keyboard } = scene.page;
  await tabTo(scene.page, opener);
  await keyboard.press("Enter");
  await scene.sheet.waitFor();
  await tabTo(scene.page, scene.sheet.getByRole("radio", { name: "Express" }));
  await keyboard.press("Space");
  await keyboard.press("ArrowDown");
  assert.equal(await scene.sheet.getByRole("radio", { name: "Standard" }).isChecked(), true);
  await scene.shot("list-picker-keyboard");
  await keyboard.press("Enter");

  const answer = await scene.answer();
  assert.deepEqual(answer.selected.map((it) => it.identifier), ["slow"]);
  await scene.mine("Standard").waitFor();
  await scene.page.waitForFunction(
    (words) => document.activeElement?.matches("button.opener") && document.activeElement.textContent.includes(words),
    "How shall it come?",
  );
  scene.isSound();
});

// Presses Tab until the element has the focus.
async function tabTo(page, element) {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press("Tab");
    if (await element.evaluate((it) => it === document.activeElement)) return;
  }
  assert.fail("Tab does not reach it");
}
