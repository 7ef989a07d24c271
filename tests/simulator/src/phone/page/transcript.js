// The conversation as a list. Items stay in place when they change, so that a screen reader speaks
// only what is new, and whoever is on one with the keyboard stays there.

import { replyBubble } from "./answers.js";
import { appBubble } from "./app.js";
import { face, opener } from "./bubble.js";
import { invitation, signIn, unsupported } from "./cards.js";
import { $, link, make, webAddress, words } from "./dom.js";
import { withFiles } from "./files.js";
import { openForm } from "./form.js";
import { richLink } from "./link.js";
import { openListPicker } from "./list-picker.js";
import { answerTo, feature, nameOf, requiredToken } from "./message.js";
import { paymentBubble } from "./payment.js";
import { quickReply } from "./quick-reply.js";
import { reactButton } from "./tapback.js";
import { openTimePicker } from "./time-picker.js";

const MARKS = { sending: "Sending…", delivered: "Delivered", notDelivered: "Not Delivered" };

// `reply(entry, answer)` posts an answer and gives what went wrong, or nothing.
export function showEntries(phone, conversation, reply) {
  const list = $("messages");
  if (list.dataset.business !== conversation.businessId) {
    list.dataset.business = conversation.businessId;
    list.replaceChildren();
  }
  const { entries } = conversation;
  const latestOfMine = entries.findLast((it) => it.direction === "fromCustomer");
  for (const entry of entries) {
    const answer = entry.direction === "fromBusiness" ? answerTo(entry, entries) : null;
    const token = requiredToken(entry.message);
    const lacking = token && !phone.capabilities.includes(token) ? token : null;
    const item = itemOf(list, entry);
    item.classList.toggle("latest", entry === latestOfMine);
    const version = JSON.stringify([entry.state, answer?.seq, lacking, phone.locale, phone.timezoneOffset]);
    if (item.dataset.version === version) continue;
    item.dataset.version = version;
    const device = { locale: phone.locale.replace("_", "-"), timezoneOffset: phone.timezoneOffset };
    fill(item, { businessId: conversation.businessId, ...entry }, { answer, lacking, device, reply: (body) => reply(entry, body) });
  }
}

function itemOf(list, entry) {
  const id = `entry-${entry.seq}`;
  const known = $(id);
  if (known) return known;
  const item = make("li", { id, "data-message": entry.id, tabindex: "-1" });
  list.append(item);
  return item;
}

function fill(item, entry, context) {
  const wasHere = item.contains(document.activeElement);
  const mine = entry.direction === "fromCustomer";
  const side = entry.type === "close" ? "event" : mine ? "mine" : "theirs";
  item.classList.remove("event", "mine", "theirs", ...Object.keys(MARKS));
  item.classList.add(side, entry.state);
  item.classList.toggle("bot", entry.bot);
  const content = draw(entry, mine, context);
  const react = side === "theirs" && reactButton(nameOf(entry));
  const mark = mine ? MARKS[entry.state] : entry.bot && "Automatic reply";
  item.replaceChildren(make("div", { class: "line" }, content, react));
  if (mark && side !== "event") item.append(make("span", { class: "mark" }, mark));
  if (wasHere) (item.querySelector("button:enabled") ?? item).focus();
}

// One message that is not as Apple says must not take the others with it.
function draw(entry, mine, context) {
  try {
    return mine ? fromCustomer(entry) : fromBusiness(entry, context);
  } catch (error) {
    console.warn(`message ${entry.id} cannot be drawn`, error);
    return unsupported(null);
  }
}

function fromCustomer(entry) {
  if (entry.type === "close") {
    const declined = entry.message.referenceIds;
    return words("p", "bubble", declined ? "You said no" : "You deleted the conversation");
  }
  return replyBubble(entry.message) ?? textBubble(entry);
}

function fromBusiness(entry, { answer, lacking, device, reply }) {
  const { message } = entry;
  if (lacking) return unsupported(lacking);
  if (message.richLinkData || message.richLinkDataRef) return richLink(message);
  if (entry.type !== "interactive") return textBubble(entry);
  const bubble = (open) => opener(face(message, message.interactiveData.receivedMessage), open);
  switch (feature(message)) {
    case "quick-reply":
      return quickReply(entry, answer, reply);
    case "listPicker":
      return bubble(() => openListPicker(entry, reply));
    case "event":
      return bubble(() => openTimePicker(entry, device, reply));
    case "dynamic":
      return bubble(() => openForm(entry, device.locale, reply));
    case "app":
      return appBubble(message, reply);
    case "notification":
      return invitation(message, answer, reply);
    case "payment":
      return paymentBubble(entry, answer, device.locale);
    case "authenticate":
      return signIn(message);
    default:
      return unsupported(null);
  }
}

function textBubble(entry) {
  const files = entry.message.attachments ?? [];
  if (entry.text === null && files.length === 0) {
    return words("p", "bubble other", `[${entry.type}]`);
  }
  const bubble = (text) => make("div", { class: "bubble", dir: "auto" }, withLinks(text));
  return files.length > 0 ? withFiles(entry, files, bubble) : bubble(entry.text);
}

function withLinks(text) {
  return text.split(/(https?:\/\/[^\s<>"]+)/).map((part) => {
    const address = /^https?:/.test(part) && webAddress(part);
    return address ? link(address, {}, part) : part;
  });
}
