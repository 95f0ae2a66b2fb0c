// The grid of the matrix: a row for each clause, a column for each implementation.
//
// With 40 implementations it has 25,000 cells, so the rows are written as HTML and not made element
// by element, and one listener on the table serves all cells. For the keyboard it is one stop: the
// arrow keys move in it.

import { escape, h, plural } from "./dom.js";
import { format } from "./address.js";
import { atLevel, counts, score, shortTitle, stateOf } from "./data.js";
import { changeMark, changeOf, titleOf } from "./changes.js";
import { isOpen } from "./filters.js";
import { inWords, look } from "./parts.js";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

// With so few columns there is room for the texts of the clauses.
const ROOMY = 16;

// The element, and functions to mark and to focus the cell of a clause and a label.
export function drawGrid(model, state, columns, rows, go) {
  const roomy = columns.length <= ROOMY;
  const table = h("table", {
    class: roomy ? "grid roomy" : "grid",
    role: "grid",
    "aria-label": "Verdicts by clause and implementation",
  });
  table.style.setProperty("--columns", columns.length);
  table.innerHTML =
    head(columns, state, roomy) +
    model.chapters.map((chapter) => body(model, state, columns, chapter, rows)).join("");
  const scroll = h(
    "div",
    { class: "scroll grid-scroll" },
    rows.length ? table : h("p", { class: "empty" }, "No clause is left."),
  );

  table.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-chapter]");
    if (button) return fold(button);
    const cell = event.target.closest("td:not(.says)");
    if (cell) {
      makeCurrent(cell);
      use(cell);
    }
  });
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("th, td");
    const next = neighbour(table, cell, event);
    if (next) {
      event.preventDefault();
      makeCurrent(next);
      focusOf(next).focus();
    } else if (event.key === "Enter" && cell.matches("td:not(.says)")) {
      event.preventDefault();
      use(cell);
    }
  });

  function fold(button) {
    const open = model.chapters.map(({ name }) => name).filter((name) => isOpen(state, name));
    const name = button.dataset.chapter;
    const next = open.includes(name) ? open.filter((one) => one !== name) : [...open, name];
    go({ open: next.length ? next : ["none"] });
    // The table has been drawn again, so that button is another one now.
    document.querySelector(`.grid button[data-chapter="${name}"]`)?.focus();
  }

  // Show the evidence behind a cell, or what is in a chapter that is folded.
  function use(cell) {
    const row = cell.parentElement;
    if (row.dataset.clause)
      go({ cell: [row.dataset.clause, columns[cell.cellIndex - 1].label] }, { push: true });
    else fold(row.querySelector("button"));
  }

  let current = null;
  function makeCurrent(cell) {
    if (current) focusOf(current).tabIndex = -1;
    current = cell;
    focusOf(cell).tabIndex = 0;
  }
  const first = table.tBodies[0]?.rows[0]?.cells[0];
  if (first) makeCurrent(first);

  let marked = null;
  function find([clause, label]) {
    const column = columns.findIndex((one) => one.label === label);
    const row = table.querySelector(`tr[data-clause="${CSS.escape(clause)}"]`);
    return column < 0 || !row ? null : row.cells[column + 1];
  }
  return {
    element: scroll,
    mark(cell) {
      marked?.removeAttribute("aria-selected");
      marked = cell ? find(cell) : null;
      marked?.setAttribute("aria-selected", "true");
      marked?.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
    focus(cell) {
      const found = find(cell);
      if (!found) return;
      makeCurrent(found);
      found.focus();
    },
  };
}

// What gets the focus of a cell: the link or button in it, or else the cell itself.
function focusOf(cell) {
  return cell.querySelector("a, button") ?? cell;
}

// The cell to which a key leads.
function neighbour(table, cell, event) {
  const { cellIndex, parentElement: row } = cell;
  const rows = table.rows;
  const at = (index, column) => rows[index]?.cells[column] ?? null;
  switch (event.key) {
    case "ArrowRight":
      return at(row.rowIndex, cellIndex + 1);
    case "ArrowLeft":
      return cellIndex > 0 ? at(row.rowIndex, cellIndex - 1) : null;
    case "ArrowDown":
      return at(row.rowIndex + 1, cellIndex);
    case "ArrowUp":
      return row.rowIndex > 0 ? at(row.rowIndex - 1, cellIndex) : null;
    case "Home":
      return event.ctrlKey ? at(1, 0) : at(row.rowIndex, 0);
    case "End":
      return at(event.ctrlKey ? rows.length - 1 : row.rowIndex, row.cells.length - 1);
    case "PageDown":
      return at(Math.min(row.rowIndex + 15, rows.length - 1), cellIndex);
    case "PageUp":
      return at(Math.max(row.rowIndex - 15, 0), cellIndex);
    default:
      return null;
  }
}

