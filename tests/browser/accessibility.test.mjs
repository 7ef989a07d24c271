import assert from "node:assert/strict";
import { test } from "node:test";
import { audit } from "./support/audit.mjs";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

for (const colorScheme of ["light", "dark"]) {
  test(`everything has a name and can be read, in the ${colorScheme}`, async (t) => {
    const look = { colorScheme, viewport: { width: 320, height: 700 }, reducedMotion: "reduce" };
    const scene = await openScene(t, { look });
    await sendSome(scene);
    await scene.shot(`narrow-${colorScheme}`);
    await isSound(scene, "the conversation");

    for (const title of ["Choose a desk", "When may we come?", "Return a desk"]) {
      await scene.opener(title).click();
      await scene.sheet.waitFor();
      await isSound(scene, title);
      await scene.page.keyboard.press("Escape");
      await scene.sheet.waitFor({ state: "detached" });
      const stays = await scene.opener(title).evaluate((it) => it === document.activeElement);
      assert.ok(stays, `${title}: the focus is where it was`);
    }
    await scene.page.getByRole("button", { name: "Device" }).click();
    await isSound(scene, "the settings");
    scene.isSound();
  });
}

async function isSound(scene, what) {
  assert.deepEqual(await scene.page.evaluate(audit), [], what);
}

// One of each kind of bubble and sheet.
async function sendSome(scene) {
  const png = Buffer.from(picture(120, 90, [90, 140, 200]), "base64");
  const sheet = { name: "A list of all that we have.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") };
  await scene.choose({ name: "desk.png", mimeType: "image/png", buffer: png }, sheet);
  await isSound(scene, "files to send");
  await scene.page.getByRole("button", { name: "Send", exact: true }).click();
  await scene.mine("A list of all").waitFor();
  const images = [{ identifier: "desk", data: picture(180, 180, [196, 128, 74]) }];
  const items = [{ title: "Good" }, { title: "Not good" }];
  await scene.send("quickReply", { summaryText: "How did we do?", items });
  await scene.send("listPicker", {
    images,
    sections: [{ title: "Desks", items: [{ title: "Walnut", subtitle: "199 €", imageIdentifier: "desk" }] }],
    receivedMessage: { title: "Choose a desk", subtitle: "Tap to see all", imageIdentifier: "desk" },
  });
  await scene.send("timePicker", {
    event: { title: "Delivery", timeslots: [{ identifier: "s1", startTime: "2027-06-01T14:00Z", duration: 1800 }] },
    receivedMessage: { title: "When may we come?" },
  });
  const page = { pageIdentifier: "note", type: "input", subtitle: "Tell us more", options: { required: true } };
  await scene.send("form", {
    startPageIdentifier: "note",
    private: true,
    pages: [page],
    receivedMessage: { title: "Return a desk", subtitle: "Two minutes" },
  });
  await scene.send("richLink", {
    url: "https://shop.example.com/a-path-that-is-longer-than-a-narrow-screen",
    title: "Walnut desk",
    image: { data: picture(240, 160, [120, 120, 190]) },
  });
  await scene.page.getByRole("link", { name: "Walnut desk" }).waitFor();
}
