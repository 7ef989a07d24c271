// The bubble of an interactive message: icon, small or large, with a picture, title and subtitle.

import { make, picture, words } from "./dom.js";
import { imageOf } from "./message.js";

const STYLES = ["icon", "small", "large"];

// What stands in a bubble, drawn as `receivedMessage` or `replyMessage` says.
export function face(message, shape, tag = "span") {
  const style = STYLES.includes(shape?.style) ? shape.style : "icon";
  const image = imageOf(message, shape?.imageIdentifier);
  return make(
    tag,
    { class: `card ${style}` },
    image && picture("card-image", image.data, image.description),
    make(
      "span",
      { class: "card-words" },
      words("span", "card-title", shape?.title ?? "Message"),
      words("span", "card-subtitle", shape?.subtitle),
    ),
  );
}

// A bubble that opens a sheet.
export function opener(content, open, hint) {
  return make(
    "button",
    { type: "button", class: "opener", "aria-haspopup": "dialog", onclick: open },
    content,
    words("span", "hint", hint),
  );
}
