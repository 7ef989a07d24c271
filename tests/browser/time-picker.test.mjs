import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "./support/picture.mjs";
import { openScene, useBrowser } from "./support/scene.mjs";

useBrowser();

const TIMESLOTS = [
  { identifier: "s1", startTime: "2027-06-01T14:00+0000", duration: 1800 },
  { identifier: "s2", startTime: "2027-06-02T03:30+0000", duration: 3600 },
  { identifier: "s3", startTime: "2027-06-02T15:00+0000", duration: 1800 },
];

test("ap15 a slot is chosen in the time zone of the event", async (t) => {
  const scene = await openScene(t);
  await scene.send("timePicker", {
    images: [
      { identifier: "street", data: picture(1125, 624, [120, 150, 190]) },
      { identifier: "van", data: picture(789, 450, [90, 150, 120]) },
    ],
    event: {
      identifier: "ev1",
      title: "Delivery",
      imageIdentifier: "street",
      timezoneOffset: -300,
      location: { latitude: 40.7, longitude: -74, radius: 50, title: "The depot" },
      timeslots: TIMESLOTS,
    },
    receivedMessage: { title: "When may we come?", style: "large", imageIdentifier: "van" },
  });
  await scene.shot("time-picker-bubble");
  await scene.opener("When may we come?").click();
  await scene.sheet.getByText("The depot").waitFor();
  const tuesday = scene.sheet.getByRole("group", { name: "Tuesday, June 1" });
  await tuesday.getByRole("radio", { name: "9:00 AM" }).waitFor();
  await tuesday.getByRole("radio", { name: "10:30 PM" }).check();
  await scene.shot("time-picker");
  await scene.press("Send");

  const answer = await scene.answer();
  assert.equal(answer.kind, "timePicker");
  assert.equal(answer.eventIdentifier, "ev1");
  assert.equal(answer.slot.identifier, "s2");
  assert.equal(answer.slot.duration, 3600);
  await scene.page.locator("#messages .mine .opener").waitFor();
  await scene.shot("time-picker-answered");
  scene.isSound();
});

test("ap15 without an offset the slots are in the customer's own time zone", async (t) => {
  const device = { typingFirst: false, timezoneOffset: 120 };
  const scene = await openScene(t, { device: { locale: "de_DE", device } });
  await scene.send("timePicker", {
    event: { identifier: "ev2", title: "Lieferung", timeslots: TIMESLOTS },
    receivedMessage: { title: "Wann passt es?" },
  });
  await scene.opener("Wann passt es?").click();
  await scene.sheet.getByText("GMT+02:00").waitFor();
  const wednesday = scene.sheet.getByRole("group", { name: "Mittwoch, 2. Juni" });
  await wednesday.getByRole("radio", { name: "05:30" }).check();
  await scene.press("Send");
  assert.equal((await scene.answer()).slot.identifier, "s2");
  scene.isSound();
});
