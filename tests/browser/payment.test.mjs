import assert from "node:assert/strict";
import { test } from "node:test";
import { audit } from "./support/audit.mjs";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";
import { until } from "./support/stack.mjs";

useBrowser();

const DESK = {
  images: [{ identifier: "desk", description: "A walnut desk", data: picture(240, 160, [196, 128, 74]) }],
  currencyCode: "USD",
  lineItems: [{ label: "Walnut desk", amount: "199.00" }],
  shippingMethods: [
    { identifier: "standard", label: "Standard", detail: "Three days", amount: "0.00" },
    { identifier: "express", label: "Express", detail: "Tomorrow", amount: "15.00" },
  ],
  requiredBillingContactFields: ["post"],
  requiredShippingContactFields: ["name", "post"],
  pricing: {
    by: "static",
    taxes: [{ country: "US", region: "NY", label: "Sales tax", percent: "8.875" }],
    servable: [{ country: "US" }, { country: "DE" }],
  },
  receivedMessage: { title: "Pay for your desk", style: "large", imageIdentifier: "desk" },
};

async function asked(t, options) {
  const scene = await openScene(t, options);
  await scene.askPayment(DESK);
  await scene.opener("Pay for your desk").click();
  await scene.sheet.getByText("Walnut desk").waitFor();
  return scene;
}

const total = (scene, amount) => scene.sheet.getByRole("status").filter({ hasText: amount }).waitFor();

async function paid(scene) {
  await scene.sheet.getByRole("heading", { name: "Paid", exact: true }).waitFor();
  await scene.press("Done");
  await scene.sheet.waitFor({ state: "detached" });
  await scene.page.locator("#messages .theirs .paid").waitFor();
  const event = await scene.event("payment.authorized");
  assert.equal(event.data.currency, "USD");
  return event;
}

// The sheets of the customer's phone, as the simulator has them.
async function sheets(scene) {
  return (await scene.simulator("sheets")).items;
}

test("ap18 a person pays, and is told so", async (t) => {
  const scene = await asked(t);
  await total(scene, "$199.00");
  await scene.shot("payment-sheet");
  await scene.press("Pay");
  const event = await paid(scene);
  assert.equal(event.data.amount, "199.00");
  await scene.mine("Paid").waitFor();
  await scene.shot("payment-paid");
  scene.isSound();
});

test("ap19 after a success the device tells what the customer saw", async (t) => {
  const scene = await asked(t);
  await scene.press("Pay");
  await paid(scene);
  const tracked = await until("order tracking", async () => {
    const [sheet] = await sheets(scene);
    return sheet.calls.find((it) => it.step === "orderTracking");
  });
  assert.equal(tracked.status, 200);
  assert.equal(tracked.request.payment.summaryItems.at(-1).amount, "199");
  scene.isSound();
});

test("ap18 another card pays where one was declined", async (t) => {
  const scene = await asked(t);
  await scene.sheet.getByLabel("Card").selectOption("declined");
  await scene.press("Pay");
  await scene.sheet.getByText("was declined").waitFor();
  await scene.shot("payment-declined");
  assert.equal(await scene.sheet.getByRole("button", { name: "Cancel" }).count(), 0, "nothing is left to cancel");
  await scene.press("Try again");
  await scene.sheet.getByLabel("Card").selectOption("mastercard");
  await scene.press("Pay");
  await paid(scene);
  const states = (await sheets(scene)).map((it) => it.state);
  assert.deepEqual(states, ["declined", "paid"]);
  scene.isSound();
});

test("ap18 address and delivery change what is paid", async (t) => {
  const scene = await asked(t);
  await scene.sheet.getByRole("radio", { name: "Express" }).check();
  await total(scene, "$214.00");
  await scene.sheet.getByLabel("Ship to").selectOption("work");
  await scene.sheet.getByText("Sales tax").waitFor();
  await total(scene, "$231.66");
  await scene.shot("payment-totals");
  await scene.press("Pay");
  assert.equal((await paid(scene)).data.amount, "231.66");
  scene.isSound();
});

