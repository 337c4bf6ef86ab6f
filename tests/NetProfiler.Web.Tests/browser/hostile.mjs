// Captured bytes that would like to be more: they are text, wherever they are shown.
import { assert, open, test } from "./harness.mjs";

await test(async page => {
  await open(page);
  await page.locator(".row:not(.head)").first().waitFor();
  const rows = await page.locator(".row:not(.head)").count();
  for (let i = 0; i < rows; i++) {
    await page.locator(".row:not(.head)").nth(i).click();
    await page.locator(".detail .facts").waitFor();
    const closed = page.locator(".detail > details:not([open]) > summary");
    while (await closed.count() > 0) await closed.first().click();
  }
  for (const key of ["2", "3", "4", "5", "0"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(150);
  }
  await open(page);
  await page.locator(".row:not(.head)").first().waitFor();
  const text = await page.locator(".rows").textContent();
  assert.ok(text.includes("<script>"), text.slice(0, 500));
  assert.ok(text.includes("\\u202e") && text.includes("\\u001b"), "bidi and escape are shown as what they are");
  assert.doesNotMatch(await page.locator("body").innerText(), /[\u001b\u202e\u2066]/);
  assert.equal(await page.evaluate(() => document.querySelectorAll("main script, main img, main iframe, main style").length), 0);
  assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
});
