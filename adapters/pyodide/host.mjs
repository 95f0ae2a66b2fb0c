// Runs the worker in Pyodide, a CPython for web pages, under Node.js.
//
// The kit starts `node host.mjs SCRIPT` with pipes.  The main thread passes each line on to a worker
// thread as a message, and each message back as a line, as a page would do with its Web Worker
// (see "Messages" in conformance/PROTOCOL.md).  The worker thread runs Python.

import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

// Where `npm install pyodide` is looked for, besides the folders in NODE_PATH: where the kit is
// started, and where `make implementations` puts it.
const FOLDERS = [process.cwd(), join(ROOT, "build", "implementations")];

function relay(script) {
  const page = new Worker(new URL(import.meta.url), { workerData: script });
  const requests = createInterface({ input: process.stdin });
  requests.on("line", (line) => page.postMessage(line));
  requests.on("close", () => process.exit());
  page.on("message", (reply) => process.stdout.write(reply));
  page.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  // The kit asks for stacks, which Pyodide cannot write; Node would start its debugger.
  process.on("SIGUSR1", () => {});
}

async function serve(script) {
  const python = await loadPython();
  const mounted = [];

  // Show Python a folder of this machine under its own path.
  function mount(folder) {
    if (mounted.some((one) => `${folder}/`.startsWith(`${one}/`))) return;
    python.FS.mkdirTree(folder);
    python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, folder);
    mounted.push(folder);
  }

  const harness = dirname(resolve(script));
  mount(resolve(harness, "../.."));
  const answer = python.runPython(`
    import sys
    sys.path.insert(0, ${JSON.stringify(harness)})
    from serve import answerer
    answerer()
  `);
  parentPort.on("message", (line) => {
    for (const folder of JSON.parse(line).path ?? []) mount(folder);
    const reply = answer(line);
    if (reply) parentPort.postMessage(reply);
  });
}

async function loadPython() {
  const { loadPyodide } = find("pyodide");
  const python = await loadPyodide();
  const errors = { write: (bytes) => writeSync(2, bytes) };
  python.setStdout(errors);
  python.setStderr(errors);
  python.setStdin({ stdin: () => null });
  return python;
}

function find(name) {
  const require = createRequire(import.meta.url);
  try {
    return require(require.resolve(name, { paths: FOLDERS }));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(`there is no package ${name} in ${process.cwd()}; run: npm install ${name}`);
  }
}

if (isMainThread) relay(process.argv[2]);
else await serve(workerData);
