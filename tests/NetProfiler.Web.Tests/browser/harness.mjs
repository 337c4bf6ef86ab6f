// One browser test: node CASE.mjs LINK [ARGUMENT...]. Ends with 0, or says on standard error what did not hold.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import assert from "node:assert/strict";

const web = new URL("../../../web/", import.meta.url);
const require = createRequire(web);
const { chromium } = require("playwright-core");
const axePath = require.resolve("axe-core/axe.min.js");
const program = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find(path => existsSync(path));

export { assert };
export const [link, ...rest] = process.argv.slice(2);

/** Runs a test in a page of its own; whatever the page says on its console is a fault. */
export async function test(run, { colorScheme = "light", viewport = { width: 1400, height: 860 } } = {}) {
  const browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  const faults = [];
  try {
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce", bypassCSP: false });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("console", message => { if (message.type() === "error" || message.type() === "warning") faults.push(`console: ${message.text()}`); });
    page.on("pageerror", error => faults.push(`error: ${error.stack}`));
    page.on("dialog", dialog => { faults.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
    await page.goto(link);
    await run(page, context);
    assert.deepEqual(faults, []);
  } finally {
    await browser.close();
  }
}

export const open = page => page.locator("main table a").first().click();

/** Axe's findings in a page, by rule and element. It runs outside of the page's policy, as an extension does. */
export async function check(page, where) {
  const { readFileSync } = await import("node:fs");
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
  const evaluate = async expression => {
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(`${readFileSync(axePath, "utf8")};0`);
  const found = await evaluate(`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
    .then(({ violations }) => violations.map(one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 200) + " (" + (node.any[0]?.message ?? node.failureSummary) + ")").slice(0, 3).join(" | ")))`);
  assert.deepEqual(found, [], `axe, ${where}`);
  await session.detach();
}
