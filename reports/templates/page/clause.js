// The page of a clause: what it requires, where the manual says so, and what each implementation does.

import { capital, h, plural } from "./dom.js";
import { format } from "./address.js";
import { standing } from "./data.js";
import { badge, inWords, reason } from "./parts.js";
import { evidenceLink } from "./evidence.js";
import { schedulesOfClause } from "./schedules.js";

export function clausePage(model, go, state) {
  const clause = model.clause.get(state.id);
  if (!clause) {
    return {
      element: h(
        "div",
        {},
        h("h1", { tabindex: -1 }, "Not here"),
        h("p", {}, `There is no clause ${state.id}.`),
      ),
      update() {},
      title: "Not here",
    };
  }
  const chapter = model.chapters.find(({ name }) => name === clause.chapter);
  const element = h("article", { class: "clause" });

  function update(next) {
    element.replaceChildren(
      neighbours(model, clause),
      h("h1", { tabindex: -1 }, h("code", {}, clause.id)),
      h("p", { class: "lead" }, h("span", { class: "level" }, clause.level), " ", clause.says),
      h(
        "dl",
        { class: "facts" },
        clause.reading ? [h("dt", {}, "Reading"), h("dd", {}, clause.reading)] : null,
        clause.untested ? [h("dt", {}, "Untested"), h("dd", {}, clause.untested)] : null,
        h("dt", {}, "Manual"),
        h(
          "dd",
          {},
          h(
            "ul",
            { class: "statements" },
            clause.statements.map(([name, address]) =>
              h("li", {}, h("a", { href: address, rel: "noreferrer" }, name)),
            ),
          ),
        ),
        h("dt", {}, "Chapter"),
        h(
          "dd",
          {},
          h("a", { href: format({ view: "matrix", chapters: [chapter.name] }) }, chapter.title),
        ),
      ),
      ...verdicts(model, clause, next),
      ...schedulesOfClause(model, clause, next),
    );
  }
  return { element, update, title: clause.id };
}

function neighbours(model, clause) {
  const link = (other, rel, ...content) =>
    other
      ? h("a", { href: format({ view: "clause", id: other.id }), rel }, content)
      : h("span", {});
  const [before, after] = [model.clauses[clause.number - 1], model.clauses[clause.number + 1]];
  return h(
    "nav",
    { class: "neighbours", "aria-label": "Clauses beside this one" },
    link(before, "prev", "← ", h("code", {}, before?.id ?? "")),
    link(after, "next", h("code", {}, after?.id ?? ""), " →"),
  );
}

// The implementations, those with the same verdict and the same evidence together, best first.
function verdicts(model, clause, state) {
  const groups = new Map();
  for (const column of model.columns) {
    const cell = column.cells.get(clause.id);
    const key = cell ? `${inWords(cell)}\n${cell.observed}\n${cell.known}` : "";
    if (!groups.has(key)) groups.set(key, { cell, columns: [] });
    groups.get(key).columns.push(column);
  }
  const order = ({ cell }) => (cell ? cell.rank : model.verdicts.length);
  const sorted = [...groups.values()].sort((one, other) => order(one) - order(other));
  return [
    h("h2", {}, plural(model.columns.length, "implementation")),
    h(
      "ul",
      { class: "groups" },
      sorted.map(({ cell, columns }) =>
        h(
          "li",
          {},
          h("p", {}, cell ? badge(cell) : "no case was run", ` · ${columns.length}`),
          cell?.observed ? h("p", { class: "observed" }, cell.observed) : null,
          cell?.known
            ? h("p", {}, h("b", {}, `${capital(standing(cell))}: `), reason(cell.known))
            : null,
          h(
            "ul",
            { class: "names" },
            columns.map((column) =>
              h("li", {}, evidenceLink(state, clause.id, column.label, column.label)),
            ),
          ),
        ),
      ),
    ),
  ];
}