function head(columns, state, roomy) {
  const names = columns.map(({ label }) => {
    const href = escape(format({ view: "implementation", id: label, chapters: state.chapters }));
    return `<th scope="col"><a href="${href}" tabindex="-1"><span>${escape(label)}</span></a></th>`;
  });
  return (
    `<thead><tr><th scope="col" class="corner"><span tabindex="-1">Clause</span></th>${names.join("")}` +
    `${roomy ? '<th scope="col" class="says"><span tabindex="-1">What it requires</span></th>' : ""}</tr></thead>`
  );
}

function body(model, state, columns, chapter, rows) {
  const clauses = rows.filter((clause) => clause.chapter === chapter.name);
  if (!clauses.length) return "";
  const open = isOpen(state, chapter.name);
  const roomy = columns.length <= ROOMY;
  const sums =
    columns.map((column) => sum(model, column, clauses)).join("") +
    (roomy ? `<td class="says"></td>` : "");
  const title =
    `<th scope="rowgroup"><button type="button" tabindex="-1" data-chapter="${chapter.name}" aria-expanded="${open}">` +
    `${escape(shortTitle(chapter))} <span class="count">${clauses.length}</span></button></th>`;
  return `<tbody style="--rows: ${open ? clauses.length + 1 : 1}"><tr class="chapter">${title}${sums}</tr>${open ? clauses.map((clause) => line(model, columns, clause)).join("") : ""}</tbody>`;
}

// What became of the clauses of a chapter: how many of the required ones are broken, and whether
// recommendations are; where nothing is required, how many of them. A tick in brackets: it is kept,
// but fewer than half of it were judged.
function sum(model, column, clauses) {
  const must = atLevel(clauses, "must");
  const should = atLevel(clauses, "should");
  const required = score(column, must);
  const advised = score(column, should);
  const [found] = counts(model, column, clauses).reverse(); // the worst verdict
  let state = "nothing";
  let text = found ? found.verdict.symbol : "·";
  if (required.judged) {
    state = stateOf(column, must);
    text = required.broken || (state === "part" ? "(✓)" : "✓");
  } else if (advised.judged) {
    state = advised.broken ? "advised" : stateOf(column, should);
    text = advised.broken || (state === "part" ? "(✓)" : "✓");
  }
  if (advised.broken) text = required.judged ? `${text}<b class="advised">~</b>` : `~${text}`;
  const words = [
    must.length &&
      `${required.judged} of ${must.length} required clauses judged, ${required.broken} broken`,
    should.length &&
      `${advised.judged} of ${plural(should.length, "recommendation")} judged, ${advised.broken} not followed`,
    found && `at worst ${found.verdict.name}`,
  ];
  const label = (found && words.filter(Boolean).join("; ")) || "no case was run";
  return `<td class="${state}" title="${label}" aria-label="${label}">${text}</td>`;
}

function line(model, columns, clause) {
  const cells = columns.map((column) => column.cells.get(clause.id));
  const values = clause.level === "free" ? letters(cells) : null;
  const href = escape(format({ view: "clause", id: clause.id }));
  const seen = values
    ? [...values]
        .map(([value, letter]) => `<span class="value"><b>${letter}</b> ${escape(value)}</span>`)
        .join("")
    : "";
  const written = cells.map((cell, number) => {
    if (!cell) return `<td class="none" aria-label="not run">·</td>`;
    const change = changeOf(columns[number], clause.id);
    if (cell.verdict.name === "pass" && !change) return `<td>${cell.verdict.symbol}</td>`; // most are
    const letter = cell.verdict.name === "observed" ? values?.get(cell.observed) : null;
    const words = letter ? cell.observed : inWords(cell);
    const label = escape(change ? `${words}; ${titleOf(model, change.kind)}` : words);
    const more = change ? ` class="changed ${changeMark(change)}"` : "";
    return `<td${more} aria-label="${label}"><b class="mark ${look(cell)}">${letter ?? cell.verdict.symbol}</b></td>`;
  });
  const roomy = columns.length <= ROOMY;
  return (
    `<tr data-clause="${clause.id}"><th scope="row"><a href="${href}" tabindex="-1">${clause.id}</a>` +
    ` <span class="level">${clause.level}</span>${roomy ? "" : seen}</th>${written.join("")}` +
    `${roomy ? `<td class="says">${escape(clause.says)}${seen}</td>` : ""}</tr>`
  );
}

// A letter for each behaviour that was observed, the most frequent first.
function letters(cells) {
  const found = new Map();
  for (const cell of cells) {
    if (cell?.verdict.name === "observed")
      found.set(cell.observed, (found.get(cell.observed) ?? 0) + 1);
  }
  const ordered = [...found].sort((one, other) => other[1] - one[1]);
  return new Map(ordered.map(([value], number) => [value, LETTERS[number] ?? "…"]));
}
