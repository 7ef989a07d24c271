// Files in a message: pictures and films where they stand, anything else as a card to save.

import { make } from "./dom.js";

// As far as browsers show them; the server sends anything else as bytes.
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const UNITS = ["kB", "MB", "GB"];
// Stands in a text where a file belongs.
const PLACE = "\uFFFC";

// The text and the files of a message, in their order; `wording` makes a bubble of words.
export function withFiles(entry, files, wording) {
  const rest = [...files.entries()];
  const parts = (entry.text ?? "").split(PLACE).flatMap((text, index) => {
    const file = index > 0 && rest.shift();
    return [file && fileOf(entry, file), text.trim() !== "" && wording(text.trim())];
  });
  return make("div", { class: "parts" }, parts, rest.map((file) => fileOf(entry, file)));
}

// What a message without words is called.
export function namesOf(message) {
  return (message.attachments ?? []).map((it) => it.name ?? "Attachment").join(", ");
}

// The text without its files' places.
export function plain(text) {
  return text?.replaceAll(PLACE, "").trim();
}

// 1,234,567 bytes as people say it.
function sizeText(bytes) {
  if (!Number.isFinite(bytes) || bytes < 0) return "size unknown";
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  let [size, unit] = [bytes / 1000, 0];
  while (size >= 999.5 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

// A file's name and size, with whatever stands below; a name that is cut can be read by pointing at it.
export function fileWords(name, size, ...below) {
  const shown = make("span", { class: "file-name", dir: "auto", title: name }, name);
  return make("span", { class: "file-words" }, shown, make("span", { class: "file-size" }, sizeText(size)), below);
}

// A sheet of paper with what the name ends in.
export function sign(name) {
  const ending = /\.([^.\s]{1,4})$/.exec(name)?.[1] ?? "";
  return make("span", { class: "file-sign", "aria-hidden": "true" }, ending.toUpperCase());
}

function fileOf(entry, [number, file]) {
  const customer = encodeURIComponent(document.body.dataset.customer);
  const address = `/phone/${customer}/files/${encodeURIComponent(entry.id)}/${number}`;
  const name = file.name ?? "Attachment";
  const mimeType = (file.mimeType ?? file["mime-type"] ?? "").toLowerCase();
  const card = () => cardOf(address, name, Number(file.size ?? file["file-size"]));
  if (PICTURES.includes(mimeType)) return pictureOf(address, name, card);
  const [kind] = mimeType.split("/");
  return kind === "video" || kind === "audio" ? playable(kind, address, name, card) : card();
}

// A tap saves it. One that is none becomes a card, as does a film that cannot be played.
function pictureOf(address, name, card) {
  const image = make("img", { src: address, alt: name });
  const shown = make("a", { class: "photo", href: address, download: name }, image);
  image.addEventListener("error", () => shown.replaceWith(card()));
  return shown;
}

function playable(kind, address, name, card) {
  const player = make(kind, { src: address, controls: true, preload: "metadata", "aria-label": name });
  const shown = make("div", { class: `film ${kind}` }, player, card());
  player.addEventListener("error", () => shown.replaceWith(card()));
  return shown;
}

function cardOf(address, name, size) {
  return make(
    "a",
    { class: "file", href: address, download: name },
    sign(name),
    fileWords(name, size),
    make("span", { class: "file-save", "aria-hidden": "true" }, "↓"),
  );
}
