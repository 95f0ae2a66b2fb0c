// The page of an implementation: its deviations by cause, and what to do about each.

import { command, h, listed, plural } from "./dom.js";
import { format } from "./address.js";
import { STANDINGS, atLevel, inChapters, score, share, shortTitle, stateOf } from "./data.js";
import { MEANS, advice, causes, owners, sentence } from "./causes.js";
import {
  atExit,
  bar,
  clauseLink,
  day,
  inWords,
  interpreter,
  judgedLine,
  mark,
  onlyChapters,
  outside,
  reason,
} from "./parts.js";
import { changesByKind, changeCounts, moment, verdictsOf } from "./changes.js";
import { again, evidenceLink } from "./evidence.js";
import { schedulesOfImplementation } from "./schedules.js";

const ORDER =
  "Causes that break a required clause come before those that break recommendations alone; among " +
  "each, those that begin in the most basic chapter come first.";

// A cause with more clauses than this shows them when it is unfolded.
const SHOWN = 6;

export function implementation(model, go, state) {
  const column = model.columns.find((one) => one.label === state.id);
  if (!column) return unknown(state.id);
  const element = h("article", { class: "implementation" });

  function update(next) {
    const found = causes(model, column, next.chapters);
    const [news, unreviewed, known] = STANDINGS.map((one) =>
      found.filter(({ status }) => status === one),
    );
    element.replaceChildren(
      h("h1", { tabindex: -1 }, column.label),
      h("p", { class: "lead" }, column.implementation.about),
      h("p", { class: "verdict" }, sentence(model, column, next.chapters)),
      kitNote(model, column) ?? "",
      onlyChapters(model, next) ?? "",
      judgedLine(model, column, next) ?? "",
      atExit(model, column, next) ?? "",
      ...figures(model, column, next),
      ...changed(model, column, next),
      ...section(
        model,
        "New deviations",
        "Its adapter file does not list them.",
        news,
        column,
        next,
      ),
      ...(unreviewed.length
        ? section(
            model,
            "Unreviewed deviations",
            "Its adapter file lists them, but nobody has said yet why they are so.",
            unreviewed,
            column,
            next,
          )
        : []),
      ...section(
        model,
        "Known deviations",
        "Its adapter file lists them with these reasons, so no run fails for them.",
        known,
        column,
        next,
      ),
      h("h2", {}, "Chapter by chapter"),
      chapterTable(model, column),
      ...schedulesOfImplementation(model, column),
      ...past(column),
      h("h2", {}, "How it was run"),
      facts(model, column),
    );
  }
  return { element, update, title: column.label };
}

function unknown(label) {
  const text =
    `This page has no implementation ${label}. If it is one that you opened from a record, open ` +
    "the record again.";
  return {
    element: h("div", {}, h("h1", { tabindex: -1 }, "Not here"), h("p", {}, text)),
    update() {},
    title: "Not here",
  };
}

function figures(model, column, state) {
  const clauses = inChapters(model.judged, state.chapters);
  const figure = (level) =>
    h(
      "span",
      { class: "figure" },
      h("b", {}, share(score(column, atLevel(clauses, level)))),
      ` ${level}`,
    );
  const href = format({
    view: "matrix",
    columns: [column.label],
    rows: "broken",
    chapters: state.chapters,
  });
  return [
    h(
      "p",
      { class: "figures" },
      figure("must"),
      figure("should"),
      h("a", { href }, "Its deviations in the matrix"),
    ),
    bar(model, column, state.chapters),
  ];
}

function section(model, title, about, found, column, state) {
  const clauses = found.reduce((sum, cause) => sum + cause.deviations.length, 0);
  if (!found.length) return [h("h2", {}, title), h("p", {}, "None.")];
  return [
    h("h2", {}, `${title}: ${plural(clauses, "clause")}, ${plural(found.length, "cause")}`),
    h("p", {}, `${about} ${ORDER}`),
    ...found.map((cause) => causeCard(model, cause, column, state)),
  ];
}

