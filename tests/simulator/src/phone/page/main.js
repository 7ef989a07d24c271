// The phone: shows what the live stream says and posts what the person does.

import { openDevice } from "./device.js";
import { $ } from "./dom.js";
import { listenToTapbacks } from "./tapback.js";
import { showEntries } from "./transcript.js";
import { emptyTray, filesChosen, handIn, listenToFiles } from "./tray.js";

const customer = encodeURIComponent(document.body.dataset.customer);
const api = `/api/customers/${customer}`;

let phone = { conversations: [], capabilities: [], locale: "en_US", timezoneOffset: 0 };
let chosen = new URLSearchParams(location.search).get("business");
let announced = false; // typing_start has been sent for the text being written
let sending = false; // files are on their way

// ---- What comes in ---------------------------------------------------------------------------

const live = new EventSource(`/phone/${customer}/live`);
live.onmessage = (event) => {
  phone = JSON.parse(event.data);
  show();
};
live.onerror = () => notice("Connecting…");
live.onopen = () => notice("");

function conversation() {
  return phone.conversations.find((it) => it.businessId === chosen) ?? phone.conversations[0];
}

function show() {
  const current = conversation();
  showChooser(current);
  $("title").textContent = current?.title ?? "Messages";
  $("avatar").textContent = current?.title.slice(0, 1).toUpperCase() ?? "";
  $("close").disabled = current?.state !== "open";
  $("typing").hidden = !current?.businessTyping;
  $("text").disabled = !current;
  $("attach").disabled = !current || sending;
  if (!current) {
    notice("No conversation yet. POST /api/conversations opens one.");
    return;
  }
  notice(current.state === "closed" ? "You left this conversation. Write to start again." : "");
  showEntries(phone, current, reply);
}

function showChooser(current) {
  $("chooser").hidden = phone.conversations.length < 2;
  const options = phone.conversations.map((it) => {
    const option = new Option(it.title, it.businessId);
    option.selected = it === current;
    return option;
  });
  $("conversations").replaceChildren(...options);
}

// Whoever is at the end stays there, whatever comes: messages, their pictures later, files to send.
const view = document.querySelector("main");
let end = 0; // how far the view could be scrolled when it was looked at last

const sizes = new ResizeObserver(() => {
  if (view.scrollTop > end - 80) scrollToEnd();
  end = view.scrollHeight - view.clientHeight;
});
for (const it of [view, ...view.children]) sizes.observe(it);

function scrollToEnd() {
  view.scrollTo(0, Number.MAX_SAFE_INTEGER);
}

function notice(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
}

// ---- What goes out ---------------------------------------------------------------------------

// Gives what went wrong, or nothing.
async function call(method, path, body) {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(api + path, { method, headers, body: JSON.stringify(body) });
    if (answer.ok) return undefined;
    const problem = await answer.json().catch(() => ({}));
    return problem.detail ?? `The simulator answers ${answer.status}.`;
  } catch {
    return "The simulator does not answer.";
  }
}

async function act(action, body) {
  const businessId = conversation()?.businessId;
  const trouble = await call("POST", `/${action}`, { businessId, ...body });
  if (trouble) notice(trouble);
  return trouble;
}

function reply(entry, answer) {
  return act("reply", { messageId: entry.id, ...answer });
}

async function send() {
  const text = $("text").value;
  if (filesChosen() > 0) return sendFiles(text);
  if (text.trim() === "") return;
  $("text").value = "";
  scrollToEnd();
  act("send", { text, typingFirst: announced ? false : undefined });
  announced = false;
}

// Words and files stay where they are until all is sent.
async function sendFiles(text) {
  if (sending) return;
  sending = true;
  $("attach").disabled = true;
  notice("Sending…");
  const { entries, trouble } = await handIn(api);
  const failed = trouble ?? (entries.length > 0 && (await act("send", { text, attachments: entries, typingFirst: false })));
  sending = false;
  $("attach").disabled = false;
  if (failed) return notice(failed);
  notice("");
  if (entries.length === 0) return; // every one was removed meanwhile
  $("text").value = "";
  announced = false;
  emptyTray();
  scrollToEnd();
}

$("compose").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  }
});
$("text").addEventListener("input", () => {
  const writing = $("text").value !== "";
  if (writing !== announced) {
    announced = writing;
    act("typing", { end: !writing });
  }
});
$("conversations").addEventListener("change", () => {
  chosen = $("conversations").value;
  show();
});
$("device").addEventListener("click", () => {
  openDevice(phone.capabilities, (capabilities) => call("PATCH", "", { capabilities }));
});
$("close").addEventListener("click", () => $("leaving").showModal());
$("leaving").addEventListener("close", () => {
  if ($("leaving").returnValue === "delete") act("close", {});
  $("leaving").returnValue = "";
});
listenToTapbacks((tapback) => act("tapback", tapback));
listenToFiles(() => {
  $("text").placeholder = filesChosen() > 0 ? "Add words" : "Message";
});
