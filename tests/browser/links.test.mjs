import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";
import { stack } from "./support/stack.mjs";

useBrowser();

test("ap12 a rich link shows its picture, title and host", async (t) => {
  const scene = await openScene(t);
  await scene.send("richLink", {
    url: "https://shop.example.com/desks/walnut",
    title: "Walnut desk, oiled",
    image: { data: picture(480, 320, [196, 128, 74]) },
  });
  const link = scene.page.getByRole("link", { name: "Walnut desk, oiled" });
  await link.getByText("shop.example.com").waitFor();
  assert.equal(await link.getAttribute("href"), "https://shop.example.com/desks/walnut");
  assert.match(await link.getAttribute("rel"), /noopener/);
  assert.equal(await isLoaded(link.locator("img")), true);
  await scene.shot("rich-link");
  scene.isSound();
});

test("ap12 a rich link with a video can be played", async (t) => {
  const scene = await openScene(t);
  await scene.send("richLink", {
    url: "https://shop.example.com/desks/walnut",
    title: "How the desk is built",
    image: { data: picture(480, 320, [120, 120, 190]) },
    video: { url: "https://shop.example.com/desks/walnut.mp4", mimeType: "video/mp4" },
  });
  await scene.page.getByLabel("Video: How the desk is built").waitFor();
  await scene.shot("rich-link-video");
});

test("ap12 an address in a text comes as a rich link of its own", async (t) => {
  const scene = await openScene(t);
  const address = `${stack.simulatorUrl}/shop/desk`;
  await scene.send("text", { text: `Have a look: ${address}` });
  await scene.page.locator(`#messages .theirs a.link-open[href="${address}"]`).waitFor();
  await scene.theirs("Have a look:").first().waitFor();
  await scene.shot("text-with-address");
});

test("sc18 an App Clip is a card that opens it", async (t) => {
  const scene = await openScene(t);
  await scene.send("appClip", { url: `${stack.simulatorUrl}/shop/clip`.replace("http:", "https:"), title: "Table planner" });
  await scene.theirs("App Clip").waitFor();
  await scene.shot("app-clip");
  scene.isSound();
});

function isLoaded(image) {
  return image.evaluate(async (it) => {
    await it.decode();
    return it.naturalWidth > 0;
  });
}
