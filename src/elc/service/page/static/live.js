// What changes reaches the page by server-sent events; a watch notices a line that died without a word.
import { locate } from "./calls.js";
import { say, time } from "./words.js";

const SILENCE_MS = 40_000;
const AGAIN_MS = 5_000;

export function listen(place, onChange) {
  let source = null;
  let heard = Date.now();
  let isLive = false;
  let lost = heard;
  let again = 0;

  const show = () => {
    const at = () => time(lost, undefined, { hour: "2-digit", minute: "2-digit" });
    place.textContent = isLive ? say("live") : say("not_live", { time: at() });
    place.className = isLive ? "live good" : "live look";
  };
  const hear = () => {
    heard = Date.now();
    if (isLive) return;
    isLive = true;
    show();
  };
  const lose = () => {
    if (!isLive && place.textContent) return;
    isLive = false;
    lost = heard;
    show();
  };
  const open = () => {
    clearTimeout(again);
    source?.close();
    source = new EventSource(locate("events"));
    source.addEventListener("open", () => {
      hear();
      onChange(null);
    });
    source.addEventListener("ping", hear);
    source.addEventListener("now", (event) => {
      hear();
      onChange(JSON.parse(event.data).plant);
    });
    source.addEventListener("error", () => {
      lose();
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
    });
  };
  setInterval(() => {
    if (Date.now() - heard < SILENCE_MS) return;
    lose();
    heard = Date.now() - SILENCE_MS + AGAIN_MS;
    open();
  }, AGAIN_MS);
  open();
  return { open, show: () => place.textContent && show() };
}
