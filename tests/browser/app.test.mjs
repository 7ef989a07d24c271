import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

test("ap22 an iMessage app hands back what it has to say", async (t) => {
  const scene = await openScene(t);
  await scene.send("iMessageApp", {
    appId: "1234567890",
    appName: "Example Cart",
    appIcon: { data: picture(60, 60, [240, 120, 60]) },
    teamId: "ABCDE12345",
    extensionId: "com.example.shop.MessagesExtension",
    URL: "?cart=42",
    useLiveLayout: true,
    receivedMessage: {
      title: "Your cart",
      subtitle: "1 item",
      secondarySubtitle: "199 €",
      tertiarySubtitle: "incl. VAT",
      imageTitle: "Walnut desk",
      imageSubtitle: "120 cm",
    },
    replyMessage: { title: "Ordered" },
  });
  await scene.opener("Your cart").click();
  await scene.sheet.getByText("?cart=42", { exact: true }).waitFor();
  await scene.sheet.getByLabel("URL to answer with").fill("?cart=42&ordered=yes");
  await scene.shot("imessage-app-sheet");
  await scene.press("Send");

  const answer = await scene.answer();
  assert.equal(answer.kind, "iMessageApp");
  assert.equal(answer.url, "?cart=42&ordered=yes");
  await scene.mine("Ordered").waitFor();
  await scene.shot("imessage-app");
  scene.isSound();
});
