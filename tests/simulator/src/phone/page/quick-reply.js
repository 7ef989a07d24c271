// Quick reply: two to five pills; after the tap, the summary.

import { make, words } from "./dom.js";

export function quickReply(entry, answer, reply) {
  const asked = entry.message.interactiveData.data["quick-reply"];
  const chosen = answer?.message.interactiveData.data["quick-reply"]?.selectedIdentifier;
  const pill = (item) =>
    make(
      "button",
      {
        type: "button",
        class: "pill",
        dir: "auto",
        disabled: Boolean(answer),
        "aria-pressed": answer ? String(item.identifier === chosen) : null,
        onclick: (event) => choose(event.currentTarget, item, reply),
      },
      item.title,
    );
  return make(
    "div",
    { class: "pills", role: "group", "aria-label": asked.summaryText },
    answer && words("p", "pills-summary", asked.summaryText),
    (asked.items ?? []).map(pill),
  );
}

// All are locked until the answer is out, so that a double tap is one answer.
async function choose(pill, item, reply) {
  const pills = [...pill.parentElement.querySelectorAll("button")];
  const lock = (locked) => pills.forEach((it) => it.toggleAttribute("disabled", locked));
  lock(true);
  const trouble = await reply({ quickReply: { identifier: item.identifier } });
  if (trouble) lock(false);
}
