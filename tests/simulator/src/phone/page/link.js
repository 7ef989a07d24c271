// Rich links and App Clips: a picture or a video over a title and the host.

import { link, make, picture, webAddress, words } from "./dom.js";

export function richLink(message) {
  const data = message.richLinkData ?? {};
  const clip = message.richLinkDataRef;
  const address = webAddress(data.url ?? clip?.link ?? message.body ?? "");
  const title = data.title ?? clip?.title ?? address?.host ?? "Link";
  const image = picture("link-image", data.assets?.image?.data, "");
  const moving = video(data.assets?.video, data.assets?.image?.data, title);
  const caption = [
    words("span", "link-title", title),
    words("span", "link-host", address ? host(address) : data.url),
    clip && make("span", { class: "clip" }, "App Clip · Open"),
  ];
  const inside = [!moving && image, make("span", { class: "link-words" }, caption)];
  return make(
    "div",
    { class: "link-card" },
    moving,
    address ? link(address, { class: "link-open" }, inside) : make("span", { class: "link-open" }, inside),
  );
}

function host(address) {
  return address.host.replace(/^www\./, "");
}

function video(asset, poster, title) {
  const address = webAddress(asset?.url ?? "");
  if (!address) return null;
  const still = poster?.startsWith("/phone/") ? poster : null;
  const named = { "aria-label": `Video: ${title}` };
  const source = make("source", { src: address.href, type: asset.mimeType });
  return make(
    "video",
    { class: "link-image", controls: true, preload: "none", poster: still, ...named },
    source,
  );
}
