// The texts of the page in the language that is spoken, and numbers and times as it writes them.
let texts = {};
let language = "en";

export function learn(words) {
  texts = words.texts;
  language = words.language;
}

export function say(key, places = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (whole, name) => (name in places ? places[name] : whole));
}

export function spoken() {
  return language;
}

// What a call that was refused is called here; the service says why in English, for programs.
const REFUSALS = {
  0: () => say("no_answer"),
  403: () => say("may_not"),
  404: () => say("no_plant"),
  409: () => say("other_hour"),
  413: () => say("not_usable"),
  422: () => say("not_usable"),
  429: () => say("too_often"),
  503: () => say("not_now"),
  507: () => say("disk_full"),
};

export function explain(error) {
  return REFUSALS[error.status]?.() || say("refused", { status: error.status ?? "–" });
}

export function isKnown(value) {
  return typeof value === "number" && Number.isFinite(value);
}

export function number(value, digits, { signed = false } = {}) {
  if (!isKnown(value)) return "–";
  const rounded = Number(value.toFixed(digits)) + 0;
  const size = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const sign = rounded < 0 ? "−" : signed && rounded > 0 ? "+" : "";
  return sign + size.format(Math.abs(rounded));
}

export function digitsOf(value) {
  return Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
}

export function value(amount, unit = "", digits = digitsOf(amount)) {
  return isKnown(amount) && unit ? `${number(amount, digits)}\u00a0${unit}` : number(amount, digits);
}

// The digits that leave two significant ones, as in elc.language.numbers.
function shortDigits(amount, most) {
  if (!isKnown(amount) || amount === 0) return 0;
  return Math.min(Math.max(1 - Math.floor(Math.log10(Math.abs(amount))), 0), most);
}

// An energy (GJ) in the unit of the plant.
export function convert(amount, now) {
  return isKnown(amount) ? amount / now.gj_per_unit : amount;
}

// The units of a plant, as places of a sentence.
export function units({ energy_unit, rate_unit }) {
  return { energy_unit, rate_unit };
}

// An energy (GJ) that stands alone: two significant digits, and no more than the plant deserves (its energy_digits).
export function energy(amount, now, { signed = false } = {}) {
  const shown = convert(amount, now);
  return number(shown, shortDigits(shown, now.energy_digits), { signed });
}

// One of several energies (GJ) that add up, with all the digits that the plant deserves.
export function part(amount, now, { signed = false } = {}) {
  return number(convert(amount, now), now.energy_digits, { signed });
}

// The same with its unit, that of an hour unless told.
export function amount(size, now, unit = now.rate_unit) {
  return isKnown(size) ? `${part(size, now)}\u00a0${unit}` : "–";
}

// The digits after the point of a specific energy: four significant ones, as in elc.pages.language.numbers.
export function levelDigits(level) {
  return isKnown(level) && level !== 0 ? Math.max(3 - Math.floor(Math.log10(Math.abs(level))), 0) : 2;
}

// Whole money; hundredths where it is less than ten.
export function money(amount, currency) {
  if (!isKnown(amount)) return "–";
  const isSmall = Math.abs(amount) < 9.995 && amount.toFixed(2) !== `${amount.toFixed(0)}.00`;
  return `${number(amount, isSmall ? 2 : 0)}\u00a0${currency}`;
}

// What an energy costs at the hour's price; where no price is known, it does not cost nothing.
export function cost(size, now) {
  return isKnown(size) && isKnown(now.money_per_gj) ? money(size * now.money_per_gj, now.currency) : "–";
}

export function share(frac) {
  return isKnown(frac) ? `${number(100 * frac, 1)}\u00a0%` : "–";
}

export function time(iso, zone, options) {
  return new Intl.DateTimeFormat(language, { timeZone: zone, hourCycle: "h23", ...options }).format(new Date(iso));
}

export function age(seconds) {
  const hours = seconds / 3600;
  const [amount, unit] = hours >= 48 ? [hours / 24, "day"] : hours >= 1 ? [hours, "hour"] : [seconds / 60, "minute"];
  const whole = Math.max(0, Math.floor(amount));
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(whole);
}

export function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
