"use strict";

// The page works without this: it follows what happens, asks again after an outage, and copies codes.

function follow(place) {
  const events = new EventSource(place.dataset.live);
  events.addEventListener("progress", (event) => {
    const part = document.createElement("template");
    part.innerHTML = event.data; // made and escaped by our own server
    place.replaceChildren(part.content);
    document.title = `${place.querySelector("h1").textContent} · ${document.title.split(" · ").pop()}`;
  });
  events.addEventListener("over", () => events.close());
  events.addEventListener("error", () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000, place);
  });
}

function askAgain(place) {
  setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page && page.querySelector("main");
    const shown = document.querySelector("main");
    // Nobody loses their place on a page that says the same, nor what they are typing.
    const isBusy = document.activeElement?.matches("main input, main select");
    if (!main || isBusy || main.textContent === shown.textContent) return askAgain(place);
    document.title = page.title;
    const open = new Map([...document.querySelectorAll("details")].map((details) => [details.id, details.open]));
    shown.replaceWith(main);
    for (const details of main.querySelectorAll("details")) details.open = open.get(details.id) ?? details.open;
    begin();
  }, 1000 * Number(place.dataset.again));
}

function offerCopy(button) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const copied = document.getElementById("copied");
    copied.textContent = copied.dataset.words;
  });
}

function tellTimeZone() {
  // So that times are shown as the device has them; it is the only thing that this cookie says.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const secure = location.protocol === "https:" ? "; secure" : "";
  const where = `path=${document.body.dataset.cookies}; max-age=34560000; samesite=lax${secure}`;
  if (zone) document.cookie = `timezone=${zone}; ${where}`;
}

function begin() {
  document.querySelectorAll("[data-live]").forEach(follow);
  document.querySelectorAll("[data-again]").forEach(askAgain);
  document.querySelectorAll("[data-copy]").forEach(offerCopy);
}

tellTimeZone();
begin();
