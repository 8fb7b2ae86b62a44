// The page: one view at a time, chosen by the address (#/ all plants, #/fjord one plant), live by events.
import { get, post } from "./calls.js";
import { el } from "./elements.js";
import { listen } from "./live.js";
import { buildPlant } from "./plant.js";
import { buildPlants } from "./plants.js";
import { explain, learn, say, spoken } from "./words.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let view = null;
let rights = [];
let plants = [];
let line = null;
let site = "";

async function start() {
  const words = await get("words.json");
  learn(words);
  site = words.language;
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", () => route({ focus: true }));
  await enter();
}

// Speak the language of what is shown: of an hour that was left in another one, else of the site.
async function speak(language) {
  if (language === spoken()) return;
  learn(await get(`words.json?language=${language}`));
  document.documentElement.lang = language;
  document.getElementById("skip").textContent = say("skip");
  line?.show();
}

async function retell(language) {
  await speak(language);
  await route({ focus: false });
}

async function enter() {
  try {
    rights = (await get("session")).rights;
    plants = (await get("plants")).plants;
  } catch (error) {
    refuse(error);
    return;
  }
  if (line) line.open();
  else line = listen(document.getElementById("live"), (plant) => view?.refresh(plant).catch(refuse));
  await route({ focus: false });
}

function readPlant() {
  const name = /^#\/([a-z][a-z0-9_]*)$/.exec(location.hash)?.[1] || ""; // the id of a plant, or all plants
  return name || (plants.length === 1 ? plants[0].plant : "");
}

async function route({ focus }) {
  const plant = readPlant();
  try {
    if (!plant) await speak(site);
    showNav(plant);
    view = plant ? buildPlant(plant, { rights, refuse, retell }) : buildPlants();
    main.replaceChildren(view.element);
    await view.refresh(null);
  } catch (error) {
    refuse(error);
  }
  const heading = main.querySelector("h1");
  if (heading) document.title = `${heading.textContent} · ${say("title")}`;
  if (focus) (heading || main).focus();
}

function showNav(chosen) {
  nav.setAttribute("aria-label", say("plants"));
  const links = [["", say("all_plants")], ...plants.map(({ plant, name }) => [plant, name])];
  const shown = plants.length > 8 ? links.filter(([plant]) => !plant || plant === chosen) : links;
  nav.replaceChildren(
    ...shown.map(([plant, name]) => el("a", { href: `#/${plant}`, "aria-current": plant === chosen ? "page" : null }, name)),
  );
}

// A call was refused: ask for a key where that is why, else say what is wrong and offer to try again.
function refuse(error) {
  if (error.name === "AbortError") return;
  if (error.status === 401) showSignIn("");
  else if (error.status === 0 && view?.isFilled) return; // the line above the page says that it is not live
  else showProblem(error);
  if (error.status === undefined) throw error;
}

function showProblem(error) {
  view = null;
  main.replaceChildren(
    el("h1", { tabindex: "-1" }, say("problem")),
    el("p", { role: "alert" }, explain(error)),
    el("button", { type: "button", onclick: enter }, say("try_again")),
  );
}

function showSignIn(fault) {
  view = null;
  const field = el("input", { type: "password", id: "key", autocomplete: "current-password", required: true });
  const send = async (event) => {
    event.preventDefault();
    try {
      await post("session", { key: field.value.trim() });
      await enter();
    } catch (error) {
      showSignIn(error.status === 401 || error.status === 400 ? say("wrong_key") : explain(error));
    }
  };
  main.replaceChildren(
    el("h1", { tabindex: "-1" }, say("sign_in")),
    el("p", {}, say("sign_in_why")),
    el(
      "form",
      { onsubmit: send, class: "sign-in" },
      el("input", { type: "text", autocomplete: "username", value: "elc", hidden: true }), // for keepers of passwords
      el("label", { for: "key" }, say("key")),
      field,
      el("button", { type: "submit", class: "first" }, say("sign_in")),
      fault && el("p", { role: "alert", class: "cost" }, fault),
    ),
  );
  field.focus();
}

start().catch(() => main.replaceChildren(el("p", { role: "alert" }, main.dataset.failed)));
