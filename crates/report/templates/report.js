// What a report does: it draws its charts as they come into sight, makes tables of their
// data, copies and downloads. It loads nothing and keeps nothing. Everything that it shows
// stands in the page already, made there from the run folder; it computes no figure.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.remove("no-script");
  const specs = JSON.parse(document.getElementById("charts").textContent);
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // The colours of the page, as they are now.
  const colours = () => {
    const style = getComputedStyle(root);
    const of = (name) => style.getPropertyValue("--" + name).trim();
    return { ink: of("ink"), dim: of("dim"), grid: of("grid"), line: of("line"), ground: of("ground") };
  };

  // What the theme says of a layout, by plotly's dotted names.
  const themed = (layout) => {
    const c = colours();
    const set = {
      "font.color": c.ink,
      "font.family": getComputedStyle(document.body).fontFamily,
      "hoverlabel.bgcolor": c.ground,
      "hoverlabel.bordercolor": c.line,
      "hoverlabel.font.color": c.ink,
      "modebar.bgcolor": "rgba(0,0,0,0)",
      "modebar.color": c.dim,
      "modebar.activecolor": c.ink,
    };
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
      set[name + ".gridcolor"] = c.grid;
      set[name + ".linecolor"] = c.line;
      set[name + ".zerolinecolor"] = c.line;
      set[name + ".tickcolor"] = c.line;
    }
    return set;
  };

  // A layout with those of the theme's names set in it.
  const dressed = (layout) => {
    const copy = JSON.parse(JSON.stringify(layout));
    for (const [path, value] of Object.entries(themed(copy))) {
      const names = path.split(".");
      const last = names.pop();
      let place = copy;
      for (const name of names) place = place[name] ??= {};
      place[last] = value;
    }
    // A finger that moves over a chart means to scroll the page.
    if (matchMedia("(pointer: coarse)").matches) copy.dragmode = false;
    return copy;
  };

  const config = {
    displaylogo: false,
    responsive: true,
    showSendToCloud: false,
    showEditInChartStudio: false,
    showLink: false,
    plotlyServerURL: "",
    modeBarButtonsToRemove: ["sendDataToCloud", "lasso2d", "select2d", "autoScale2d"],
  };

  // What a trial's charts draw is packed until one of them is wanted.
  const unpacked = new WeakMap();
  const unpack = async (pack) => {
    const bytes = Uint8Array.from(atob(pack.textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    for (const [id, { spec, csv }] of Object.entries(await new Response(stream).json())) {
      specs[id] = spec;
      document.querySelector(`#${CSS.escape(id)} .data pre`).textContent = csv;
    }
  };
  const ready = async (figure) => {
    const pack = figure.closest("details.trial")?.querySelector("script.pack");
    if (!pack) return;
    if (!unpacked.has(pack)) unpacked.set(pack, unpack(pack));
    await unpacked.get(pack);
  };

  const drawn = new Set();
  // Draws a chart whose data is at hand. A page that is about to be printed waits for nothing.
  const drawNow = (figure) => {
    const spec = specs[figure.dataset.chart];
    if (drawn.has(figure) || !spec) return;
    drawn.add(figure);
    const place = figure.querySelector(".plot");
    const options = { ...config, toImageButtonOptions: { filename: figure.dataset.chart } };
    Plotly.newPlot(place, spec.data, dressed(spec.layout), options);
  };
  const draw = async (figure) => {
    await ready(figure);
    drawNow(figure);
  };
  const dress = () => {
    for (const figure of drawn) {
      const place = figure.querySelector(".plot");
      Plotly.relayout(place, themed(specs[figure.dataset.chart].layout));
    }
  };

  // Charts are drawn as they come near: those of closed trials never do.
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "400px" });
  all("figure.chart").forEach((figure) => near.observe(figure));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", dress);

  // A scale, even or by its logarithm.
  const rescale = async (button) => {
    const figure = button.closest("figure");
    await draw(figure);
    const place = figure.querySelector(".plot");
    const isLog = button.getAttribute("aria-pressed") !== "true";
    const axis = button.dataset.axis + "axis";
    const names = Object.keys(place.layout).filter((key) => key.startsWith(axis));
    const change = {};
    for (const name of names) {
      change[name + ".type"] = isLog ? "log" : "linear";
      change[name + ".autorange"] = true;
    }
    Plotly.relayout(place, change);
    button.setAttribute("aria-pressed", String(isLog));
  };

  // The data of a chart, as a file.
  const texts = new Map();
  const csvOf = (figure) => {
    if (!texts.has(figure)) texts.set(figure, figure.querySelector(".data pre").textContent);
    return texts.get(figure);
  };
  const download = async (figure) => {
    await ready(figure);
    const url = URL.createObjectURL(new Blob([csvOf(figure)], { type: "text/csv;charset=utf-8" }));
    const link = document.createElement("a");
    link.href = url;
    link.download = figure.dataset.chart + ".csv";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };

  // The rows of CSV: a field in quotes may hold commas, lines and doubled quotes.
  const rowsOf = (text) => {
    const rows = [[]];
    let field = "";
    let quoted = false;
    for (let at = 0; at < text.length; at++) {
      const c = text[at];
      if (quoted) {
        if (c !== '"') field += c;
        else if (text[at + 1] === '"') { field += c; at++; }
        else quoted = false;
      } else if (c === '"') quoted = true;
      else if (c === ",") { rows.at(-1).push(field); field = ""; }
      else if (c === "\n") { rows.at(-1).push(field); field = ""; rows.push([]); }
      else if (c !== "\r") field += c;
    }
    if (field || rows.at(-1).length) rows.at(-1).push(field);
    return rows.filter((row) => row.length);
  };

  // The data of a chart as a table, made when a reader asks for it.
  const MOST_ROWS = 500;
  const tabulate = async (details) => {
    const figure = details.closest("figure");
    await ready(figure);
    const text = details.querySelector("pre");
    if (!text) return;
    const [head, ...rows] = rowsOf(csvOf(figure));
    const table = document.createElement("table");
    table.createCaption().textContent = rows.length > MOST_ROWS
      ? `The first ${MOST_ROWS} of ${rows.length} rows; the CSV has all`
      : figure.querySelector(".title").textContent;
    const top = table.createTHead().insertRow();
    for (const name of head ?? []) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      top.append(cell);
    }
    const body = table.createTBody();
    for (const row of rows.slice(0, MOST_ROWS)) {
      const line = body.insertRow();
      for (const field of row) line.insertCell().textContent = field;
    }
    text.replaceWith(table);
  };

  const copy = async (button) => {
    const text = button.parentElement.querySelector("code").textContent;
    const said = button.firstChild;
    const before = said.textContent;
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(button.parentElement.querySelector("code"));
      said.textContent = "Selected";
    }
    setTimeout(() => { said.textContent = before; }, 2000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".csv")) download(button.closest("figure"));
    else if (button.matches(".scale")) rescale(button);
    else if (button.matches(".copy")) copy(button);
    else if (button.matches(".open-all")) all("details.trial").forEach((one) => { one.open = true; });
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details.data") && event.target.open) tabulate(event.target);
  }, true);

  // A link to something folded away opens what it lies in.
  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) if (at.matches("details")) at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  // On paper everything is open but the data of charts and the trials that a reader left
  // closed, in the colours of paper and as wide as a page is between its margins.
  const PAPER = 660;
  let opened = [];
  const fit = (size) => {
    for (const figure of drawn) Plotly.relayout(figure.querySelector(".plot"), size);
  };
  addEventListener("beforeprint", () => {
    opened = all("details:not(.data):not(.trial):not([open])")
      .filter((one) => !one.closest("details.trial:not([open])"));
    opened.forEach((one) => { one.open = true; });
    root.classList.add("paper");
    all("figure.chart").filter((one) => !one.closest("details:not([open])")).forEach(drawNow);
    dress();
    fit({ width: PAPER });
  });
  addEventListener("afterprint", () => {
    opened.forEach((one) => { one.open = false; });
    root.classList.remove("paper");
    dress();
    fit({ width: null, autosize: true });
  });
})();
