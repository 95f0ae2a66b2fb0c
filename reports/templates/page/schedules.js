// Every schedule: what holds in each schedule of a program on simulated threads, and what breaks.
//
// The exploration of a column has `programs`, as a record has them, without the cases that hold, and
// `cases`: how many schedules each of these was run under, by its id.

import { command, h, plural, quoted } from "./dom.js";
import { clauseLink, implementationLink } from "./parts.js";

const ABOUT =
  "Small programs, and cases of the battery, on simulated threads. Every switch between threads is " +
  "decided, so what holds in every schedule of a program is proved for that program.";

const FOREIGN =
  "Explored by another version of the kit than that of this page: its explorer, programs or cases " +
  "differ.";

// The exploration of a record that a reader has opened.
export function fromRecord(part) {
  const held = part.programs.filter((one) => one.kind === "case" && !one.failure);
  return {
    ...part,
    programs: part.programs.filter((one) => !held.includes(one)),
    cases: new Map(held.map((one) => [one.name, one.schedules])),
  };
}

// The exploration of an implementation in the data of the page.
export function fromData({ rows, cases, ...rest }, data) {
  const programs = rows.map(([number, grade, bound, schedules, count, failure]) => ({
    ...data.programs[number],
    grade,
    bound,
    schedules,
    programs: count,
    verdict: failure?.verdict ?? "holds",
    failure: failure ? { ...failure, observed: data.texts[failure.observed] } : null,
  }));
  const scheduled = data.cases.map(({ id }, number) => [id, cases[number] ?? 0]);
  return { ...rest, programs, cases: new Map(scheduled.filter(([, count]) => count)) };
}

function number(count) {
  return count.toLocaleString("en-US");
}

function isProgram(one) {
  return one.kind !== "case";
}

// The failures that are not known, by clause, and recommendations last; of each the one that was
// found first comes first. In the data of the page, the others do not say when they were found.
function broken(programs) {
  const found = new Map();
  const with_ = (verdict) => programs.filter((one) => one.verdict === verdict);
  for (const one of [...with_("fails"), ...with_("non-strict")]) {
    const { clause } = one.failure;
    found.set(clause, [...(found.get(clause) ?? []), one]);
  }
  const rank = (one) => (isProgram(one) ? 0 : 1e9) + (one.failure.schedule ?? 1e8);
  for (const some of found.values()) some.sort((one, other) => rank(one) - rank(other));
  return found;
}

// Whether an exploration was not made with the kit of the page.
function isForeign(model, { exploration }) {
  return exploration.explorer !== model.explorer_digest;
}

function nameOf(one) {
  const variant = one.variant ? ` with the ${one.variant}` : "";
  return [h("code", {}, one.name), variant];
}

// A program that breaks a clause: where, what was seen, and how to see it again.
function failure(column, [one, ...others]) {
  const { observed, token, preemptions, always } = one.failure;
  const fewest =
    preemptions === null ? "" : `, with ${plural(preemptions, "preemption")}, the fewest`;
  const more = others.length
    ? ` ${plural(others.length, "more program or case breaks it", "more programs or cases break it")}.`
    : "";
  return [
    h(
      "p",
      {},
      one.verdict === "non-strict" ? "Non-strict: the clause is a recommendation. " : "",
      `Breaks in ${always ? "every schedule that was tried" : "a schedule"} of `,
      nameOf(one),
      `${fewest}.${more}`,
    ),
    h("p", { class: "observed" }, observed),
    command(
      ["threadspec", "explore", `--impl=${column.implementation.name}`, `--replay=${token}`]
        .map(quoted)
        .join(" "),
    ),
  ];
}

// Names of programs, each with the number of its schedules.
function names(programs) {
  return programs.map((one, place) => [
    place ? ", " : "",
    nameOf(one),
    ` (${one.programs > 1 ? `${number(one.programs)} programs, ` : ""}${number(one.schedules)})`,
  ]);
}

// What is known of a clause on an implementation; an empty list if no program is about it.
function about(model, column, clause) {
  const own = column.exploration.programs.filter(({ clauses }) => clauses.includes(clause.id));
  const wrong = broken(column.exploration.programs).get(clause.id);
  const held = own.filter((one) => one.verdict === "holds" && isProgram(one));
  const cases = (model.casesOf.get(clause.id) ?? [])
    .map((place) => column.exploration.cases.get(model.cases[place].id))
    .filter(Boolean);
  const with_ = (grade) => held.filter((one) => one.grade === grade);
  const bounds = [...new Set(with_("bounded").map(({ bound }) => bound))].sort();
  return [
    wrong ? failure(column, wrong) : null,
    with_("exhausted").length
      ? h("p", {}, "Holds under every schedule of ", names(with_("exhausted")), ".")
      : null,
    bounds.map((bound) =>
      h(
        "p",
        {},
        `Cut: holds under all schedules ${within(bound)} of `,
        names(with_("bounded").filter((one) => one.bound === bound)),
        ".",
      ),
    ),
    with_("sampled").length
      ? h("p", {}, "Holds under the schedules that were tried of ", names(with_("sampled")), ".")
      : null,
    cases.length
      ? h(
          "p",
          {},
          `${plural(cases.length, "case")} ${cases.length === 1 ? "holds" : "hold"} under ` +
            `${plural(Math.min(...cases), "schedule")} or more.`,
        )
      : null,
  ]
    .flat()
    .filter(Boolean);
}

