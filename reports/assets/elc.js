/* Reads the values of charts: a pointer, or the arrow keys, moves over what the table behind a chart lists. And lets
   wide tables fit a phone. Without this script every picture and every table is still there. */
(() => {
  "use strict";
  const SPACE = "http://www.w3.org/2000/svg";

  /* "gap, % of best" and "+1.1" become "gap +1.1 % of best". */
  const sayCell = (head, cell) => {
    if (!cell.classList.contains("right")) return cell.textContent;
    const cut = head.lastIndexOf(", ");
    const [name, unit] = cut < 0 ? ["", head] : [head.slice(0, cut), head.slice(cut + 2)];
    return `${name} ${cell.textContent} ${unit}`.trim();
  };

  const readRows = (table) => {
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    return [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell, i) => sayCell(heads[i], cell)).join(" · "));
  };

  const readPoints = (svg) =>
    svg.dataset.points.split(" ").map((pair) => (pair === "-" ? null : pair.split(",").map(Number)));

  const addMark = (svg) => {
    const mark = document.createElementNS(SPACE, "circle");
    mark.setAttribute("class", "chart-mark");
    mark.setAttribute("r", "5");
    mark.setAttribute("visibility", "hidden");
    svg.append(mark);
    return mark;
  };

  const addRange = (chart, last) => {
    const range = document.createElement("input");
    Object.assign(range, { type: "range", className: "chart-range", min: 0, max: last, value: last });
    range.setAttribute("aria-label", chart.dataset.name);
    chart.prepend(range);
    return range;
  };

  const addReadout = (chart, before) => {
    const readout = document.createElement("p");
    readout.className = "chart-readout";
    readout.textContent = chart.dataset.hint;
    before.before(readout);
    return readout;
  };

  /* The nearest point along the chart's axis; of those without a place none. */
  const findNearest = (points, place, axis) => {
    let best = -1;
    points.forEach((point, i) => {
      if (point && (best < 0 || Math.abs(point[axis] - place[axis]) < Math.abs(points[best][axis] - place[axis]))) best = i;
    });
    return best;
  };

  const locate = (svg, event) => {
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
    return [((event.clientX - box.left) / box.width) * view.width, ((event.clientY - box.top) / box.height) * view.height];
  };

  const build = (chart) => {
    const details = chart.querySelector("details"), table = chart.querySelector("table");
    const drawn = [...chart.querySelectorAll("svg[data-points]")]
      .map((svg) => ({ svg, points: readPoints(svg), mark: addMark(svg) }));
    const rows = table ? readRows(table) : [];
    if (!rows.length || drawn.some(({ points }) => points.length !== rows.length)) return;
    const axis = chart.dataset.axis === "y" ? 1 : 0;
    const range = addRange(chart, rows.length - 1), readout = addReadout(chart, details);
    const show = (i) => {
      range.value = i;
      range.setAttribute("aria-valuetext", rows[i]);
      readout.textContent = rows[i];
      readout.classList.add("is-read");
      drawn.forEach(({ points, mark }) => {
        mark.setAttribute("visibility", points[i] ? "visible" : "hidden");
        if (points[i]) ["cx", "cy"].forEach((name, k) => mark.setAttribute(name, points[i][k]));
      });
    };
    range.setAttribute("aria-valuetext", rows[rows.length - 1]);
    range.addEventListener("input", () => show(Number(range.value)));
    range.addEventListener("focus", () => show(Number(range.value)));
    drawn.forEach(({ svg, points }) => {
      const follow = (event) => {
        const i = findNearest(points, locate(svg, event), axis);
        if (i >= 0) show(i);
      };
      svg.addEventListener("pointermove", follow);
      svg.addEventListener("pointerdown", follow);
    });
  };

  /* On a narrow page the rows of a wide table stand as blocks: each value says which column it is of. */
  const MANY = 4, LONG = 30;
  const label = (table) => {
    const heads = table.tHead ? [...table.tHead.rows[0].cells].map((cell) => cell.textContent) : [];
    if (table.classList.contains("plants") || table.closest(".chart")) return;
    table.classList.add(heads.length < MANY ? "fits" : "blocks");
    if (heads.length < MANY) return;
    [...table.tBodies].flatMap((body) => [...body.rows]).forEach((row) =>
      [...row.cells].forEach((cell, i) => {
        cell.dataset.label = heads[i];
        cell.classList.toggle("long", cell.textContent.length > LONG);
      }));
  };

  const start = () => {
    document.querySelectorAll(".chart[data-axis]").forEach(build);
    document.querySelectorAll("main table").forEach(label);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
