// What the customer chooses in a payment sheet, and what it costs. Everything stays in place while the
// amounts change, so that whoever is in a field stays there and hears the new total.

import { make, words } from "./dom.js";
import { money } from "./payment.js";

// Whose fault an error is, by Apple's code: the field beside which it stands. Others stand at the end.
const FIELDS = {
  billingContactInvalid: "billingContact",
  shippingContactInvalid: "shippingContact",
  addressUnserviceable: "shippingContact",
};

export class Choices {
  // Choices that the price is asked for.
  asking = 0;
  processing = false;

  // `choose` is told what was chosen.
  constructor(sheet, wallet, locale, choose) {
    Object.assign(this, { sheet, wallet, locale, choose, fields: new Map() });
    const { cards, contacts } = wallet;
    const accepted = cards.filter((it) => sheet.cards.includes(it.name));
    const contactName = ({ contact }) =>
      [contact.addressLines[0], contact.locality, contact.country].filter(Boolean).join(", ");
    const addresses = contacts.map((it) => [it.name, contactName(it)]);
    this.methods = make("fieldset", { class: "rows", onchange: (event) => this.chooseMethod(event) });
    this.bill = make("dl", { class: "bill" });
    this.total = make("p", { class: "pay-total", role: "status" });
    this.errors = make("ul", { class: "pay-errors" });
    this.status = make("p", { class: "pay-status", role: "status" });
    this.body = make(
      "div",
      { class: "pay" },
      make(
        "div",
        { class: "pay-fields" },
        this.field("Card", "card", accepted.map((it) => [it.name, `${it.displayName} (${it.type})`])),
        sheet.requiredBilling.length > 0 && this.field("Billing", "billingContact", addresses),
        sheet.requiredShipping.length > 0 && this.field("Ship to", "shippingContact", addresses),
      ),
      this.methods,
      this.bill,
      make("div", { role: "alert" }, this.errors),
    );
    this.foot = make("div", {}, this.status, this.total);
    this.update(sheet);
  }

  // Nothing is paid while its price is asked for, nor what cannot be delivered.
  ready() {
    const stuck = this.sheet.errors.some((it) => FIELDS[it.code] === "shippingContact");
    return this.asking === 0 && !this.processing && !stuck && Boolean(this.sheet.card);
  }

  // While it is paid, nothing is chosen.
  process(processing) {
    this.processing = processing;
    this.body.inert = processing;
    this.status.textContent = processing ? "Processing…" : "";
  }

  update(sheet) {
    this.sheet = sheet;
    this.showMethods();
    const line = (item) =>
      make("div", {}, words("dt", "", item.label), make("dd", {}, this.amount(item)));
    this.bill.replaceChildren(...sheet.lines.map(line));
    const total = [`Pay ${sheet.total.label}`, this.amount(sheet.total)];
    if (this.total.textContent !== total.join("")) {
      this.total.replaceChildren(words("span", "pay-whom", total[0]), make("span", {}, total[1]));
    }
    this.showErrors();
  }

  amount(item) {
    if (item.type?.toLowerCase() === "pending") return "Pending";
    return money(item.amount, this.sheet.currency, this.locale);
  }

  field(label, name, options) {
    const choices = options.map(([value, text]) =>
      make("option", { value, selected: this.sheet[name] === value }, text),
    );
    const id = `pay-${name}`;
    const select = make(
      "select",
      { name, "aria-describedby": id, onchange: () => this.choose({ [name]: select.value }) },
      choices,
    );
    const errors = make("ul", { class: "pay-errors" });
    this.fields.set(name, { select, errors });
    return make(
      "div",
      { class: "pay-field" },
      make("label", {}, make("span", { class: "field-label" }, label), select),
      make("div", { id, role: "alert" }, errors),
    );
  }

  showErrors() {
    const text = (it) => words("li", "", it.message || it.code);
    const at = (it) => (this.fields.has(FIELDS[it.code]) ? FIELDS[it.code] : null);
    const of = (name) => this.sheet.errors.filter((it) => at(it) === name).map(text);
    for (const [name, { select, errors }] of this.fields) {
      errors.replaceChildren(...of(name));
      select.setAttribute("aria-invalid", String(errors.childElementCount > 0));
    }
    this.errors.replaceChildren(...of(null));
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
    // Whoever has chosen on meanwhile is not sent back.
    if (this.asking > 1) return;
    for (const input of this.methods.querySelectorAll("input")) {
      input.checked = input.value === shippingMethod;
    }
  }

  method({ identifier, label, detail, amount }) {
    const costs = Number(amount) === 0 ? "Free" : money(amount, this.sheet.currency, this.locale);
    return make(
      "label",
      { class: "row" },
      make("input", { type: "radio", name: "shippingMethod", value: identifier }),
      make("span", { class: "row-words" }, words("span", "row-title", label), words("span", "row-subtitle", detail)),
      make("span", { class: "row-amount" }, costs),
    );
  }

  chooseMethod(event) {
    this.choose({ shippingMethod: event.target.value });
  }
}