test("ap18 where nothing is delivered is told in the sheet, and can be corrected", async (t) => {
  const scene = await asked(t);
  const address = scene.sheet.getByLabel("Ship to");
  await address.selectOption("antarctica");
  await scene.sheet.getByRole("alert").locator("li").waitFor();
  await scene.shot("payment-unserviceable");
  assert.equal(await address.getAttribute("aria-invalid"), "true", "it is told where it has to be mended");
  assert.ok(await scene.sheet.getByRole("button", { name: "Pay", exact: true }).isDisabled());
  await address.selectOption("berlin");
  await scene.sheet.locator(".pay-errors li").waitFor({ state: "detached" });
  await scene.press("Pay");
  await paid(scene);
  scene.isSound();
});

test("ap18 a postal code that does not fit the card keeps the sheet open", async (t) => {
  const scene = await asked(t);
  await scene.sheet.getByLabel("Card").selectOption("postcode");
  await scene.press("Pay");
  await scene.sheet.getByRole("alert").locator("li").waitFor();
  await scene.shot("payment-postal-code");
  const again = scene.sheet.getByRole("button", { name: "Pay", exact: true });
  assert.ok(await again.evaluate((it) => it === document.activeElement), "the focus is where it was");
  await scene.sheet.getByLabel("Card").selectOption("visa");
  await scene.press("Pay");
  await paid(scene);
  scene.isSound();
});

test("choices made in a hurry end with the last of them", async (t) => {
  const scene = await asked(t);
  const by = (name) => scene.sheet.getByRole("radio", { name });
  await by("Express").check();
  await by("Standard").check();
  await by("Express").check();
  await until("three choices", async () => {
    const [sheet] = await sheets(scene);
    return sheet.calls.filter((it) => it.step === "shippingMethodUpdate").length === 3;
  });
  await total(scene, "$214.00");
  assert.ok(await by("Express").isChecked());
  await scene.press("Pay");
  assert.equal((await paid(scene)).data.amount, "214.00");
  scene.isSound();
});

test("while it is paid, nothing is chosen and the sheet stays", async (t) => {
  const scene = await asked(t);
  await scene.fault({ at: { psp: "stripe" }, messageType: "authorize", effect: { kind: "slow" }, delayMs: 8000, times: 1 });
  await scene.press("Pay");
  await scene.sheet.getByText("Processing…").waitFor();
  await scene.shot("payment-processing");
  await scene.page.keyboard.press("Escape");
  await scene.page.mouse.click(10, 10);
  assert.ok(await scene.sheet.locator(".pay").evaluate((it) => it.inert));
  assert.ok(await scene.sheet.getByRole("button", { name: "Cancel" }).isDisabled());
  await paid(scene);
  scene.isSound();
});

for (const colorScheme of ["light", "dark"]) {
  test(`the sheet can be used without a pointer and read by everybody, in the ${colorScheme}`, async (t) => {
    const look = { colorScheme, viewport: { width: 320, height: 700 }, reducedMotion: "reduce" };
    const scene = await asked(t, { look });
    await total(scene, "$199.00");
    assert.deepEqual(await scene.page.evaluate(audit), [], "the sheet");
    await scene.shot(`payment-narrow-${colorScheme}`);
    assert.equal(await scene.sheet.getAttribute("aria-labelledby").then(Boolean), true);
    for (let step = 0; step < 12; step++) {
      await scene.page.keyboard.press("Tab");
      const behind = await scene.page.evaluate(() => {
        const here = document.activeElement;
        return here !== document.body && !here.closest("dialog");
      });
      assert.equal(behind, false, "the focus stays in the sheet");
    }
    await scene.sheet.getByLabel("Card").focus();
    await scene.page.keyboard.press("Escape");
    await scene.sheet.waitFor({ state: "detached" });
    const stays = await scene.opener("Pay for your desk").evaluate((it) => it === document.activeElement);
    assert.ok(stays, "the focus is where it was");
    await until("the sheet is closed", async () => (await sheets(scene))[0].state === "cancelled");
    scene.isSound();
  });
}

test("the sample business takes a payment, and says thanks", async (t) => {
  const scene = await openScene(t, { greeting: "pay" });
  await scene.opener("Pay for your desk").click();
  await scene.sheet.getByText("Walnut desk").waitFor();
  await scene.press("Pay");
  await paid(scene);
  await scene.theirs("Thank you. You paid 199.00 USD.").waitFor();
  scene.isSound();
});