// The part of a clause's page: what holds on which implementation under every schedule.
export function schedulesOfClause(model, clause, state) {
  const found = model.columns
    .filter(({ exploration }) => exploration)
    .map((column) => [column, about(model, column, clause)])
    .filter(([, said]) => said.length);
  if (!found.length) return [];
  return [
    h("h2", {}, "Every schedule"),
    h("p", {}, ABOUT),
    h(
      "ul",
      { class: "groups schedules" },
      found.map(([column, said]) =>
        h(
          "li",
          {},
          h("p", {}, h("b", {}, implementationLink(column, state))),
          isForeign(model, column) ? h("p", {}, FOREIGN) : null,
          said,
        ),
      ),
    ),
  ];
}

// The part of an implementation's page: how many programs were exhausted, were cut and fail.
export function schedulesOfImplementation(model, column) {
  const { exploration } = column;
  if (!exploration) return [];
  const programs = exploration.programs.filter(isProgram);
  const count = (some) => some.reduce((sum, one) => sum + one.programs, 0);
  const exhausted = count(
    programs.filter(({ grade, failure }) => grade === "exhausted" && !failure),
  );
  const withVerdict = (verdict) => exploration.programs.filter((one) => one.verdict === verdict);
  const failed = withVerdict("fails").filter(isProgram);
  const failedCases = withVerdict("fails").filter((one) => !isProgram(one));
  const advised = withVerdict("non-strict");
  const cut = count(programs.filter(({ grade, failure }) => grade !== "exhausted" && !failure));
  const cases = [...exploration.cases.values()];
  const wrong = [...broken(exploration.programs)];
  const leftOut = Object.entries(exploration.left_out).map(
    ([why, some]) => `${number(some)} (${why})`,
  );
  const said = [
    `${number(exhausted)} of ${plural(count(programs), "program")} exhausted`,
    cut ? `${number(cut)} cut` : "",
    `${number(count(failed))} failed`,
    failedCases.length ? `${plural(failedCases.length, "case")} failed` : "",
    advised.length ? `${number(advised.length)} non-strict` : "",
  ].filter(Boolean);
  return [
    h("h2", {}, `Every schedule: ${said.join(", ")}`),
    h("p", {}, ABOUT),
    h(
      "p",
      {},
      `${number(programs.reduce((sum, one) => sum + one.schedules, 0))} schedules of programs`,
      cases.length
        ? `; ${plural(cases.length, "case")} under ${plural(Math.min(...cases), "schedule")} or more each`
        : "",
      `; run by ${exploration.interpreter} on ${exploration.made.slice(0, 10)}.`,
    ),
    isForeign(model, column)
      ? [
          h("p", {}, `${FOREIGN} To explore it again:`),
          command(`threadspec explore --impl=${quoted(column.implementation.name)} --report=FILE`),
        ]
      : null,
    leftOut.length ? h("p", {}, `Programs and cases left out: ${leftOut.join(", ")}.`) : null,
    wrong.map(([clause, some]) =>
      h("section", { class: "cause" }, h("h3", {}, clauseLink(clause)), failure(column, some)),
    ),
    programs.length
      ? h(
          "details",
          {},
          h("summary", {}, "Programs"),
          h(
            "ul",
            {},
            programs.map((one) => h("li", {}, nameOf(one), `: ${howExplored(one)}`)),
          ),
        )
      : null,
  ]
    .flat()
    .filter(Boolean);
}

// How a program was explored.
function howExplored(one) {
  const programs = one.programs > 1 ? `${number(one.programs)} programs, ` : "";
  const schedules = `${number(one.schedules)} schedule${one.schedules === 1 ? "" : "s"}`;
  if (one.failure) return `breaks ${one.failure.clause}`;
  if (one.grade === "exhausted") return `${programs}exhausted ${schedules}`;
  if (one.grade === "sampled") return `tried ${schedules}`;
  return `cut at ${schedules}; all ${within(one.bound)}`;
}

// Which schedules were all run.
function within(bound) {
  return bound ? `with at most ${plural(bound, "preemption")}` : "without preemption";
}
