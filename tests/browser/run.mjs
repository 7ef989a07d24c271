// Starts the local stack and one browser, runs the tests of this folder against them, ends both.
//
//     node tests/browser/run.mjs [file …]
//
// CHROMIUM names the browser (default: /usr/bin/chromium). STACK names the stack.json of a stack
// that is up already (`make run` writes target/local/stack.json); then none is started.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const shots = path.join(root, "target/browser");
const folder = "browser-stack";
// What the stack prints when it has played its conversation: then every function is warm.
const UP = "Ctrl-C ends everything";
// One file at a time: the stack and the browser are shared, and so is the processor.
const OPTIONS = ["--test", "--test-concurrency=1", "--test-reporter=spec"];
const BROWSER_ARGUMENTS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

async function startStack() {
  const stack = spawn("target/debug/amb-local", ["--folder", folder], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = [];
  for await (const line of createInterface({ input: stack.stdout })) {
    said.push(line);
    if (line.includes(UP)) {
      stack.stdout.resume();
      return { file: path.join(root, "target", folder, "stack.json"), end: () => end(stack) };
    }
  }
  throw new Error(`the local stack did not come up\n${said.join("\n")}`);
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

async function runTests(files, surroundings) {
  const child = spawn(process.execPath, [...OPTIONS, ...files], {
    cwd: root,
    env: { ...process.env, ...surroundings },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  return code ?? 1;
}

function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} is missing; install Chromium, or say where it is with CHROMIUM`);
  }
  return chromium.launchServer({ executablePath, args: BROWSER_ARGUMENTS });
}

async function main(names) {
  rmSync(shots, { recursive: true, force: true });
  mkdirSync(shots, { recursive: true });
  const all = readdirSync(here).filter((name) => name.endsWith(".test.mjs"));
  const files = names.length > 0 ? names : all.sort().map((name) => path.join(here, name));
  const stack = process.env.STACK
    ? { file: path.resolve(process.env.STACK), end: () => {} }
    : await startStack();
  try {
    const browser = await startBrowser();
    try {
      return await runTests(files, {
        AMB_STACK_FILE: stack.file,
        AMB_BROWSER: browser.wsEndpoint(),
        AMB_SCREENSHOTS: shots,
      });
    } finally {
      await browser.close();
    }
  } finally {
    await stack.end();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`browser tests: ${error.message}`);
  process.exitCode = 1;
}
