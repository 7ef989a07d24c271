import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

const KIND = {
  pageIdentifier: "kind",
  type: "select",
  title: "Return",
  subtitle: "What is wrong?",
  items: [
    { identifier: "broken", title: "Broken", value: "broken", nextPageIdentifier: "parts" },
    { identifier: "late", title: "Late", value: "late", nextPageIdentifier: "note" },
  ],
};
const PARTS = {
  pageIdentifier: "parts",
  type: "select",
  subtitle: "Which parts?",
  multipleSelection: true,
  nextPageIdentifier: "since",
  items: [
    { identifier: "leg", title: "A leg", value: "leg" },
    { identifier: "top", title: "The top", value: "top" },
    { identifier: "drawer", title: "The drawer", value: "drawer" },
  ],
};
const SINCE = {
  pageIdentifier: "since",
  type: "datePicker",
  subtitle: "Since when?",
  hintText: "As near as you remember",
  nextPageIdentifier: "region",
  options: {
    dateFormat: "MM/dd/yyyy",
    startDate: "06/15/2026",
    minimumDate: "01/01/2026",
    maximumDate: "06/30/2026",
    labelText: "Day",
  },
};
const REGION = {
  pageIdentifier: "region",
  type: "picker",
  subtitle: "Where do you live?",
  pickerTitle: "Region",
  selectedItemIndex: 1,
  nextPageIdentifier: "mail",
  items: [
    { identifier: "apac", title: "APAC", value: "apac" },
    { identifier: "emea", title: "EMEA", value: "emea" },
  ],
};
const MAIL = {
  pageIdentifier: "mail",
  type: "input",
  subtitle: "Where may we write to?",
  nextPageIdentifier: "note",
  options: {
    required: true,
    inputType: "singleline",
    labelText: "E-mail",
    keyboardType: "emailAddress",
    textContentType: "emailAddress",
    regex: "^[^@ ]+@[^@ ]+$",
    maximumCharacterCount: 20,
  },
};
const NOTE = {
  pageIdentifier: "note",
  type: "input",
  subtitle: "Tell us more",
  submitForm: true,
  options: { required: false, inputType: "multiline", maximumCharacterCount: 300 },
};

test("ap23 a form leads from page to page, and is sent from its summary", async (t) => {
  const scene = await openScene(t);
  await scene.send("form", {
    images: [{ identifier: "desk", data: picture(789, 450, [190, 120, 80]) }],
    startPageIdentifier: "kind",
    splash: { header: "Return", splashtext: "A few short questions", buttonTitle: "Start", imageIdentifier: "desk" },
    showSummary: true,
    pages: [KIND, PARTS, SINCE, REGION, MAIL, NOTE],
    receivedMessage: { title: "Return a desk", subtitle: "Two minutes", style: "icon", imageIdentifier: "desk" },
    replyMessage: { title: "Thank you", style: "icon" },
  });
  const { sheet, page } = scene;
  await scene.opener("Return a desk").click();
  await scene.shot("form-splash");
  await scene.press("Start");
  await sheet.getByRole("radio", { name: "Broken" }).check();
  await scene.shot("form-select");
  await scene.press("Next");

  const next = sheet.getByRole("button", { name: "Next" });
  assert.equal(await next.isDisabled(), true);
  await sheet.getByRole("checkbox", { name: "A leg" }).check();
  await sheet.getByRole("checkbox", { name: "The drawer" }).check();
  await next.click();

  const day = sheet.getByLabel("Day");
  assert.equal(await day.inputValue(), "2026-06-15");
  await day.fill("2026-07-01"); // after the latest
  assert.equal(await next.isDisabled(), true);
  await day.fill("2026-06-16");
  await scene.shot("form-date");
  await next.click();

  assert.equal(await sheet.getByLabel("Region").inputValue(), "emea");
  await scene.shot("form-picker");
  await next.click();

  const mail = sheet.getByLabel("E-mail");
  assert.equal(await mail.getAttribute("inputmode"), "email");
  assert.equal(await mail.getAttribute("maxlength"), "20");
  await mail.fill("ada");
  assert.equal(await next.isDisabled(), true);
  await sheet.getByText("not in the form asked for").waitFor();
  await scene.shot("form-input");
  await mail.fill("ada@example.com");
  await next.click();

  await sheet.getByLabel("Tell us more").fill("It creaks.");
  await scene.press("Back");
  assert.equal(await mail.inputValue(), "ada@example.com");
  await next.click();
  assert.equal(await sheet.getByLabel("Tell us more").inputValue(), "It creaks.");
  await next.click();

  await sheet.getByRole("heading", { name: "Summary" }).waitFor();
  await sheet.getByText("A leg, The drawer").waitFor();
  await scene.shot("form-summary");
  await scene.press("Send");

  const answer = await scene.answer();
  assert.equal(answer.kind, "form");
  assert.equal(answer.private, false);
  const said = answer.pages.map((it) => [it.pageIdentifier, it.items.map((item) => item.value)]);
  assert.deepEqual(said, [
    ["kind", ["broken"]],
    ["parts", ["leg", "drawer"]],
    ["since", ["2026-06-16T00:00:00Z"]],
    ["region", ["emea"]],
    ["mail", ["ada@example.com"]],
    ["note", ["It creaks."]],
  ]);
  await scene.mine("Thank you").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  scene.isSound();
});

test("ap23 a choice leads past pages, and a private form says so", async (t) => {
  const scene = await openScene(t);
  await scene.send("form", {
    startPageIdentifier: "kind",
    private: true,
    pages: [KIND, PARTS, SINCE, REGION, MAIL, NOTE],
    receivedMessage: { title: "A private matter" },
  });
  await scene.opener("A private matter").click();
  await scene.sheet.getByText("Private:").waitFor();
  await scene.sheet.getByRole("radio", { name: "Late" }).check();
  await scene.press("Next");
  await scene.sheet.getByLabel("Tell us more").fill("A week");
  await scene.press("Send");

  const answer = await scene.answer();
  assert.equal(answer.kind, "form");
  assert.equal(answer.private, true);
  scene.isSound();
});
