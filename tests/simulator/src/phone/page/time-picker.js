// Time picker: slots by day, in the event's time zone or the customer's own.

import { chosenIn } from "./choices.js";
import { make, picture, words } from "./dom.js";
import { imageOf } from "./message.js";
import { openSheet } from "./sheet.js";

export function openTimePicker(entry, { locale, timezoneOffset }, reply) {
  const { receivedMessage, data } = entry.message.interactiveData;
  const event = data.event;
  const clock = new Clock(locale, event.timezoneOffset, timezoneOffset);
  const body = make("div", {}, head(entry.message, event, clock), days(event, clock));
  openSheet().show({
    title: receivedMessage?.title ?? event.title ?? "Choose a time",
    body,
    action: "Send",
    ready: () => chosenIn(body).length === 1,
    act: () => reply({ timePicker: { identifier: chosenIn(body)[0] } }),
  });
}

function head(message, event, clock) {
  const image = imageOf(message, event.imageIdentifier);
  return make(
    "div",
    { class: "appointment" },
    image && picture("appointment-image", image.data, image.description),
    words("p", "appointment-title", event.title),
    words("p", "appointment-place", event.location?.title),
    words("p", "appointment-zone", `Times in ${clock.zone}`),
  );
}

function days(event, clock) {
  const byDay = new Map();
  const slots = (event.timeslots ?? []).map((slot) => ({ ...slot, start: instant(slot.startTime) }));
  for (const slot of slots.sort((a, b) => a.start - b.start)) {
    const day = clock.day(slot.start);
    byDay.set(day, [...(byDay.get(day) ?? []), slot]);
  }
  return [...byDay].map(([day, slots]) =>
    make(
      "fieldset",
      { class: "rows" },
      make("legend", {}, day),
      slots.map((slot) => timeRow(slot, clock)),
    ),
  );
}

function timeRow(slot, clock) {
  const seconds = Number(slot.duration) || 0;
  const end = new Date(slot.start.getTime() + seconds * 1000);
  return make(
    "label",
    { class: "row" },
    make("input", { type: "radio", name: "slot", value: slot.identifier }),
    make(
      "span",
      { class: "row-words" },
      make("span", { class: "row-title" }, clock.time(slot.start)),
      seconds > 0 && make("span", { class: "row-subtitle" }, `until ${clock.time(end)}`),
    ),
  );
}

// Apple's times: with or without seconds, `Z`, `+0000` or `+00:00`.
export function instant(text) {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/.exec(text);
  if (!parts) return new Date(NaN);
  const [, minutes, seconds = ":00", zone] = parts;
  const offset = zone === "Z" ? zone : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  return new Date(`${minutes}${seconds}${offset}`);
}

// Writes dates and times as the customer's language does, in the event's time zone; where it has
// none, in that of the device. Both are minutes from GMT.
class Clock {
  constructor(locale, ofEvent, ofDevice) {
    this.locale = locale;
    this.here = ofEvent === undefined || ofEvent === null;
    this.offset = Number(this.here ? ofDevice : ofEvent) || 0;
  }

  get zone() {
    const minutes = Math.abs(this.offset);
    const two = (number) => String(number).padStart(2, "0");
    const clock = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
    const name = this.offset === 0 ? "GMT" : `GMT${this.offset < 0 ? "−" : "+"}${clock}`;
    return this.here ? `your time zone (${name})` : `the place's time zone (${name})`;
  }

  day(date) {
    return this.format(date, { weekday: "long", month: "long", day: "numeric" });
  }

  time(date) {
    return this.format(date, { timeStyle: "short" });
  }

  format(date, options) {
    if (Number.isNaN(date.getTime())) return "A time that cannot be read";
    const shifted = new Date(date.getTime() + this.offset * 60_000);
    return new Intl.DateTimeFormat(this.locale, { ...options, timeZone: "UTC" }).format(shifted);
  }
}
