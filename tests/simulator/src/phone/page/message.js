// What a message is, whether the device can show it, and what the customer answered.

import { namesOf, plain } from "./files.js";

// Features of Apple's own extension by their key in `data`, with the token a device needs.
const FEATURES = [
  ["quick-reply", "QUICK"],
  ["listPicker", "LIST"],
  ["event", "TIME"],
  ["dynamic", "FORM"],
  ["authenticate", null],
  ["payment", null],
  ["notification", null],
];

// The feature's key; "app" for an extension of the business's own; null for what nobody knows.
export function feature(message) {
  const interactive = message.interactiveData;
  if (!interactive) return null;
  if (!interactive.data) return interactive.bid ? "app" : null;
  return FEATURES.find(([key]) => interactive.data[key])?.[0] ?? null;
}

// The token that a device must have to show the message; null if every device can.
export function requiredToken(message) {
  const kind = feature(message);
  if (kind === "authenticate") {
    return Number.parseInt(message.interactiveData.data.version, 10) >= 2 ? "AUTH2" : "AUTH";
  }
  return FEATURES.find(([key]) => key === kind)?.[1] ?? null;
}

// The customer's latest answer to a message; null if there is none yet.
export function answerTo(entry, entries) {
  const asked = entry.message.interactiveData;
  if (!asked) return null;
  const isAnswer = (it) =>
    it.direction === "fromCustomer" && it.seq > entry.seq && answers(it.message, asked);
  return entries.findLast(isAnswer) ?? null;
}

function answers(message, asked) {
  const reference = asked.data?.notification?.referenceId;
  if (reference) {
    const answer = message.interactiveData?.data?.notification;
    return answer?.referenceId === reference || (message.referenceIds ?? []).includes(reference);
  }
  const answer = message.interactiveData;
  if (!answer) return false;
  if (asked.data) return answer.data?.requestIdentifier === asked.data.requestIdentifier;
  return answer.bid === asked.bid && answer.sessionIdentifier === asked.sessionIdentifier;
}

// A short name of a message, for quotes and labels.
export function nameOf(entry) {
  const { message } = entry;
  const interactive = message.interactiveData;
  return (
    (plain(entry.text) || namesOf(message) || null) ??
    interactive?.receivedMessage?.title ??
    interactive?.data?.["quick-reply"]?.summaryText ??
    message.richLinkData?.title ??
    "Message"
  );
}

// The picture of the message with that identifier.
export function imageOf(message, identifier) {
  if (identifier === undefined || identifier === null) return null;
  const images = message.interactiveData?.data?.images ?? [];
  return images.find((it) => String(it.identifier) === String(identifier)) ?? null;
}

// As Apple's lists are ordered: by `order` where there is one.
export function inOrder(items) {
  const place = (item, index) => item.order ?? index;
  const placed = (items ?? []).map((item, index) => [place(item, index), item]);
  return placed.sort(([a], [b]) => a - b).map(([, item]) => item);
}
