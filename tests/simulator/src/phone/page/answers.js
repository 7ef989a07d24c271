// The customer's own bubbles: texts, and replies to interactive messages.

import { face } from "./bubble.js";
import { make, words } from "./dom.js";
import { feature } from "./message.js";

// The bubble of a reply; null if the message is none.
export function replyBubble(message) {
  const interactive = message.interactiveData;
  if (!interactive) return null;
  const data = interactive.data ?? {};
  switch (feature(message)) {
    case "quick-reply":
      return words("p", "bubble", quickChoice(data["quick-reply"]));
    case "notification":
      return words("p", "bubble", "Yes");
    default: {
      const shape = data.replyMessage ?? interactive.replyMessage ?? { title: "Reply" };
      return make("div", { class: "opener reply" }, face(message, shape, "div"));
    }
  }
}

function quickChoice(reply) {
  const chosen = (reply.items ?? []).find((it) => it.identifier === reply.selectedIdentifier);
  return (chosen ?? reply.items?.[reply.selectedIndex])?.title ?? reply.selectedIdentifier;
}
