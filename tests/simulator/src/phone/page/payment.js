// Payment requests: the bubble, and the way through the sheet. The calls that a device makes are made
// by the simulator's server, as a page could not make them without telling where it is from.

import { face } from "./bubble.js";
import { link, make, webAddress, words } from "./dom.js";
import { Choices } from "./payment-choices.js";
import { openSheet } from "./sheet.js";

const api = `/api/customers/${encodeURIComponent(document.body.dataset.customer)}/sheets`;

// `answer`: what the customer's device sent back, if it did.
export function paymentBubble(entry, answer, locale) {
  const { receivedMessage, data } = entry.message.interactiveData;
  const request = data.payment.paymentRequest ?? {};
  const paid = answer?.message.interactiveData?.data?.payment?.state === "paid";
  const content = make(
    "span",
    { class: "payment" },
    face(entry.message, { style: "large", title: request.merchantName ?? "Payment", ...receivedMessage }),
    // What was paid in the end, the answer says.
    !paid && make("span", { class: "payment-total" }, money(request.total?.amount, request.currencyCode, locale)),
  );
  if (paid) return make("div", { class: "opener paid" }, content, make("span", { class: "pay-mark" }, "✓ Paid"));
  const pay = make("span", { class: "pay-mark" }, "Pay with Apple Pay");
  const open = () => new Payment(entry, locale).begin();
  return make("button", { type: "button", class: "opener", "aria-haspopup": "dialog", onclick: open }, content, pay);
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
    const body = words("p", "pay-status", "One moment…");
    this.dialog.show({ title: "Apple Pay", body, foot: make("div"), action: "Pay", ready: () => false });
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
        return this.end("Paid", `${this.total()} to ${sheet.merchantName}`, { kind: "paid" });
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

  total() {
    return money(this.sheet.total.amount, this.sheet.currency, this.locale);
  }

  open() {
    this.choices = new Choices(this.sheet, this.wallet, this.locale, (chosen) => this.choose(chosen));
    this.look = this.dialog.show({
      title: "Apple Pay",
      body: this.choices.body,
      foot: this.choices.foot,
      action: "Pay",
      holds: true,
      ready: () => this.choices.ready(),
      act: () => this.pay(),
    });
  }

  refresh() {
    this.choices.update(this.sheet);
    this.look();
  }

  // One choice after the other: what is shown is what the last one came to.
  choose(chosen) {
    const { choices } = this;
    choices.asking += 1;
    this.look();
    this.asked = Promise.resolve(this.asked).then(async () => {
      if (this.sheet.state === "open") await this.run(() => fetched(`${api}/${this.sheet.id}/choose`, chosen));
      choices.asking -= 1;
      this.look();
    });
  }

  async pay() {
    this.choices.process(true);
    await this.run(() => fetched(`${api}/${this.sheet.id}/authorize`, {}));
    this.choices.process(false);
    return null;
  }

  end(title, text, { kind = "failed", again = false } = {}) {
    const fallback = kind === "paid" ? null : webAddress(this.sheet?.fallbackUrl);
    this.dialog.show({
      title: "Apple Pay",
      body: make(
        "div",
        { class: `pay-end ${kind}` },
        make("span", { class: "pay-sign", "aria-hidden": "true" }, kind === "paid" ? "✓" : "!"),
        words("h3", "pay-outcome", title),
        words("p", "pay-reason", text),
        fallback && make("p", {}, link(fallback, {}, "Other ways to pay")),
      ),
      leave: again ? "Close" : null,
      action: again ? "Try again" : "Done",
      act: again ? () => this.begin().then(() => null) : () => undefined,
    });
  }

  // A sheet that is closed is not paid in.
  leave() {
    if (this.sheet?.state === "open") fetched(`${api}/${this.sheet.id}/cancel`, {}).catch(() => {});
  }
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
