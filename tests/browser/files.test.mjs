import assert from "node:assert/strict";
import { test } from "node:test";
import { noise, picture } from "./support/picture.mjs";
import { upload } from "./support/product.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

const PLACE = "\uFFFC";
const PHOTO = Buffer.from(picture(400, 300, [90, 140, 200]), "base64");
const NOTES = Buffer.from("The left leg is shorter than the others.\n");
const PRICES = Buffer.from(`%PDF-1.4\n${"Walnut desk, 199 EUR\n".repeat(2_000)}%%EOF\n`);

const photo = { name: "desk.png", mimeType: "image/png", buffer: PHOTO };
const notes = { name: "Notes on the desk.txt", mimeType: "text/plain", buffer: NOTES };

test("ap07 photos and files from the phone reach the business byte for byte", async (t) => {
  const scene = await openScene(t);
  await scene.choose(photo, notes);
  await scene.page.getByRole("textbox", { name: "Message" }).fill("It came like this");
  await scene.shot("files-chosen");
  await scene.page.keyboard.press("Enter");

  const image = scene.mine("It came like this").getByRole("img", { name: "desk.png" });
  await image.waitFor();
  await scene.page.waitForFunction((it) => it.naturalWidth === 400, await image.elementHandle());
  await scene.mine("Notes on the desk.txt").waitFor();
  assert.equal(await scene.page.locator("#tray").isHidden(), true);
  const sent = (await scene.sent()).at(-1);
  assert.equal(sent.text, `${PLACE}${PLACE}It came like this`);

  const ready = await scene.events("attachment.ready", 2);
  const files = ready.map((it) => it.data.attachment).sort((a, b) => a.index - b.index);
  assert.deepEqual(files.map((it) => [it.name, it.mediaType, it.size]), [
    ["desk.png", "image/png", PHOTO.length],
    ["Notes on the desk.txt", "text/plain", NOTES.length],
  ]);
  for (const [index, bytes] of [PHOTO, NOTES].entries()) {
    const answer = await fetch(files[index].url);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-disposition"), /^attachment/);
    assert.ok(bytes.equals(Buffer.from(await answer.arrayBuffer())));
  }
  await scene.theirs("I have desk.png: image/png").waitFor();
  await scene.shot("files-sent");
  scene.isSound();
});

test("ap08 files from the business are shown in their places and saved byte for byte", async (t) => {
  const scene = await openScene(t);
  const ids = [await upload("image/png", PHOTO), await upload("application/pdf", PRICES)];
  await scene.send("text", {
    text: `The desk ${PLACE} and what it costs ${PLACE}`,
    attachments: [
      { uploadId: ids[0], name: "desk.png" },
      { uploadId: ids[1], name: "Prices 2026 – “all”.pdf" },
    ],
  });
  const message = scene.theirs("and what it costs");
  await message.waitFor();
  const image = message.getByRole("img", { name: "desk.png" });
  await scene.page.waitForFunction((it) => it.naturalWidth === 400, await image.elementHandle());
  const shown = await message.locator(".parts > *").evaluateAll((parts) => parts.map((it) => it.className));
  assert.deepEqual(shown, ["bubble", "photo", "bubble", "file"]);
  await scene.shot("files-received");

  const card = message.getByRole("link", { name: "Prices 2026" });
  await card.focus();
  const saved = scene.page.waitForEvent("download");
  await scene.page.keyboard.press("Enter");
  const file = await saved;
  assert.equal(file.suggestedFilename(), "Prices 2026 – “all”.pdf");
  const stream = await file.createReadStream();
  assert.ok(PRICES.equals(Buffer.concat(await stream.toArray())));
  scene.isSound();
});

