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
  const leave = () => form.dataset.held === undefined && dialog.close();
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
    // The browser gives the focus back, unless the message was drawn anew meanwhile.
    if (!origin?.isConnected) item?.querySelector("button:enabled")?.focus();
  });
  dialog.addEventListener("cancel", (event) => form.dataset.held !== undefined && event.preventDefault());
  dialog.addEventListener("click", (event) => event.target === dialog && leave());
  document.body.append(dialog);

  const sheet = {
    close: () => dialog.close(),
    leave,
    // `page`: {title, body, action, act, ready, back, leave, foot}. `act` gives what went wrong, or
    // nothing when the sheet is to close; null keeps it open, and whoever does not want the sheet to be
    // left meanwhile says so by `holds`. `leave` is the word on the left, null for none. Under a `foot`
    // the action is a button as wide as the sheet. Gives what looks again whether it is ready.
    show: (page) => fill(form, id, sheet, page),
  };
  queueMicrotask(() => dialog.showModal());
  return sheet;
}

function fill(form, id, sheet, page) {
  const ready = page.ready ?? (() => true);
  const leave = page.leave === undefined ? "Cancel" : page.leave;
  const left = make(
    "button",
    { type: "button", class: "sheet-button", onclick: page.back ?? sheet.leave },
    page.back ? "Back" : leave,
  );
  const right = make("button", { type: "submit", class: page.foot ? "sheet-action" : "sheet-button strong" }, page.action);
  const heading = make("h2", { id, dir: "auto", tabindex: "-1" }, page.title);
  const trouble = make("p", { class: "trouble", role: "alert" });
  const turned = form.childElementCount > 0;
  form.replaceChildren(
    make("div", { class: "sheet-bar" }, page.back || leave ? left : make("span"), heading, page.foot ? make("span") : right),
    make("div", { class: "sheet-body" }, page.body, trouble),
    ...(page.foot ? [make("div", { class: "sheet-foot" }, page.foot, right)] : []),
  );
  const look = () => {
    right.disabled = !ready();
  };
  look();
  form.oninput = look;
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!ready()) return;
    const here = form.contains(document.activeElement) ? document.activeElement : heading;
    right.disabled = true;
    if (page.holds) form.dataset.held = "";
    left.disabled = Boolean(page.holds);
    const outcome = await page.act();
    delete form.dataset.held;
    left.disabled = false;
    if (outcome === undefined) sheet.close();
    else if (outcome !== null) trouble.textContent = outcome;
    if (outcome !== null || here.isConnected) look();
    // A button that was out of use for a while has lost the focus.
    if (here.isConnected && !form.contains(document.activeElement)) here.focus();
  };
  // A page turned: whoever does not see it hears where they are.
  if (turned) heading.focus();
  return look;
}
