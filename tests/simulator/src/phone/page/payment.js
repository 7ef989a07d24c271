// Payment requests: the bubble, and the way through the sheet. The calls that a device makes are made
// by the simulator's server, as a page could not make them without telling where it is from.

import { face, opener } from "./bubble.js";
import { link, make, webAddress, words } from "./dom.js";
import { Choices } from "./payment-choices.js";
import { openSheet } from "./sheet.js";

const api = `/api/customers/${encodeURIComponent(document.body.dataset.customer)}/sheets`;

// `answer`: what the customer's device sent back, if it did.
export function paymentBubble(entry, answer, locale) {
  const { receivedMessage, data } = entry.message.interactiveData;
  const request = data.payment.paymentRequest ?? {};
  const content = make(
    "span",
    { class: "payment" },
    face(entry.message, { style: "large", title: request.merchantName ?? "Payment", ...receivedMessage }),
    make("span", { class: "payment-total" }, money(request.total?.amount, request.currencyCode, locale)),
  );
  if (answer?.message.interactiveData?.data?.payment?.state === "paid") {
    return make("div", { class: "opener paid" }, content, make("span", { class: "hint" }, "✓ Paid"));
  }
  return opener(content, () => new Payment(entry, locale).begin(), "Pay with Apple Pay");
}

export function money(amount, currency, locale) {
  if (amount === undefined) return "";
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency }).format(Number(amount));
  } catch {
    return [amount, currency].filter(Boolean).join(" ");
  }
}

// One dialog: a sheet to pay in, what came of it, and perhaps another sheet.
class Payment {
  constructor(entry, locale) {
    this.entry = entry;
    this.locale = locale;
    this.dialog = openSheet(() => this.leave());
  }

  async begin() {
    this.dialog.show({ title: "Apple Pay", body: status("One moment…"), action: "Pay", ready: () => false });
    const { businessId, id: messageId } = this.entry;
    await this.run(async () => {
      this.wallet ??= await fetched("/api/wallet");
      return fetched(api, { businessId, messageId });
    });
  }

  // Does something to the sheet and shows how it stands afterwards.
  async run(work) {
    try {
      this.show(await work());
    } catch (error) {
      this.end("It did not work", error.message);
    }
  }

  show(sheet) {
    const same = this.sheet?.id === sheet.id && this.sheet.state === "open";
    this.sheet = sheet;
    switch (sheet.state) {
      case "open":
        return same ? this.refresh() : this.open();
      case "paid":
        return this.end("Done", "✓ Paid", { className: "paid" });
      case "declined":
        return this.end("Payment not completed", "The payment was declined. Nothing was charged.", { again: true });
      case "unavailable":
        return this.end("Payment not available", "It cannot be paid here now.", { again: true });
      case "expired":
        return this.end("Payment not available", "The request has expired.");
      case "setup":
        return this.end("Payment not available", "None of the cards on this phone is taken.");
      default:
        return this.end("Payment not available", "The request is not valid.");
    }
  }

  open() {
    this.choices = new Choices(this.sheet, this.wallet, this.locale, (chosen) => this.choose(chosen));
    this.look = this.dialog.show({
      title: this.sheet.merchantName,
      body: this.choices.body,
      action: "Pay",
      ready: () => this.choices.ready(),
      act: () => this.pay(),
    });
  }

  refresh() {
    this.choices.update(this.sheet);
    this.look();
  }

  async choose(chosen) {
    this.choices.busy = true;
    this.look();
    await this.run(() => fetched(`${api}/${this.sheet.id}/choose`, chosen));
    this.choices.busy = false;
    this.look();
  }

  async pay() {
    this.choices.busy = true;
    this.choices.say("Processing…");
    await this.run(() => fetched(`${api}/${this.sheet.id}/authorize`, {}));
    this.choices.busy = false;
    this.choices.say("");
    return null;
  }

  end(title, text, { className = "", again = false } = {}) {
    const fallback = this.sheet?.state === "paid" ? null : webAddress(this.sheet?.fallbackUrl);
    this.dialog.show({
      title,
      body: make(
        "div",
        { class: `pay-end ${className}` },
        status(text),
        fallback && make("p", {}, link(fallback, {}, "Pay on the web")),
      ),
      action: again ? "Try again" : "Done",
      act: again ? () => this.begin().then(() => null) : () => undefined,
    });
  }

  // A sheet that is closed is not paid in.
  leave() {
    if (this.sheet?.state === "open") fetched(`${api}/${this.sheet.id}/cancel`, {}).catch(() => {});
  }
}

function status(text) {
  return words("p", "pay-status", text);
}

// What the simulator answers; its own words where it refuses.
async function fetched(path, body) {
  const posted = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(path, body && posted).catch(() => null);
  if (!answer) throw new Error("The simulator does not answer.");
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(json.detail ?? `The simulator answers ${answer.status}.`);
  return json;
}