test("ap07 a file that could not be sent stays, shows how far it is, and goes when sent again", async (t) => {
  const scene = await openScene(t);
  const { page } = scene;
  await scene.choose(photo, notes);
  await page.getByRole("button", { name: `Remove ${notes.name}` }).click();
  let broken;
  await page.route("**/files?*", (route) => { broken = route; });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("progressbar", { name: "desk.png sent" }).waitFor();
  while (!broken) await page.waitForTimeout(20);
  await scene.shot("files-under-way");
  await broken.abort();
  await page.getByText("desk.png could not be sent.").waitFor();
  await page.unroute("**/files?*");
  scene.troubles.length = 0; // the browser tells of the line that was cut
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await scene.page.locator("#messages .mine .photo").waitFor();
  assert.deepEqual((await scene.sent()).at(-1).message.attachments.map((it) => it.name), ["desk.png"]);
  scene.isSound();
});

test("ap07 files are chosen with the keyboard, dropped or pasted, and removed again", async (t) => {
  const scene = await openScene(t);
  const { page } = scene;
  const button = page.getByRole("button", { name: "Add photos or files" });
  const chooser = page.waitForEvent("filechooser"); // early: the browser has to be told so first
  await page.locator("#attach:enabled").waitFor(); // what is disabled takes no focus
  await button.focus();
  await page.keyboard.press("Enter");
  await (await chooser).setFiles([photo]);
  await page.evaluate(() => {
    const holding = (name) => {
      const held = new DataTransfer();
      held.items.add(new File(["words"], name, { type: "text/plain" }));
      return held;
    };
    const how = { bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("drop", { ...how, dataTransfer: holding("dropped.txt") }));
    const pasted = new ClipboardEvent("paste", { ...how, clipboardData: holding("pasted.txt") });
    document.querySelector("#text").dispatchEvent(pasted);
  });
  const names = page.getByRole("list", { name: "Files to send" }).locator(".file-name");
  assert.deepEqual(await names.allTextContents(), ["desk.png", "dropped.txt", "pasted.txt"]);
  for (const name of ["desk.png", "dropped.txt", "pasted.txt"]) {
    await page.getByRole("button", { name: `Remove ${name}` }).click();
  }
  assert.equal(await page.locator("#tray").isHidden(), true);
  assert.ok(await button.evaluate((it) => it === document.activeElement), "the focus is at hand");
  scene.isSound();
});

test("ap07 whoever is at the end stays there while pictures come and files are chosen", async (t) => {
  const scene = await openScene(t);
  const { page } = scene;
  const atEnd = () => page.waitForFunction(() => {
    const view = document.querySelector("main");
    const images = [...view.querySelectorAll(".photo img")];
    const loaded = images.length === 6 && images.every((it) => it.complete);
    return loaded && view.scrollHeight - view.scrollTop - view.clientHeight < 2;
  });
  const album = [...Array(6).keys()].map((it) => ({ ...photo, name: `desk-${it}.png` }));
  await scene.choose(...album);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await atEnd();
  await scene.theirs("I have desk-5.png").waitFor();
  await scene.choose(...album, { ...notes, name: `${"A name without end ".repeat(9)}.txt` });
  await atEnd();
  await scene.shot("files-many");
  scene.isSound();
});

test("an answer of two megabytes goes by reference and is told as any other", async (t) => {
  const scene = await openScene(t);
  const numbers = [...Array(16).keys()];
  await scene.send("listPicker", {
    images: numbers.map((it) => ({ identifier: `p${it}`, data: noise(180, 180) })),
    sections: [{
      title: "Desks",
      items: numbers.map((it) => ({ identifier: `d${it}`, title: `Desk ${it}`, imageIdentifier: `p${it}` })),
    }],
    receivedMessage: { title: "Choose from all", imageIdentifier: "p0" },
  });
  await scene.opener("Choose from all").click();
  await scene.sheet.getByRole("radio", { name: "Desk 11" }).check();
  await scene.press("Send");

  const answer = await scene.answer();
  assert.equal(answer.kind, "listPicker");
  assert.deepEqual(answer.selected.map((it) => it.identifier), ["d11"]);
  const sent = (await scene.sent()).at(-1);
  assert.ok(sent.message.interactiveDataRef.size > 1_500_000, sent.message.interactiveDataRef.size);
  await scene.mine("Desk 11").waitFor();
  await scene.theirs("You chose: d11").waitFor();
  scene.isSound();
});
