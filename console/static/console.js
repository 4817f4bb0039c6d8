// Follows the page's panels, copies commands, and takes the keyboard. Every page works without it, only not live.
"use strict";

const body = document.body;
const live = document.getElementById("live");
const pauseButton = document.getElementById("pause");
const help = document.getElementById("help");
let stream = null;

function showState(state, word) {
  live.dataset.state = state;
  live.querySelector(".word").textContent = word;
}

// ---- panels

function isBusy(panel) {
  const selection = getSelection();
  const selects = selection && !selection.isCollapsed && panel.contains(selection.anchorNode);
  const field = document.activeElement;
  return selects || (panel.contains(field) && field.matches("input, select, textarea"));
}

function replace({ name, digest, html }) {
  const panel = document.getElementById(`panel-${name}`);
  if (!panel || panel.dataset.digest === digest || isBusy(panel)) return;
  const open = new Set([...panel.querySelectorAll("details[id][open]")].map((each) => each.id));
  const known = new Set([...panel.querySelectorAll("details[id]")].map((each) => each.id));
  const at = panel.querySelector("[data-row].at")?.dataset.row;
  const focused = panel.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const scrolled = panel.querySelector(".scroll")?.scrollLeft;
  panel.innerHTML = html; // made by the server, which escapes what comes from a log line
  panel.dataset.digest = digest;
  for (const each of panel.querySelectorAll("details[id]")) if (known.has(each.id)) each.open = open.has(each.id);
  if (at) panel.querySelector(`[data-row="${CSS.escape(at)}"]`)?.classList.add("at");
  if (focused) panel.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  if (scrolled) panel.querySelector(".scroll").scrollLeft = scrolled;
}

function follow() {
  if (!body.dataset.at) return;
  stream = new EventSource(`/live?at=${encodeURIComponent(body.dataset.at)}`);
  stream.addEventListener("open", () => showState("on", "live"));
  stream.addEventListener("error", () => showState("lost", "console is away"));
  stream.addEventListener("panel", (event) => replace(JSON.parse(event.data)));
}

// A browser has six connections for all pages of a console: one that nobody sees needs none.
document.addEventListener("visibilitychange", () => {
  if (pauseButton?.getAttribute("aria-pressed") === "true") return;
  stream?.close();
  if (document.visibilityState === "visible") follow();
});

function pause() {
  const pauses = pauseButton.getAttribute("aria-pressed") !== "true";
  pauseButton.setAttribute("aria-pressed", String(pauses));
  pauseButton.textContent = pauses ? "Go on" : "Pause";
  stream?.close();
  if (pauses) showState("paused", "paused");
  else follow();
}

// ---- theme: as the system, light, dark

function theme() {
  const order = ["", "light", "dark"];
  const next = order[(order.indexOf(document.documentElement.dataset.theme || "") + 1) % order.length];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
}

// ---- rows

function rows() {
  return [...document.querySelectorAll("main [data-row]")].filter((row) => row.offsetParent !== null);
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("at"));
  all[at]?.classList.remove("at");
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
  (next.querySelector("a.go, summary") || next).focus?.({ preventScroll: true });
}

function enter() {
  const row = document.querySelector("[data-row].at");
  const link = row?.matches("a") ? row : row?.querySelector("a.go");
  link?.click();
}

async function copy(button) {
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it";
  }
  setTimeout(() => { button.textContent = word; }, 1500);
}

const keys = {
  "/": () => {
    const field = document.querySelector("[data-search]");
    if (!field) location.assign("/logs");
    field?.focus();
    field?.select();
  },
  "j": () => move(1),
  "k": () => move(-1),
  "Enter": enter,
  "Escape": () => history.length > 1 && history.back(),
  "p": pause,
  "t": theme,
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const field = event.target.closest("input, select, textarea");
  if (field) {
    if (event.key === "Escape") field.blur();
    return;
  }
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  const page = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const act = page ? () => page.click() : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
for (const select of document.querySelectorAll(".filter select")) select.addEventListener("change", () => select.form.requestSubmit());
pauseButton?.addEventListener("click", pause);
document.getElementById("theme")?.addEventListener("click", theme);
document.getElementById("keys")?.addEventListener("click", () => help.showModal());
document.querySelector("details.line.chosen, tr.chosen")?.scrollIntoView({ block: "center" });
follow();
