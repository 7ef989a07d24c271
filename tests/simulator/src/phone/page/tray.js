// Files to send: chosen with the button, dropped on the phone or pasted. They are handed in one by
// one when the message is sent, each with a bar that tells how far it is.

import { $, make } from "./dom.js";
import { fileWords, sign } from "./files.js";

let chosen = []; // in the order chosen: the file, its item, and how far it is
let changed = () => {};

// `listen` is called whenever files come or go.
export function listenToFiles(listen) {
  changed = listen;
  $("attach").addEventListener("click", () => $("files").click());
  $("files").addEventListener("change", () => {
    add($("files").files);
    $("files").value = ""; // so that the same file can be chosen again
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
}

export function filesChosen() {
  return chosen.length;
}

// Hands every file in, one after the other. Gives what a message says of them, or what went wrong;
// then the files stay.
export async function handIn(api) {
  try {
    const entries = [];
    for (const one of [...chosen]) {
      const isThere = () => chosen.includes(one); // until it is removed
      if (isThere()) one.entry ??= await upload(api, one);
      if (isThere()) entries.push(one.entry);
    }
    return { entries };
  } catch (error) {
    return { trouble: error.message };
  }
}

export function emptyTray() {
  chosen.forEach(forget);
  chosen = [];
  show();
}

function add(files) {
  if ($("attach").disabled) return;
  for (const file of files) chosen.push(drawn(file));
  show();
  $("text").focus();
}

function drawn(file) {
  // `entry` is what a message says of it, once it is handed in.
  const one = { file, entry: null, request: null };
  one.picture = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  one.bar = make("progress", { max: 1, value: 0, "aria-label": `${file.name} sent`, hidden: true });
  const image = one.picture && make("img", { src: one.picture, alt: "" });
  image?.addEventListener("error", () => image.replaceWith(sign(file.name)));
  const remove = { type: "button", class: "remove", "aria-label": `Remove ${file.name}`, onclick: () => drop(one) };
  one.item = make(
    "li",
    {},
    image ?? sign(file.name),
    fileWords(file.name, file.size, one.bar),
    make("button", remove, "×"),
  );
  return one;
}

function drop(one) {
  forget(one);
  chosen = chosen.filter((it) => it !== one);
  show();
  (document.querySelector("#tray .remove") ?? $("attach")).focus();
}

function forget(one) {
  one.request?.abort();
  if (one.picture) URL.revokeObjectURL(one.picture);
}

function show() {
  $("tray").hidden = chosen.length === 0;
  $("tray").replaceChildren(...chosen.map((it) => it.item));
  changed();
}

// `fetch` does not tell how much has been sent.
function upload(api, one) {
  const { file, bar } = one;
  const about = new URLSearchParams({ name: file.name });
  if (file.type) about.set("mimeType", file.type);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    one.request = request;
    bar.hidden = false;
    request.upload.onprogress = ({ loaded }) => {
      bar.value = file.size === 0 ? 1 : loaded / file.size;
    };
    const refused = () => reject(new Error(request.response?.detail ?? `${file.name} could not be sent.`));
    request.onload = () => (request.status === 201 ? resolve(request.response) : refused());
    request.onerror = refused;
    request.onabort = () => resolve(null);
    request.responseType = "json";
    request.open("POST", `${api}/files?${about}`);
    request.send(file);
  });
}
