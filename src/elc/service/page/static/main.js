// The page: one view at a time, chosen by the address (#/ all plants, #/fjord one plant), live by events.
import { get, post } from "./calls.js";
import { el } from "./elements.js";
import { listen } from "./live.js";
import { buildPlant } from "./plant.js";
import { buildPlants } from "./plants.js";
import { learn, say } from "./words.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");
let view = null;
let rights = [];
let plants = [];
let relisten = null;

async function start() {
  learn(await get("/words.json"));
  document.getElementById("skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  window.addEventListener("hashchange", () => route({ focus: true }));
  await enter();
}

async function enter() {
  try {
    rights = (await get("/session")).rights;
    plants = (await get("/plants")).plants;
  } catch (error) {
    refuse(error);
    return;
  }
  if (relisten) relisten();
  else relisten = listen(document.getElementById("live"), (plant) => view?.refresh(plant).catch(refuse));
  await route({ focus: false });
}

function readPlant() {
  const name = /^#\/([a-z][a-z0-9_]*)$/.exec(location.hash)?.[1] || ""; // the id of a plant, or all plants
  return name || (plants.length === 1 ? plants[0].plant : "");
}

async function route({ focus }) {
  const plant = readPlant();
  showNav(plant);
  view = plant ? buildPlant(plant, { rights, refuse }) : buildPlants();
  main.replaceChildren(view.element);
  try {
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
  const text = error.status === 0 ? say("no_answer") : error.message;
  main.replaceChildren(
    el("h1", { tabindex: "-1" }, say("problem")),
    el("p", { role: "alert" }, text),
    el("button", { type: "button", onclick: enter }, say("try_again")),
  );
}

function showSignIn(fault) {
  view = null;
  const field = el("input", { type: "password", id: "key", autocomplete: "current-password", required: true });
  const send = async (event) => {
    event.preventDefault();
    try {
      await post("/session", { key: field.value.trim() });
      await enter();
    } catch (error) {
      showSignIn(error.status === 0 ? say("no_answer") : say("wrong_key"));
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

start().catch((error) => {
  main.replaceChildren(el("p", { role: "alert" }, `The page could not start: ${error.message}. Load it again.`));
});
