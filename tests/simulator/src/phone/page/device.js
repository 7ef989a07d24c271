// The device's settings: what it can show, as older ones cannot.

import { make } from "./dom.js";
import { openSheet } from "./sheet.js";

const TOKENS = [
  ["AUTH", "Sign-in, first kind"],
  ["LIST", "List pickers"],
  ["TIME", "Time pickers"],
  ["FORM", "Forms"],
  ["QUICK", "Quick replies"],
  ["AUTH2", "Sign-in, second kind"],
];

// `change` posts the new capability list and gives what went wrong, or nothing.
export function openDevice(capabilities, change) {
  const boxes = TOKENS.map(([token, what]) => ({
    token,
    what,
    input: make("input", { type: "checkbox", name: token, checked: capabilities.includes(token) }),
  }));
  const others = capabilities.filter((it) => !TOKENS.some(([token]) => token === it));
  const rows = boxes.map(({ token, what, input }) =>
    make(
      "label",
      { class: "row" },
      input,
      make(
        "span",
        { class: "row-words" },
        make("span", { class: "row-title" }, what),
        make("span", { class: "row-subtitle" }, token),
      ),
    ),
  );
  openSheet().show({
    title: "This device",
    body: make(
      "div",
      {},
      make("fieldset", { class: "rows" }, make("legend", {}, "It can show"), rows),
      make("p", { class: "field-hint" }, "The business learns of a change with your next message."),
    ),
    action: "Done",
    act: () => {
      const chosen = boxes.filter((it) => it.input.checked).map((it) => it.token);
      return change([...chosen, ...others]);
    },
  });
}
