// The matrix: the filters, and the grid of what they leave.

import { h, plural } from "./dom.js";
import { format } from "./address.js";
import { chosenColumns, chosenRows, toolbar } from "./filters.js";
import { drawGrid } from "./grid.js";
import { legend } from "./parts.js";

const CHAPTER_MARKS = [
  ["3", "beside a chapter: the number of its must clauses that are broken"],
  ["3~", "beside a chapter: and some of its recommendations are not followed"],
  [
    "~3",
    "beside a chapter in which nothing is required: the number of its recommendations that are not followed",
  ],
];

const ON_PAPER =
  "The matrix is made for the screen. On paper, implementations that have no room are cut off: choose " +
  "fewer, or print their pages.";

export function matrix(model, go) {
  const found = h("p", { class: "found", role: "status" });
  const place = h("div", {});
  const bar = toolbar(model, go);
  const element = h(
    "div",
    { class: "matrix" },
    h("h1", { tabindex: -1 }, "Matrix"),
    h("p", { class: "on-paper" }, ON_PAPER),
    bar.element,
    found,
    place,
    legend(model, CHAPTER_MARKS),
  );
  let grid = null;

  function update(state) {
    const columns = chosenColumns(model, state);
    const rows = chosenRows(model, state, columns);
    bar.update(state);
    found.replaceChildren(...summary(model, state, columns, rows));
    grid = drawGrid(model, state, columns, rows, go);
    place.replaceChildren(grid.element);
  }
  return {
    element,
    update,
    title: "Matrix",
    mark: (cell) => grid.mark(cell),
    focusCell: (cell) => grid.focus(cell),
  };
}

function summary(model, state, columns, rows) {
  const absent = state.columns.filter((label) => !model.columns.some((one) => one.label === label));
  const clear = { view: "matrix" };
  return [
    `${rows.length} of ${plural(model.judged.length, "clause")}, ` +
      `${columns.length} of ${plural(model.columns.length, "implementation")}. `,
    absent.length ? `This page does not have ${absent.join(", ")}. ` : "",
    format({ ...state, cell: null, open: [] }) === format(clear)
      ? ""
      : h("a", { href: format(clear) }, "Clear all filters"),
  ];
}
