/* Reads the values of charts: a pointer, or the arrow keys, moves over what the table behind a chart lists. Lets wide
   tables fit a phone. And searches, narrows and sorts the table of many plants. Without this script every picture and
   every table is still there. */
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
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const hasLong = rows.some((row) => [...row.cells].some((cell) => cell.textContent.length > LONG));
    const isWide = heads.length >= MANY || (heads.length === MANY - 1 && hasLong);
    table.classList.add(isWide ? "blocks" : "fits");
    if (!isWide) return;
    rows.forEach((row) =>
      [...row.cells].forEach((cell, i) => {
        cell.dataset.label = heads[i];
        cell.classList.toggle("long", cell.textContent.length > LONG);
      }));
  };

  /* How late the newest hour is, by the reader's clock: a page that nobody makes anew cannot say so itself. */
  const sayAge = (hour) => {
    const hours = Math.floor((Date.now() - Date.parse(hour.dataset.until)) / 36e5);
    if (!(hours > Number(hour.dataset.late))) return;
    const format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en");
    const age = document.createElement("span");
    age.className = "look";
    age.textContent = hours < 48 ? format.format(-hours, "hour") : format.format(-Math.floor(hours / 24), "day");
    hour.append(" (", age, ")");
  };

  /* The table of many plants: its rows, as they are searched, narrowed and sorted. */
  const ORDER = new Intl.Collator(document.documentElement.lang, { numeric: true });
  const NONE = "–";

  /* Letters as they are searched: without accents, in small ones; ø, æ and the like have none to lose. */
  const simplify = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  /* What a row is sorted by, a key for each cell: its number where the row knows it, else its text; nothing for a dash. */
  const readKeys = (row) => {
    const numbers = (row.dataset.sort || "").split("|");
    return [...row.cells].map((cell, i) => {
      const text = cell.textContent.trim();
      return numbers[i] ? Number(numbers[i]) : text === NONE ? "" : text;
    });
  };

  const readRow = (row) => {
    const part = row.querySelector('a[href^="#"]');
    const region = row.parentElement.dataset.region ?? row.querySelector(".region")?.textContent;
    return {
      row,
      keys: readKeys(row),
      text: simplify(`${row.cells[0].textContent} ${region ?? ""}`), // a number would be found in nearly every row
      region,
      isWrong: row.matches(".wrong") || row.querySelector(".wrong") !== null,
      part: part && document.getElementById(part.hash.slice(1))?.closest("tr, section"),
    };
  };

  const readBody = (body) => {
    const rows = [...body.rows].filter((row) => !row.matches(".region"));
    return { body, head: body.querySelector("tr.region"), rows: rows.map(readRow) };
  };

  const compareKeys = (one, other, sign) => {
    if (one === "" || other === "") return (one === "") - (other === "");
    return sign * (typeof one === "number" && typeof other === "number" ? one - other : ORDER.compare(one, other));
  };

  const sortRows = (rows, { column, sign }) =>
    column < 0 ? rows : [...rows].sort((one, other) => compareKeys(one.keys[column], other.keys[column], sign));

  /* A heading that is pressed sorts: numbers from the largest, texts from A; pressed again, the other way round. */
  const addSorters = (table, tools, rows, arrange) => {
    const heads = [...table.tHead.rows[0].cells], choice = tools.querySelector(".tool-sort select");
    const first = heads.findIndex((head) => head.hasAttribute("aria-sort")); // as the page was made
    const order = { column: first, sign: -1 };
    const sort = (column) => {
      const usual = rows.some(({ keys }) => typeof keys[column] === "number") ? -1 : 1;
      order.sign = order.column === column ? -order.sign : usual;
      order.column = column;
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      heads[column].setAttribute("aria-sort", order.sign < 0 ? "descending" : "ascending");
      choice.value = column;
      arrange();
    };
    if (first < 0) choice.append(new Option("", -1));
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => sort(column));
      head.replaceChildren(button);
      choice.append(new Option(button.textContent, column));
    });
    choice.value = first;
    choice.addEventListener("change", () => choice.value >= 0 && sort(Number(choice.value)));
    return order;
  };

  const control = (tools) => {
    const table = document.querySelector(tools.dataset.table);
    const bodies = [...table.tBodies].map(readBody), every = bodies.flatMap(({ rows }) => rows);
    const search = tools.querySelector("[type=search]"), region = tools.querySelector(".tool-region select");
    const wrong = tools.querySelector(".tool-wrong input"), grouped = tools.querySelector(".tool-grouped input");
    const isAsked = (one, words) =>
      words.every((word) => one.text.includes(word)) && (!region?.value || one.region === region.value) &&
      (!wrong.checked || one.isWrong);
    const arrange = () => {
      const words = simplify(search.value).split(/\s+/);
      every.forEach((one) => {
        one.row.hidden = !isAsked(one, words);
        if (one.part) one.part.hidden = one.row.hidden;
      });
      const isGrouped = !grouped || grouped.checked;
      bodies.forEach(({ head, rows }) => { if (head) head.hidden = !isGrouped || rows.every(({ row }) => row.hidden); });
      const shown = isGrouped ? bodies : [{ body: bodies[0].body, rows: every }];
      shown.forEach(({ body, rows }) => body.append(...sortRows(rows, order).map(({ row }) => row)));
      const count = every.filter(({ row }) => !row.hidden).length;
      tools.querySelector("[role=status]").textContent =
        tools.dataset.said.replace("{shown}", count).replace("{count}", every.length);
    };
    const order = addSorters(table, tools, every, arrange);
    [search, region, wrong, grouped].forEach((field) => field?.addEventListener("input", arrange));
    table.classList.add("sorted");
    tools.hidden = false;
    arrange();
  };

  const start = () => {
    document.querySelectorAll(".hour[data-late]").forEach(sayAge);
    document.querySelectorAll(".chart[data-axis]").forEach(build);
    document.querySelectorAll("main table").forEach(label);
    document.querySelectorAll(".tools").forEach(control);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
