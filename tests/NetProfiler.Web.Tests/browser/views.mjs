// Each view, in light or dark, wide or narrow: no finding of axe, and nothing wider than the window.
import { assert, check, open, rest, test } from "./harness.mjs";

const [colorScheme, width] = rest;
await test(async page => {
  await open(page);
  await page.locator(".row:not(.head)").first().click();
  await page.locator(".waterfall").waitFor();
  await check(page, "requests");
  for (const [key, heading] of [["2", "Who calls whom"], ["3", "Routes"], ["4", "TCP connections"], ["5", "Nothing was lost"]]) {
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: heading }).waitFor();
    await check(page, heading);
  }
  await page.getByText("As tables").click();
  await check(page, "tables");
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await check(page, "help");
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `the page is ${wider} pixels wider than its window`);
}, { colorScheme, viewport: { width: Number(width), height: 860 } });
