// Why an implementation deviates, and what that means for a program: its deviations by cause.
//
// Many clauses often deviate for one cause. Where the adapter gives the reason of a known
// divergence, the reason is the cause; otherwise it is the name that is missing, the exception that
// came in the way, or what was observed.

import { capital, few, plural } from "./dom.js";
import { STANDINGS, atLevel, inChapters, score, standing, subject } from "./data.js";

// What a deviation does to a program that relies on the clause, the gravest first. `does` goes
// behind the name of an implementation.
export const HARMS = [
  { name: "crash", label: "ends the process", does: "can end the process in" },
  { name: "hang", label: "hangs", does: "can hang in" },
  { name: "open", label: "does not wait", does: "lets threads go on that must wait, in" },
  { name: "silent", label: "other result", does: "does something else, without an error, in" },
  { name: "raises", label: "exception", does: "raises other exceptions in" },
  { name: "missing", label: "missing name", does: "lacks" },
  { name: "kit", label: "not known", does: "could not be judged in" },
];

// A sentence about an implementation names these also where only a recommendation is broken.
const GRAVE = ["crash"];

// What each of them means, for the page of an implementation.
export const MEANS = {
  crash: "A program that gets there dies with its process.",
  hang: "A program that gets there waits for something that does not come.",
  open: "Threads go on that must wait: what they share is not protected. No error shows it.",
  silent: "The program goes on with another result or state than it relies on. No error shows it.",
  raises: "An exception that the manual does not mention ends the call, so a test shows it.",
  missing: "The program ends with an AttributeError or ImportError, so the first test shows it.",
  kit: "The kit or the environment is at fault: nothing is known about these clauses.",
};

// An issue on GitHub that a reason names, such as owner/name#123.
export const ISSUE = /(?<![\w./-])([\w-]+\/[\w.-]+#\d+)\b/;

const MISSING = /there is no ([\w.]+)/;
// What a call raised; not what the activity of a thread "had raised", nor the case's own exception.
const RAISED = /(?<!had )\braised ((?:\w+\.\w[\w.]*|[A-Z]\w*)(?:: [^;]*)?)/;
const CAME_OUT = /\braised \w+; (\S+) came out$/;
// Only what says that a call is blocked or does not return. That a program "is running" when a case
// ends says nothing, nor that a call "did not return the thread": it returned another one.
const HANGS =
  /(?<!\bor \w+\(\) )\b(?:has|do|does|did) not return(?:ed)?\b(?! the )|(?<!not )\bstays? blocked|\) blocks\b|got stuck|(?:does|did) not wake /;
const OPEN =
  /must block|(?:does|do|did) not (?:stay )?block|while another thread (?:held|was in)|(?:^|, (?:but )?)another thread (?:can acquire|acquired) |two threads acquired|at the same time/;

// The exception that came out of a call, as a match of a pattern, or null.
function exception(observed) {
  const out = CAME_OUT.exec(observed);
  if (!out) return RAISED.exec(observed);
  return out[1] === "None" ? null : out;
}

function harm(cell) {
  const { verdict, observed } = cell;
  if (verdict.name === "error") return "kit";
  if (verdict.name === "crash") return "crash";
  if (verdict.name === "unsupported") return "missing";
  if (verdict.name === "timeout") return "hang";
  // What came first led to the other.
  const hangs = HANGS.exec(observed);
  const raised = exception(observed);
  if (hangs && !(raised && raised.index < hangs.index)) return "hang";
  if (raised) return "raises";
  return OPEN.test(observed) ? "open" : "silent";
}

// The name that is missing, such as isAlive, or null.
function missingName(cell) {
  return cell.verdict.name === "unsupported" ? (MISSING.exec(cell.observed)?.[1] ?? null) : null;
}

// What was observed, without what differs from case to case: numbers, and objects in <…>.
function pattern(observed, check) {
  const raised = exception(observed)?.[1];
  const said =
    raised ?? (observed === "the check does not hold" ? `${observed}: ${check}` : observed);
  return said.replace(/<[^<>]*>/g, "<…>").replace(/\d+/g, "N");
}

// An unreviewed reason quotes what was observed, so it is no cause.
function causeOf(cell, check) {
  if (cell.known !== null && !cell.unreviewed)
    return { kind: "reason", key: cell.known, title: cell.known };
  const name = missingName(cell);
  if (name) return { kind: "name", key: name, title: `There is no ${name}`, name };
  const raised = exception(cell.observed)?.[1];
  return {
    kind: "evidence",
    key: pattern(cell.observed, check),
    title: raised ?? (cell.observed || `verdict ${cell.verdict.name}`),
  };
}

