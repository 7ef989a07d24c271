// Making elements. Text from the wire only ever becomes text nodes and attribute values.

export const $ = (id) => document.getElementById(id);

// An element with attributes (absent, false: left out; `on…`: listeners) and children (absent,
// false: left out; strings: text).
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((it) => it !== undefined && it !== null && it !== false));
  return made;
}

// Somebody's words, in their direction; nothing if there are none.
export function words(tag, className, text) {
  if (text === undefined || text === null || text === "") return null;
  return make(tag, { class: className, dir: "auto" }, String(text));
}

// A picture of the message; nothing if there is none.
export function picture(className, source, description) {
  if (!source?.startsWith("/phone/")) return null;
  return make("img", { class: className, src: source, alt: description ?? "" });
}

// Only addresses that a tap may open.
export function webAddress(text) {
  try {
    const address = new URL(text);
    return ["http:", "https:"].includes(address.protocol) ? address : null;
  } catch {
    return null;
  }
}

// A link that opens beside the phone.
export function link(address, attributes, ...children) {
  const beside = { href: address.href, target: "_blank", rel: "noopener noreferrer" };
  return make("a", { ...beside, ...attributes }, ...children);
}
