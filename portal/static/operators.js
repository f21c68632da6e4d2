"use strict";

// The page works without this: it shows what is new by itself, and leaves alone what somebody is busy with.

const SECONDS = 15;

function isBusy(part) {
  const selection = document.getSelection();
  const changed = [...part.querySelectorAll("input")].some((input) => input.value !== input.defaultValue);
  const selected = !selection.isCollapsed && selection.containsNode(part, true);
  return changed || selected || part.matches("[data-typed]") || part.contains(document.activeElement);
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
  if (cards && [...cards.children].some(isBusy)) renewCards(cards, fresh.querySelector("[data-cards]"));
  else if (!isBusy(shown)) shown.replaceWith(fresh);
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

lookAgain();
