import { test } from "node:test";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

// What the sample business shows on a keyword, by what can be seen of it.
const DEMOS = [
  ["quick", ".pill"],
  ["list", "button.opener .card.small img"],
  ["list multi", "button.opener"],
  ["image", "button.opener .card.large img"],
  ["photo", ".photo img"],
  ["file", "a.file"],
  ["time", "button.opener"],
  ["form", "button.opener .card.icon img"],
  ["link", "a.link-open img"],
  ["links", "a.link-open"],
  ["clip", ".clip"],
  ["app", ".app-name img"],
  ["pay", "button.opener .payment .card.large img"],
  ["raw", ".pill, .opener, .bubble"],
  ["template", ".pill, .opener"],
  ["menu", "button.opener"],
];

for (const [keyword, sight] of DEMOS) {
  test(`whoever writes "${keyword}" is shown it`, async (t) => {
    const scene = await openScene(t, { greeting: keyword });
    const shown = scene.page.locator("#messages .theirs").locator(sight).first();
    await shown.waitFor();
    await scene.shot(`demo-${keyword.replace(" ", "-")}`);
    scene.isSound();
  });
}

test("the menu leads to what was chosen", async (t) => {
  const scene = await openScene(t, { greeting: "menu" });
  await scene.opener("What would you like to see?").click();
  await scene.sheet.getByRole("radio", { name: "Time picker" }).check();
  await scene.press("Send");
  await scene.mine("Time picker").waitFor();
  await scene.page.locator("#messages .theirs button.opener").nth(1).waitFor();
  await scene.shot("demo-menu-chosen");
  scene.isSound();
});