// The causes of the deviations of an implementation within some chapters: the new ones before those
// that its adapter lists, and those that begin in the most basic chapter first. Required clauses come
// before recommendations.
export function causes(model, column, chapters) {
  const found = new Map();
  for (const clause of inChapters(model.judged, chapters)) {
    const cell = column.cells.get(clause.id);
    if (!cell?.bad) continue;
    const check = column.details.get(cell.number)?.check ?? "";
    const { kind, key, title, name } = causeOf(cell, check);
    const status = standing(cell);
    const id = `${status} ${kind} ${key}`;
    if (!found.has(id)) found.set(id, { id, kind, title, name, status, deviations: [] });
    found.get(id).deviations.push({ clause, cell, harm: harm(cell) });
  }
  const all = [...found.values()];
  for (const cause of all) {
    cause.required = cause.deviations.filter(({ clause }) => clause.level === "must").length;
    const harms = new Set(cause.deviations.map((one) => one.harm));
    cause.harms = HARMS.filter(({ name }) => harms.has(name));
    const levels = new Set(cause.deviations.map(({ clause }) => clause.level));
    cause.levels = ["must", "should", "free"].filter((level) => levels.has(level));
  }
  const order = (cause) => [
    STANDINGS.indexOf(cause.status),
    cause.required === 0,
    cause.deviations[0].clause.number,
  ];
  return all.sort((one, other) => compare(order(one), order(other)));
}

export function compare(one, other) {
  for (let place = 0; place < one.length; place += 1) {
    if (one[place] < other[place]) return -1;
    if (one[place] > other[place]) return 1;
  }
  return 0;
}

// One sentence about an implementation: what breaks, and what that does to a program.
export function sentence(model, column, chapters) {
  const clauses = inChapters(model.judged, chapters);
  const required = score(column, atLevel(clauses, "must"));
  const advised = score(column, atLevel(clauses, "should"));
  const advice = advised.broken
    ? `differs from ${plural(advised.broken, "recommendation")}`
    : advised.judged
      ? "follows every recommendation"
      : "";
  if (!required.judged && !advised.judged) return "Nothing of this was judged.";
  const bySort = new Map();
  for (const cause of causes(model, column, chapters)) {
    for (const { clause, cell, harm: sort } of cause.deviations) {
      if (clause.level !== "must" && !GRAVE.includes(sort)) continue;
      const about = sort === "missing" ? (missingName(cell) ?? subject(clause)) : subject(clause);
      if (!bySort.has(sort)) bySort.set(sort, new Map());
      bySort.get(sort).set(about, (bySort.get(sort).get(about) ?? 0) + 1);
    }
  }
  if (!bySort.size) {
    const start = required.judged ? "Keeps everything that is required" : "";
    return `${capital([start, advice].filter(Boolean).join(", and "))}.`;
  }
  const parts = HARMS.filter(({ name }) => bySort.has(name)).map(({ name, does }) => {
    const found = bySort.get(name);
    const most = [...found].sort((one, other) => other[1] - one[1]).map(([about]) => about);
    return `${does} ${few(most)}`;
  });
  return `${capital(parts.join("; "))}.`;
}

// Whose a cause is, as far as the data tells: texts, of which there may be none.
export function owners(model, column, cause) {
  const found = [];
  if (cause.harms.every(({ name }) => name === "kit")) {
    found.push("the kit's, or that of the environment in which it ran");
  }
  for (const other of standardLibraries(model, column)) {
    const same = cause.deviations.filter(({ clause, cell }) => {
      const its = other.cells.get(clause.id);
      return its?.bad && kindOfDeviation(other, its) === kindOfDeviation(column, cell);
    });
    if (!same.length) continue;
    const some = same.length < cause.deviations.length;
    const of = some ? ` from ${same.length} of the ${cause.deviations.length} clauses` : "";
    found.push(`${other.label} deviates in the same way${of}, so this may be inherited`);
  }
  const { tracker = "" } = column.implementation;
  const issues = cause.status === "known" ? cause.title.split(ISSUE) : [];
  const repositories = issues.filter((_, number) => number % 2).map((one) => one.split("#")[0]);
  for (const one of new Set(repositories)) {
    found.push(`reported to ${tracker.includes(`//github.com/${one}/`) ? "its maintainers" : one}`);
  }
  return found;
}

// The standard library's own module in the interpreter of an implementation.
function standardLibraries(model, { implementation }) {
  const isStandard = ({ name }) => name.split("@")[0] === "stdlib";
  if (isStandard(implementation)) return [];
  return model.columns.filter(
    ({ implementation: other }) =>
      isStandard(other) &&
      other.interpreter === implementation.interpreter &&
      other.gil === implementation.gil,
  );
}

// What two deviations from a clause must have in common to be the same.
function kindOfDeviation({ details }, { verdict, observed, number }) {
  return `${verdict.name} ${pattern(observed, details.get(number)?.check ?? "")}`;
}

// What the people who work on an implementation can do about a cause that they have not reviewed.
export function advice(cause) {
  if (cause.status === "unreviewed") {
    return 'Mend it, or say in the adapter file why it is so, in place of the reason that begins with "unreviewed:".';
  }
  const kinds = new Set(cause.harms.map(({ name }) => name));
  if (cause.kind === "name") {
    return `Add ${cause.name}. If it is there under another name, say so in the adapter file.`;
  }
  if (kinds.has("kit")) return "Read the evidence. If your environment is not at fault, report it.";
  if (kinds.has("crash"))
    return "Mend this first: a crash hides what comes after it. The output has the stack.";
  if (kinds.has("hang")) {
    return "Mend this early: a call that hangs hides what comes after it. After a time-out, the output has the stacks of all threads.";
  }
  if (cause.deviations.length === 1) return "Repeat it alone, and read its evidence.";
  return "Repeat the first clause alone, and begin there: the others may follow from it.";
}
