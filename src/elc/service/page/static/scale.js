// Scales of charts: round steps, and the place of a value.
export function roundStep(span, count) {
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999);
  return factor * power;
}

export function listTicks(low, high, count) {
  const step = roundStep(high - low, count);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) ticks.push(index * step);
  return { ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export function scale(low, high, start, end) {
  return (value) => start + ((value - low) / (high - low)) * (end - start);
}

// Draw anew whenever the width of a place changes, and when asked.
export function drawOnResize(place, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (place.clientWidth && Math.abs(place.clientWidth - width) >= 1) {
      width = place.clientWidth;
      draw(width);
    }
  }).observe(place);
  return () => {
    width = place.clientWidth;
    if (width) draw(width);
  };
}
