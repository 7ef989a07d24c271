// What the customer chooses in a payment sheet, and what it costs. Everything stays in place while the
// amounts change, so that whoever is in a field stays there and hears the new total.

import { make, words } from "./dom.js";
import { money } from "./payment.js";

export class Choices {
  // `choose` is told what was chosen.
  constructor(sheet, wallet, locale, choose) {
    Object.assign(this, { sheet, wallet, locale, choose, busy: false });
    const { cards, contacts } = wallet;
    const accepted = cards.filter((it) => sheet.cards.includes(it.name));
    const contactName = ({ contact }) =>
      [contact.addressLines[0], contact.locality, contact.country].filter(Boolean).join(", ");
    this.methods = make("fieldset", { class: "rows", onchange: (event) => this.chooseMethod(event) });
    this.bill = make("dl", { class: "bill" });
    this.total = make("p", { class: "pay-total", role: "status" });
    this.errors = make("ul", { class: "pay-errors" });
    this.status = make("p", { class: "pay-status", role: "status" });
    const choice = (label, name, options) => this.choice(label, name, options);
    this.body = make(
      "div",
      { class: "pay" },
      choice("Card", "card", accepted.map((it) => [it.name, `${it.displayName} (${it.type})`])),
      sheet.requiredBilling.length > 0 &&
        choice("Billing", "billingContact", contacts.map((it) => [it.name, contactName(it)])),
      sheet.requiredShipping.length > 0 &&
        choice("Ship to", "shippingContact", contacts.map((it) => [it.name, contactName(it)])),
      this.methods,
      this.bill,
      this.total,
      make("div", { role: "alert" }, this.errors),
      this.status,
    );
    this.update(sheet);
  }

  ready() {
    return !this.busy && Boolean(this.sheet.card);
  }

  say(text) {
    this.status.textContent = text;
  }

  update(sheet) {
    this.sheet = sheet;
    this.showMethods();
    const line = (item) =>
      make("div", {}, words("dt", "", item.label), make("dd", {}, this.amount(item)));
    this.bill.replaceChildren(...sheet.lines.map(line));
    const total = `${sheet.total.label}: ${this.amount(sheet.total)}`;
    if (this.total.textContent !== total) this.total.textContent = total;
    this.errors.replaceChildren(
      ...sheet.errors.map((it) => words("li", "", it.message || it.code)),
    );
  }

  amount(item) {
    if (item.type?.toLowerCase() === "pending") return "Pending";
    return money(item.amount, this.sheet.currency, this.locale);
  }

  choice(label, name, options) {
    const choices = options.map(([value, text]) =>
      make("option", { value, selected: this.sheet[name] === value }, text),
    );
    const select = make("select", { name, onchange: () => this.choose({ [name]: select.value }) }, choices);
    return make("label", { class: "field" }, make("span", { class: "field-label" }, label), select);
  }

  // Drawn anew only when the ways of delivery are others.
  showMethods() {
    const { shippingMethods, shippingMethod } = this.sheet;
    this.methods.hidden = shippingMethods.length === 0;
    const drawn = JSON.stringify(shippingMethods);
    if (this.drawn !== drawn) {
      this.drawn = drawn;
      const wasHere = this.methods.contains(document.activeElement);
      this.methods.replaceChildren(make("legend", {}, "Delivery"), ...shippingMethods.map((it) => this.method(it)));
      if (wasHere) this.methods.querySelector("input")?.focus();
    }
    for (const input of this.methods.querySelectorAll("input")) {
      input.checked = input.value === shippingMethod;
    }
  }

  method({ identifier, label, detail, amount }) {
    return make(
      "label",
      { class: "row" },
      make("input", { type: "radio", name: "shippingMethod", value: identifier }),
      make("span", { class: "row-words" }, words("span", "row-title", label), words("span", "row-subtitle", detail)),
      make("span", { class: "row-amount" }, money(amount, this.sheet.currency, this.locale)),
    );
  }

  chooseMethod(event) {
    this.choose({ shippingMethod: event.target.value });
  }
}
