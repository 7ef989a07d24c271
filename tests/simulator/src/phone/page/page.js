// The phone: shows what the live stream says and posts what the person does.
// Text from the wire only ever becomes text nodes.
"use strict";

const customer = document.body.dataset.customer;
const api = `/api/customers/${encodeURIComponent(customer)}`;
const $ = (id) => document.getElementById(id);

let phone = { conversations: [] };
let chosen = new URLSearchParams(location.search).get("business");
let announced = false; // typing_start has been sent for the text being written
let reactingTo = null;

// ---- What comes in ---------------------------------------------------------------------------

const live = new EventSource(`/phone/${encodeURIComponent(customer)}/live`);
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
  $("title").textContent = current ? current.title : "Messages";
  $("close").disabled = !current || current.state !== "open";
  $("typing").hidden = !current?.businessTyping;
  $("text").disabled = !current;
  if (!current) {
    notice("No conversation yet. POST /api/conversations opens one.");
    return;
  }
  notice(current.state === "closed" ? "You left this conversation. Write to start again." : "");
  const atEnd = isAtEnd();
  showEntries(current);
  if (atEnd) document.querySelector("main").scrollTo(0, Number.MAX_SAFE_INTEGER);
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

// Items stay in place when they change, so that a screen reader speaks only what is new.
function showEntries(current) {
  const list = $("messages");
  if (list.dataset.business !== current.businessId) {
    list.dataset.business = current.businessId;
    list.replaceChildren();
  }
  for (const entry of current.entries) {
    const id = `entry-${entry.seq}`;
    let item = $(id);
    if (!item) {
      item = document.createElement("li");
      item.id = id;
      list.append(item);
    }
    if (item.dataset.state !== entry.state) {
      item.dataset.state = entry.state;
      fill(item, entry);
    }
  }
}

function fill(item, entry) {
  const mine = entry.direction === "fromCustomer";
  const isEvent = entry.type === "close";
  item.className = `${isEvent ? "event" : mine ? "mine" : "theirs"} ${entry.state}`;
  item.replaceChildren(bubble(entry, mine, isEvent));
  const mark = { sending: "Sending…", delivered: "Delivered", notDelivered: "Not Delivered" };
  if (mine && mark[entry.state]) {
    item.append(element("span", "mark", mark[entry.state]));
  } else if (entry.bot) {
    item.append(element("span", "mark", "Automatic reply"));
  }
}

function bubble(entry, mine, isEvent) {
  if (isEvent) return element("p", "bubble", "You deleted the conversation");
  const text = entry.text ?? `[${entry.type}]`;
  const shape = entry.text === null ? "bubble other" : "bubble";
  if (mine) return element("p", shape, text);
  const button = element("button", shape, text);
  button.type = "button";
  button.title = "React";
  button.setAttribute("aria-haspopup", "dialog");
  button.dir = "auto";
  button.onclick = () => {
    reactingTo = text;
    $("react-to").textContent = text;
    $("removed").checked = false;
    $("tapbacks").showModal();
  };
  return button;
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  made.dir = "auto";
  return made;
}

function isAtEnd() {
  const main = document.querySelector("main");
  return main.scrollHeight - main.scrollTop - main.clientHeight < 80;
}

function notice(text) {
  if ($("notice").textContent !== text) $("notice").textContent = text;
}

// ---- What goes out ---------------------------------------------------------------------------

async function post(path, body) {
  const businessId = conversation()?.businessId;
  try {
    const answer = await fetch(`${api}/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ businessId, ...body }),
    });
    if (!answer.ok) notice((await answer.json()).detail ?? `Error ${answer.status}`);
  } catch {
    notice("The simulator does not answer.");
  }
}

function send() {
  const text = $("text").value;
  if (text.trim() === "") return;
  $("text").value = "";
  post("send", { text, typingFirst: announced ? false : undefined });
  announced = false;
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
    post("typing", { end: !writing });
  }
});
$("conversations").addEventListener("change", () => {
  chosen = $("conversations").value;
  show();
});
$("tapbacks").addEventListener("close", () => {
  const reaction = $("tapbacks").returnValue;
  if (reaction) post("tapback", { reaction, quoted: reactingTo, removed: $("removed").checked });
  $("tapbacks").returnValue = "";
});
$("close").addEventListener("click", () => $("leaving").showModal());
$("leaving").addEventListener("close", () => {
  if ($("leaving").returnValue === "delete") post("close", {});
  $("leaving").returnValue = "";
});
