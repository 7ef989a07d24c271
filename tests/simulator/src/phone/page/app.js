// iMessage app: the bubble of the business's own extension, and a sheet in place of the extension.

import { opener } from "./bubble.js";
import { make, picture, words } from "./dom.js";
import { openSheet } from "./sheet.js";

export function appBubble(message, reply) {
  const app = message.interactiveData;
  const shape = app.receivedMessage ?? {};
  const icon = picture("app-icon", app.appIcon, "") ?? make("span", { class: "app-icon" });
  const content = make(
    "span",
    { class: "app" },
    (shape.imageTitle || shape.imageSubtitle) &&
      make(
        "span",
        { class: "app-image" },
        words("span", "app-image-title", shape.imageTitle),
        words("span", "app-image-subtitle", shape.imageSubtitle),
      ),
    make(
      "span",
      { class: "app-words" },
      words("span", "card-title", shape.title ?? app.appName),
      words("span", "app-second", shape.secondarySubtitle),
      words("span", "card-subtitle", shape.subtitle),
      words("span", "app-third", shape.tertiarySubtitle),
    ),
    make("span", { class: "app-name" }, icon, words("span", "", app.appName)),
  );
  return opener(content, () => openApp(app, reply));
}

function openApp(app, reply) {
  const field = (label, value, required) => {
    const input = make("input", { type: "text", autocomplete: "off", value, required });
    return { input, row: make("label", { class: "field" }, make("span", { class: "field-label" }, label), input) };
  };
  const url = field("URL to answer with", app.URL ?? "?", true);
  const title = field("Title", app.replyMessage?.title ?? "", false);
  const subtitle = field("Subtitle", app.replyMessage?.subtitle ?? "", false);
  openSheet().show({
    title: app.appName ?? "App",
    body: make(
      "div",
      { class: "page" },
      make("p", { class: "question" }, "The app is not on this phone. Answer in its place."),
      make("p", { class: "field-hint" }, "It would be opened with ", make("code", { dir: "ltr" }, app.URL ?? "")),
      url.row,
      title.row,
      subtitle.row,
    ),
    action: "Send",
    ready: () => url.input.value !== "",
    act: () =>
      reply({
        app: {
          URL: url.input.value,
          title: title.input.value || undefined,
          subtitle: subtitle.input.value || undefined,
        },
      }),
  });
}
