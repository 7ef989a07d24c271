// Tapbacks: a button beside each message of the business opens the menu.

import { $, make } from "./dom.js";

let quoted = null;

export function reactButton(name) {
  const open = () => {
    quoted = name;
    $("react-to").textContent = name;
    $("removed").checked = false;
    $("tapbacks").showModal();
  };
  const label = `React to “${name}”`;
  const shown = make("span", { "aria-hidden": "true" }, "☺");
  const attributes = { type: "button", class: "react", "aria-haspopup": "dialog", "aria-label": label };
  return make("button", { ...attributes, onclick: open }, shown);
}

// `send` posts {reaction, quoted, removed}.
export function listenToTapbacks(send) {
  const menu = $("tapbacks");
  menu.addEventListener("close", () => {
    const reaction = menu.returnValue;
    if (reaction) send({ reaction, quoted, removed: $("removed").checked });
    menu.returnValue = "";
  });
}
