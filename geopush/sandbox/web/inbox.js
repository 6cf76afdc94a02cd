
const EVERY = 1000; // milliseconds between looks
const main = document.querySelector("main");
const notice = document.getElementById("notice");
const written = new Map(); // each phone as the sandbox wrote it last
let waiting;

function remember(phones) {
  written.clear();
  for (const phone of phones) written.set(phone.id, phone.outerHTML);
}

function keep(before, after) {
  const seen = new Set(Array.from(before.querySelectorAll(".push"), (one) => one.id));
  for (const push of after.querySelectorAll(".push"))
    if (!seen.has(push.id)) push.classList.add("new");
  after.querySelector("details").open = before.querySelector("details").open;
}

function chosen(fresh) {
  const shown = document.getElementById(fresh.id);
  if (shown && written.get(fresh.id) === fresh.outerHTML) {
    for (const push of shown.querySelectorAll(".new")) push.classList.remove("new");
    return shown;
  }
  const phone = document.importNode(fresh, true);
  if (shown) keep(shown, phone);
  return phone;
}

function show(page) {
  const fresh = Array.from(page.querySelector("main").children);
  const focused = document.activeElement.id;
  const summary = page.getElementById("summary").textContent;
  document.getElementById("summary").textContent = summary;
  const next = fresh.map(chosen);
  remember(fresh);
  if (next.some((phone, at) => main.children[at] !== phone)
      || next.length !== main.children.length) main.replaceChildren(...next);
  if (focused && document.activeElement.id !== focused)
    document.getElementById(focused)?.focus({ preventScroll: true });
}

async function ask(how) {
  const answer = await fetch(location.pathname + how.below, how);
  if (answer.ok) return answer.text();
  throw new Error((await answer.json()).detail);
}

async function look() {
  clearTimeout(waiting);
  try {
    const text = await ask({ below: "", headers: { Accept: "text/html" } });
    show(new DOMParser().parseFromString(text, "text/html"));
    if (notice.dataset.away) notice.textContent = notice.dataset.away = "";
  } catch {
    notice.textContent = notice.dataset.away = "The sandbox does not answer.";
  }
  if (!document.hidden) waiting = setTimeout(look, EVERY);
}

async function tap(event) {
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target, event.submitter));
  try {
    await ask({ below: "/taps", method: "POST", body });
    notice.textContent = "";
  } catch (error) {
    notice.textContent = error.message;
  }
  await look();
}

remember(main.children);
document.addEventListener("submit", tap);
document.addEventListener("visibilitychange", () => document.hidden || look());
waiting = setTimeout(look, EVERY);
