// Cards: invitations with yes and no; sign-in, to look at; what this device cannot show.

import { face } from "./bubble.js";
import { make, picture, words } from "./dom.js";

export function invitation(message, answer, reply) {
  const asked = message.interactiveData.data.notification;
  const { brandName, brandLogo } = asked.parameters ?? {};
  const accepted = answer ? answer.type !== "close" : null;
  const button = (label, accept) =>
    make(
      "button",
      {
        type: "button",
        class: "pill",
        disabled: Boolean(answer),
        "aria-pressed": answer ? String(accepted === accept) : null,
        onclick: () => reply({ invitation: { accept } }),
      },
      label,
    );
  return make(
    "div",
    { class: "invitation", role: "group", "aria-label": "Invitation" },
    picture("invitation-logo", brandLogo, ""),
    words("p", "invitation-brand", brandName ?? "A business"),
    make("p", { class: "invitation-words" }, "wants to send you messages here."),
    words("p", "invitation-reference", asked.referenceId),
    make("div", { class: "invitation-buttons" }, button("Yes", true), button("No", false)),
  );
}

export function signIn(message) {
  const shape = message.interactiveData.receivedMessage ?? { title: "Sign in" };
  return make(
    "div",
    { class: "opener" },
    face(message, shape),
    make("span", { class: "hint" }, "Sign-in · cannot be done here"),
  );
}

export function unsupported(token) {
  const why = token ? `This device cannot show it (it lacks ${token}).` : "Nobody knows its kind.";
  return make(
    "div",
    { class: "unsupported" },
    make("p", { class: "card-title" }, "This message cannot be shown"),
    make("p", { class: "card-subtitle" }, why),
  );
}