// What has changed since the earlier record, by kind.
function changed(model, column, state) {
  const { since } = column;
  if (!since) return [];
  const found = changesByKind(model, column, state.chapters);
  const title = `Since ${moment(since, [column])}: ${changeCounts(found)}`;
  return [
    h("h2", {}, title),
    h(
      "ul",
      { class: "conditions" },
      since.head.map((line) => h("li", {}, line)),
    ),
    ...found.map((kind) => changesOfKind(model, column, kind, state)),
    since.divergences.length
      ? h(
          "details",
          {},
          h("summary", {}, plural(since.divergences.length, "changed divergence")),
          h(
            "ul",
            {},
            since.divergences.map(([clause, text]) => h("li", {}, clauseLink(clause), `: ${text}`)),
          ),
        )
      : "",
  ];
}

function changesOfKind(model, column, { name, title, meaning, changes }, state) {
  const loud = changes.filter((one) => !one.quiet);
  const rest = changes.length - loud.length;
  const list = h(
    "ul",
    { class: "changes" },
    loud.map((change) => changeItem(model, column, change, state)),
  );
  return h(
    "section",
    { class: `change kind-${name}` },
    h("h3", {}, `${title}: ${plural(changes.length, "clause")}`),
    h("p", { class: "count" }, meaning),
    loud.length > SHOWN
      ? h("details", {}, h("summary", {}, `All ${loud.length} clauses`), list)
      : list,
    rest ? h("p", {}, `${plural(rest, "clause")} without a deviation in this record.`) : null,
  );
}

function changeItem(model, column, change, state) {
  const clause = model.clause.get(change.clause);
  const cell = column.cells.get(change.clause);
  return h(
    "li",
    {},
    clause ? clauseLink(clause.id) : h("code", {}, change.clause),
    " ",
    h("span", { class: "level" }, clause?.level ?? ""),
    ` ${verdictsOf(change)} `,
    cell
      ? evidenceLink(
          state,
          change.clause,
          column.label,
          "evidence",
          h("span", { class: "hidden" }, ` for ${change.clause}`),
        )
      : null,
    change.note ? h("span", { class: "says" }, change.note) : null,
    cell?.observed ? h("span", { class: "observed" }, cell.observed) : null,
    change.observed ? h("span", { class: "observed" }, `before: ${change.observed}`) : null,
  );
}

// The records of an implementation, the newest first.
function past(column) {
  if (!column.history.length) return [];
  const head = (text, more = {}) => h("th", { scope: "col", ...more }, text);
  const rows = [...column.history]
    .reverse()
    .map((step) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, moment(step, column.history)),
        h("td", { class: "number" }, step.must.join("/")),
        h("td", { class: "number" }, step.should.join("/")),
        h("td", {}, step.summary ?? ""),
        h("td", {}, [step.version, step.interpreter].filter(Boolean).join(", ")),
      ),
    );
  return [
    h("h2", {}, "History"),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "History" },
      h(
        "table",
        { class: "history" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            head("Date"),
            head("must", { class: "number" }),
            head("should", { class: "number" }),
            head("Since the one before"),
            head("What was judged"),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
  ];
}

function causeCard(model, cause, column, state) {
  const { deviations, harms } = cause;
  const owner = owners(model, column, cause);
  const levels = cause.levels.map((level) => {
    const some = deviations.filter(({ clause }) => clause.level === level);
    return `${some.length} ${level}`;
  });
  const list = h(
    "ul",
    { class: "deviations" },
    deviations.map(({ clause, cell }) =>
      h(
        "li",
        {},
        mark(cell),
        h("span", { class: "hidden" }, `${inWords(cell)}: `),
        h(
          "div",
          {},
          clauseLink(clause.id),
          h("span", { class: "level" }, clause.level),
          " ",
          evidenceLink(
            state,
            clause.id,
            column.label,
            "evidence",
            h("span", { class: "hidden" }, ` for ${clause.id}`),
          ),
          h("span", { class: "says" }, clause.says),
          cell.observed ? h("span", { class: "observed" }, cell.observed) : null,
        ),
      ),
    ),
  );
  const many = deviations.length > SHOWN;
  return h(
    "section",
    { class: "cause" },
    h("h3", {}, cause.status === "known" ? reason(cause.title) : cause.title),
    h("p", { class: "count" }, plural(deviations.length, "clause"), `: ${levels.join(", ")}`),
    cause.required
      ? harms.map(({ name, label }) =>
          h("p", {}, h("span", { class: `harm ${name}` }, label), ` ${MEANS[name]}`),
        )
      : h("p", {}, "Only recommendations, or details that no program should rely on."),
    owner.length ? h("p", {}, h("b", {}, "Whose it is: "), `${owner.join("; ")}.`) : null,
    cause.status === "known" ? null : h("p", {}, h("b", {}, "What to do: "), advice(cause)),
    command(
      again(
        column,
        deviations.slice(0, 3).map(({ clause }) => clause.id),
      ),
    ),
    many ? h("details", {}, h("summary", {}, `All ${deviations.length} clauses`), list) : list,
  );
}

