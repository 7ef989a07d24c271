// Rows to choose from: radio buttons or checkboxes with a picture, title and subtitle.

import { make, picture, words } from "./dom.js";
import { imageOf } from "./message.js";

// One row. `chosen`: checked from the start.
export function row(message, item, { name, multiple, chosen }) {
  const image = imageOf(message, item.imageIdentifier);
  return make(
    "label",
    { class: "row" },
    make("input", {
      type: multiple ? "checkbox" : "radio",
      name,
      value: item.identifier,
      checked: chosen,
    }),
    make(
      "span",
      { class: "row-words" },
      words("span", "row-title", item.title),
      words("span", "row-subtitle", item.subtitle),
    ),
    image && picture("row-image", image.data, image.description),
  );
}

// The values chosen inside an element, in the order shown.
export function chosenIn(element) {
  return [...element.querySelectorAll("input:checked")].map((input) => input.value);
}
