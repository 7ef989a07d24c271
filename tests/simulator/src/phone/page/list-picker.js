// List picker: sections of rows in a sheet, one choice or several in each.

import { chosenIn, row } from "./choices.js";
import { make } from "./dom.js";
import { inOrder } from "./message.js";
import { openSheet } from "./sheet.js";

export function openListPicker(entry, reply) {
  const { receivedMessage, data } = entry.message.interactiveData;
  const picker = data.listPicker;
  const sections = inOrder(picker.sections).map((section, index) => {
    const multiple = section.multipleSelection ?? picker.multipleSelection ?? false;
    const rows = inOrder(section.items).map((item) =>
      row(entry.message, item, { name: `section-${index}`, multiple }),
    );
    return make(
      "fieldset",
      { class: "rows" },
      make("legend", { dir: "auto" }, section.title ?? "Choose"),
      rows,
    );
  });
  const body = make("div", {}, sections);
  openSheet().show({
    title: receivedMessage?.title ?? "Choose",
    body,
    action: "Send",
    ready: () => chosenIn(body).length > 0,
    act: () => reply({ listPicker: { identifiers: chosenIn(body) } }),
  });
}