function chapterTable(model, column) {
  const rows = model.chapters.map((chapter) => {
    const clauses = model.judged.filter((clause) => clause.chapter === chapter.name);
    const href = format({ view: "matrix", columns: [column.label], chapters: [chapter.name] });
    const cell = (level) => {
      const some = atLevel(clauses, level);
      return h("td", { class: `number ${stateOf(column, some)}` }, share(score(column, some)));
    };
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href }, shortTitle(chapter))),
      cell("must"),
      cell("should"),
    );
  });
  return h(
    "table",
    { class: "chapters" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Chapter"),
        h("th", { scope: "col", class: "number" }, "must"),
        h("th", { scope: "col", class: "number" }, "should"),
      ),
    ),
    h("tbody", {}, rows),
  );
}

function facts(model, column) {
  const { implementation: subject, kit } = column;
  const fact = (term, value) => (value ? [h("dt", {}, term), h("dd", {}, value)] : null);
  const mapped = Object.entries(subject.mapped ?? {});
  const seconds = column.milliseconds.reduce((sum, one) => sum + (one || 0), 0) / 1000;
  const run = column.ranks.filter((rank) => rank >= 0).length;
  return [
    h(
      "dl",
      { class: "facts" },
      fact("Module", h("code", {}, subject.module)),
      fact("Version", subject.version),
      fact("Interpreter", interpreter(column)),
      fact("Platform", subject.platform),
      fact("Home page", outside(subject.homepage, subject.homepage)),
      fact("Issues", outside(subject.tracker, subject.tracker)),
      fact(
        "Names of its own",
        mapped.length &&
          `The adapter maps ${listed(mapped.map(([name, own]) => `${name} to ${own}`))}. ` +
            "The clauses about names say that the documented ones are missing; " +
            "what is behind them was judged.",
      ),
      fact(
        "Not offered",
        subject.omits?.length && `The cases about ${listed(subject.omits)} were not run.`,
      ),
      fact(
        "Judged",
        `${day(column)}, by threadspec ${kit.version} with the clause catalogue ${kit.catalogue}`,
      ),
      fact(
        "Cases",
        `${run} of ${kit.cases}, in ${seconds.toFixed(1)} s${column.timeScale === 1 ? "" : `, with durations multiplied by ${column.timeScale}`}`,
      ),
    ),
    h("p", {}, "Run it again:"),
    command(again(column, [])),
  ]
    .flat()
    .reduce((place, one) => (place.append(one), place), h("div", {}));
}

// Where the kit of a record is not that of the page. Whether an earlier record has the same kit as
// this one is another question, which the head of the changes answers.
function kitNote(model, column) {
  const { foreign, kit } = column;
  if (!foreign && kit.battery === model.battery_digest) return null;
  const [what, hence] = foreign
    ? ["catalogue", "the clauses shown here may ask for something else"]
    : ["battery", "the sources shown here may not be those of the cases that were run"];
  const records = column.since ? "The newest record" : "The record";
  return h(
    "p",
    { class: "kit" },
    `${records} of this implementation was made with another version of the ${what} than this page, ` +
      `so ${hence}.`,
  );
}
