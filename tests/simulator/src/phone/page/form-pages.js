// The four kinds of form pages. Each gives {body, ready(), answer()}; an answer is
// {identifiers} or {value}, with `shown` for the summary.

import { chosenIn, row } from "./choices.js";
import { make, words } from "./dom.js";
import { fitsRule, autocomplete, inputMode, readDate, today, writeDate } from "./form-rules.js";

let made = 0;

export function pageView(message, page, earlier, locale) {
  const kinds = { select, picker, datePicker, input };
  return (kinds[page.type] ?? select)(message, page, earlier, locale);
}

function select(message, page, earlier) {
  const multiple = page.multipleSelection === true;
  const items = page.items ?? [];
  const rows = items.map((item) =>
    row(message, item, {
      name: "choice",
      multiple,
      chosen: earlier?.identifiers.includes(item.identifier),
    }),
  );
  const legend = make("legend", { class: "unseen" }, multiple ? "Choose any" : "Choose one");
  const body = make("fieldset", { class: "rows" }, legend, rows);
  return {
    body,
    ready: () => chosenIn(body).length > 0,
    answer: () => ofItems(items, chosenIn(body)),
  };
}

function picker(message, page, earlier) {
  const items = page.items ?? [];
  const preset = items[page.selectedItemIndex ?? 0]?.identifier;
  const chosen = earlier?.identifiers[0] ?? preset;
  const options = items.map((item) =>
    make("option", { value: item.identifier, selected: item.identifier === chosen }, item.title),
  );
  const wheel = make("select", { class: "wheel" }, options);
  const label = words("span", "field-label", page.pickerTitle) ?? unseen(page);
  return {
    body: make("label", { class: "field" }, label, wheel),
    ready: () => items.length > 0,
    answer: () => ofItems(items, [wheel.value]),
  };
}

function datePicker(message, page, earlier, locale) {
  const options = page.options ?? {};
  const format = options.dateFormat ?? "MM/dd/yyyy";
  const limit = (text) => (text ? readDate(text, format) : null);
  const field = make("input", {
    type: "date",
    required: true,
    min: limit(options.minimumDate),
    max: limit(options.maximumDate) ?? today(),
    value: earlier?.value ?? limit(options.startDate) ?? today(),
  });
  return {
    body: make(
      "div",
      {},
      make("label", { class: "field" }, words("span", "field-label", options.labelText ?? "Date"), field),
      words("p", "field-hint", page.hintText),
    ),
    ready: () => field.checkValidity(),
    answer: () => ({ value: field.value, shown: writeDate(field.value, locale) }),
  };
}

function input(message, page, earlier) {
  const options = page.options ?? {};
  const multiline = options.inputType === "multiline";
  const id = `field-${++made}`;
  const field = make(multiline ? "textarea" : "input", {
    id,
    dir: "auto",
    rows: multiline ? "4" : null,
    maxlength: options.maximumCharacterCount ?? (multiline ? 300 : 30),
    placeholder: options.placeholder ?? (options.required ? "Required" : "Optional"),
    required: options.required === true,
    inputmode: inputMode(options.keyboardType),
    autocomplete: autocomplete(options.textContentType),
    "aria-describedby": `${id}-rule`,
  });
  field.value = earlier?.value ?? "";
  const rule = make("p", { id: `${id}-rule`, class: "field-hint", dir: "auto" }, page.hintText ?? "");
  const prefix = multiline ? null : words("span", "field-prefix", options.prefixText);
  const label = (multiline ? null : words("span", "field-label", options.labelText)) ?? unseen(page);
  const ready = () => {
    const fits = fitsRule(field.value, options);
    const wrong = field.value !== "" && !fits;
    field.toggleAttribute("aria-invalid", wrong);
    rule.classList.toggle("wrong", wrong);
    rule.textContent = wrong ? "This is not in the form asked for." : (page.hintText ?? "");
    return fits;
  };
  return {
    body: make(
      "div",
      {},
      make("label", { class: multiline ? "field tall" : "field", for: id }, label, prefix, field),
      rule,
    ),
    ready,
    answer: () => ({ value: field.value, shown: `${options.prefixText ?? ""}${field.value}` }),
  };
}

function unseen(page) {
  return make("span", { class: "unseen" }, page.subtitle ?? page.title ?? "Answer");
}

function ofItems(items, identifiers) {
  const chosen = items.filter((it) => identifiers.includes(it.identifier));
  return { identifiers, shown: chosen.map((it) => it.title).join(", ") };
}
