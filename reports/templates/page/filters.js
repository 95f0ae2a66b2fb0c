// The filters of the matrix: which clauses and which implementations it shows.

import { h, redraw } from "./dom.js";
import { changeOf, hasEarlier } from "./changes.js";
import { boxes, chapterItems, hasWords, isWide, searchField } from "./parts.js";

// The ways to leave out rows.
const ROWS = [
  { name: "", label: "all" },
  { name: "differ", label: "only rows that differ" },
  { name: "broken", label: "what fails somewhere" },
];
const CHANGED = { name: "changed", label: "only what changed" };

export function chosenColumns(model, state) {
  const chosen = model.columns.filter((column) => state.columns.includes(column.label));
  return chosen.length ? chosen : model.columns;
}

// The clauses that all filters let through.
export function chosenRows(model, state, columns) {
  return model.judged.filter((clause) => {
    if (state.chapters.length && !state.chapters.includes(clause.chapter)) return false;
    if (state.levels.length && !state.levels.includes(clause.level)) return false;
    const cells = columns.map((column) => column.cells.get(clause.id));
    if (
      state.verdicts.length &&
      !cells.some((cell) => cell && state.verdicts.includes(cell.verdict.name))
    )
      return false;
    if (state.rows === "broken" && !cells.some((cell) => cell?.bad)) return false;
    if (state.rows === "changed" && !columns.some((column) => changeOf(column, clause.id)))
      return false;
    if (state.rows === "differ" && new Set(cells.map(kind)).size < 2) return false;
    if (!state.q) return true;
    const texts = [
      clause.id,
      clause.says,
      clause.reading,
      ...clause.statements.map(([name]) => name),
      ...cells.map((cell) => cell?.observed),
    ];
    return hasWords(texts.join(" "), state.q);
  });
}

// What two cells must have in common not to differ: the verdict, and where the manual leaves the
// behaviour open, the behaviour.
function kind(cell) {
  if (!cell) return "";
  return cell.verdict.name === "observed" ? `observed ${cell.observed}` : cell.verdict.name;
}

function isFiltered(state) {
  return Boolean(
    state.q || state.rows || state.levels.length || state.verdicts.length || state.chapters.length,
  );
}

// Whether a chapter is unfolded: as the address says, and otherwise where something is looked for.
export function isOpen(state, chapter) {
  if (!state.open.length) return isFiltered(state);
  return state.open.includes("all") || state.open.includes(chapter);
}

// The form with all filters.
export function toolbar(model, go) {
  const search = searchField("id, text or evidence", go);
  const rows = h(
    "select",
    { id: "rows", change: () => go({ rows: rows.value }) },
    [...ROWS, ...(hasEarlier(model) ? [CHANGED] : [])].map(({ name, label }) =>
      h("option", { value: name }, label),
    ),
  );
  const menus = [
    menu("Chapters", "chapters", chapterItems(model), go),
    menu(
      "Levels",
      "levels",
      ["must", "should", "free"].map((name) => ({ name, label: name })),
      go,
    ),
    menu(
      "Verdicts",
      "verdicts",
      model.verdicts.map(({ name, symbol }) => ({ name, label: `${symbol} ${name}` })),
      go,
    ),
    menu(
      "Implementations",
      "columns",
      model.columns.map(({ label }) => ({ name: label, label })),
      go,
    ),
  ];
  const one = h("select", { id: "compare-one" });
  const other = h("select", { id: "compare-other" });
  const compare = h(
    "form",
    { class: "compare" },
    h("label", { for: "compare-one" }, "Compare"),
    one,
    h("label", { for: "compare-other" }, "with"),
    other,
    h("button", { type: "submit" }, "Compare"),
  );
  compare.addEventListener("submit", (event) => {
    event.preventDefault();
    go({ columns: [one.value, other.value], rows: "differ", open: [] });
  });
  const fold = [
    h(
      "button",
      { type: "button", class: "quiet", click: () => go({ open: ["all"] }) },
      "Unfold all",
    ),
    h(
      "button",
      { type: "button", class: "quiet", click: () => go({ open: ["none"] }) },
      "Fold all",
    ),
  ];
  const element = h(
    "details",
    { class: "toolbar", open: isWide() },
    h("summary", {}, "Filters"),
    h(
      "div",
      { class: "filters" },
      search.element,
      h("span", { class: "field" }, h("label", { for: "rows" }, "Rows"), rows),
      menus.map((one) => one.element),
      model.columns.length > 1 ? compare : null,
      h("span", { class: "fold" }, fold),
    ),
  );

  function update(state) {
    search.update(state);
    rows.value = state.rows;
    for (const one of menus) one.update(state);
    const labels = model.columns.map(({ label }) => label);
    for (const [number, select] of [one, other].entries()) {
      const value = state.columns.length === 2 ? state.columns[number] : select.value;
      select.replaceChildren(...labels.map((label) => h("option", {}, label)));
      select.value = labels.includes(value) ? value : (labels[number] ?? labels[0]);
    }
  }
  return { element, update };
}

// A button that shows boxes to tick. It closes with Escape, and when something else is used.
function menu(title, name, items, go) {
  const count = h("span", { class: "count" });
  const list = h("div", { class: "boxes", role: "group", "aria-label": title });
  const summary = h("summary", {}, title, " ", count);
  const element = h("details", { class: `menu ${name}` }, summary, list);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    event.stopPropagation();
    element.open = false;
    summary.focus();
  });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) element.open = false;
  });

  function update(state) {
    count.textContent = state[name].length ? `(${state[name].length})` : "";
    redraw(
      list,
      ...boxes(items, state[name], (chosen) => go({ [name]: chosen })),
      state[name].length
        ? h(
            "button",
            {
              type: "button",
              class: "quiet",
              click: () => {
                summary.focus();
                go({ [name]: [] });
              },
            },
            "Choose none",
          )
        : "",
    );
  }
  return { element, update };
}

document.addEventListener("pointerdown", (event) => {
  for (const open of document.querySelectorAll(".menu[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});
