// A sheet that slides over the conversation: a title between two buttons, and a page below.

import { make } from "./dom.js";

let opened = 0;

// Opens a sheet. `show` fills it; it closes by Cancel, Escape or a tap beside it, and `closed` is told.
export function openSheet(closed = () => {}) {
  const id = `sheet-${++opened}`;
  const form = make("form", { class: "sheet-form", novalidate: true });
  const dialog = make("dialog", { class: "sheet", "aria-labelledby": id }, form);
  const origin = document.activeElement;
  const item = origin?.closest("li");
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
    // The browser gives the focus back, unless the message was drawn anew meanwhile.
    if (!origin?.isConnected) item?.querySelector("button:enabled")?.focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);

  const sheet = {
    close: () => dialog.close(),
    // `page`: {title, body, action, act, ready, back}. `act` gives what went wrong, or nothing
    // when the sheet is to close; null keeps it open. Gives what looks again whether it is ready.
    show: (page) => fill(form, id, sheet, page),
  };
  queueMicrotask(() => dialog.showModal());
  return sheet;
}

function fill(form, id, sheet, page) {
  const ready = page.ready ?? (() => true);
  const left = make(
    "button",
    { type: "button", class: "sheet-button", onclick: page.back ?? sheet.close },
    page.back ? "Back" : "Cancel",
  );
  const right = make("button", { type: "submit", class: "sheet-button strong" }, page.action);
  const heading = make("h2", { id, dir: "auto", tabindex: "-1" }, page.title);
  const trouble = make("p", { class: "trouble", role: "alert" });
  const turned = form.childElementCount > 0;
  form.replaceChildren(
    make("div", { class: "sheet-bar" }, left, heading, right),
    make("div", { class: "sheet-body" }, page.body, trouble),
  );
  const look = () => {
    right.disabled = !ready();
  };
  look();
  form.oninput = look;
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!ready()) return;
    right.disabled = true;
    const outcome = await page.act();
    if (outcome === undefined) sheet.close();
    else if (outcome !== null) trouble.textContent = outcome;
    if (outcome !== null) look();
  };
  // A page turned: whoever does not see it hears where they are.
  if (turned) heading.focus();
  return look;
}
