"use strict";

// The pages work without this: they copy ids, and what waits shows what is new by itself, and leaves alone what
// somebody is busy with.

const SECONDS = 15;
const COPIED_SECONDS = 4;

function copyOf(place) {
  return place && place.closest("[data-copies]");
}

function offerCopies() {
  if (!navigator.clipboard) return; // only over HTTPS, or on this machine
  const copied = document.getElementById("copied");
  let forget;
  document.documentElement.classList.add("copies");
  document.addEventListener("click", async (event) => {
    const button = copyOf(event.target);
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copies);
    copied.textContent = `Copied: ${button.dataset.copies}`;
    clearTimeout(forget);
    forget = setTimeout(() => (copied.textContent = ""), 1000 * COPIED_SECONDS);
  });
}

function isHeld(part) {
  // A finger leaves the focus where it copied something: that is no reason to show what is old for ever.
  return part.contains(document.activeElement) && !copyOf(document.activeElement);
}

function isBusy(part) {
  const selection = document.getSelection();
  const changed = [...part.querySelectorAll("input")].some((input) => input.value !== input.defaultValue);
  const selected = !selection.isCollapsed && selection.containsNode(part, true);
  return changed || selected || part.matches("[data-typed]") || isHeld(part);
}

function renewCards(shown, fresh) {
  const kept = new Map([...shown.children].filter(isBusy).map((card) => [card.id, card]));
  for (const card of [...shown.children]) if (!kept.has(card.id)) card.remove();
  let place = shown.firstElementChild;
  for (const card of fresh ? [...fresh.children] : []) {
    if (kept.has(card.id)) place = kept.get(card.id).nextElementSibling;
    else shown.insertBefore(card, place);
  }
}

function renew(shown, fresh) {
  const cards = shown.querySelector("[data-cards]");
  const copied = shown.contains(document.activeElement) && copyOf(document.activeElement)?.dataset.copies;
  if (cards && [...cards.children].some(isBusy)) renewCards(cards, fresh.querySelector("[data-cards]"));
  else if (!isBusy(shown)) shown.replaceWith(fresh);
  const again = `#${shown.id} [data-copies="${CSS.escape(copied || "")}"]`;
  if (copied) document.querySelector(again)?.focus({ preventScroll: true });
}

async function look() {
  const answer = await fetch(location.pathname, { signal: AbortSignal.timeout(10000) }).catch(() => null);
  const is_there = answer && answer.ok && !answer.redirected; // to log in anew
  document.getElementById("old").hidden = is_there;
  if (!is_there) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const shown of document.querySelectorAll("[data-renewed]")) renew(shown, page.getElementById(shown.id));
}

function lookAgain() {
  setTimeout(async () => {
    if (!document.hidden) await look().catch(() => null); // somebody looks no more than once
    lookAgain();
  }, 1000 * SECONDS);
}

offerCopies();
if (document.getElementById("old")) lookAgain();
