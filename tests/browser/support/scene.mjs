// A customer of their own for each test, with a phone in the browser and a conversation begun.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import path from "node:path";
import { after, before } from "node:test";
import { chromium } from "playwright-core";
import * as product from "./product.mjs";
import { call, PATIENCE_MS, stack } from "./stack.mjs";

const { AMB_BROWSER, AMB_SCREENSHOTS } = process.env;
const PHONE = { width: 430, height: 860 };

let browser;

// To be called once at the top of a test file.
export function useBrowser() {
  before(async () => {
    browser = await chromium.connect(AMB_BROWSER);
  });
  after(() => browser.close());
}

// Opens a scene that ends with the test. `device`: members of the simulator's customer; `look`:
// options of the browser.
export async function openScene(t, { device = {}, look = {}, greeting = "Hello" } = {}) {
  const name = `browser-${randomUUID().slice(0, 8)}`;
  const customer = await call("POST", `${stack.simulatorUrl}/api/customers`, {
    body: { name, device: { typingFirst: false }, ...device },
  });
  const context = await browser.newContext({ viewport: PHONE, timezoneId: "UTC", ...look });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => message.type() === "error" && troubles.push(message.text()));
  const scene = new Scene(customer, page, troubles);
  if (greeting) await scene.begin(greeting);
  await page.goto(`${stack.simulatorUrl}/phone/${name}?business=${stack.businessId}`);
  return scene;
}

class Scene {
  constructor(customer, page, troubles) {
    this.customer = customer;
    this.page = page;
    this.troubles = troubles;
  }

  // The customer writes first; the product knows them, and what their device can show.
  async begin(text) {
    const { name, opaqueId } = this.customer;
    const { simulatorUrl, businessId } = stack;
    const conversation = { customer: name, businessId, title: "Example Shop" };
    await call("POST", `${simulatorUrl}/api/conversations`, { body: conversation });
    const said = { businessId, text, wait: PATIENCE_MS };
    const entry = await call("POST", `${simulatorUrl}/api/customers/${name}/send`, { body: said });
    assert.equal(entry.state, "delivered");
    this.conversation = await product.conversationWith(opaqueId);
  }

  // The business sends a message of this type.
  send(type, content, more) {
    return product.send(this.customer.opaqueId, type, content, more);
  }

  // The business asks for a payment.
  askPayment(content) {
    return product.askPayment(this.customer.opaqueId, content);
  }

  // Something goes wrong, for this customer alone.
  fault(spec) {
    const body = { customer: this.customer.name, ...spec };
    return call("POST", `${stack.simulatorUrl}/api/faults`, { body });
  }

  // What the simulator says of this customer.
  simulator(what) {
    return call("GET", `${stack.simulatorUrl}/api/customers/${this.customer.name}/${what}`);
  }

  // The customer's answer, as the business is told of it.
  async answer() {
    const event = await product.eventOf(this.conversation.id, "interactive.replied");
    return event.data.message.interactive;
  }

  event(type) {
    return product.eventOf(this.conversation.id, type);
  }

  events(type, count, patience) {
    return product.eventsOf(this.conversation.id, type, count, patience);
  }

  // Chooses files as the button for it does.
  choose(...files) {
    return this.page.locator("#files").setInputFiles(files);
  }

  // What went over Apple's wire from the customer, oldest first.
  async sent() {
    const query = new URLSearchParams({ customer: this.customer.name, direction: "fromCustomer" });
    return (await call("GET", `${stack.simulatorUrl}/api/transcript?${query}`)).items;
  }

  // The bubble with these words that opens a sheet.
  opener(words) {
    return this.page.locator("#messages .theirs button.opener", { hasText: words });
  }

  // What the customer said or answered, as their own bubble.
  mine(words) {
    return this.page.locator("#messages .mine", { hasText: words });
  }

  theirs(words) {
    return this.page.locator("#messages .theirs", { hasText: words });
  }

  get sheet() {
    return this.page.getByRole("dialog");
  }

  // The button at the right of the sheet.
  press(name) {
    return this.sheet.getByRole("button", { name, exact: true }).click();
  }

  async shot(name) {
    await this.page.screenshot({
      path: path.join(AMB_SCREENSHOTS, `${name}.png`),
      animations: "disabled",
    });
  }

  // To be called at the end: nothing went wrong inside the page.
  isSound() {
    assert.deepEqual(this.troubles, []);
  }
}
