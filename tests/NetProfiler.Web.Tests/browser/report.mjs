// A report file needs no server, and shows the same.
import { assert, open, test } from "./harness.mjs";

await test(async (page, context) => {
  await context.setOffline(true);
  await open(page);
  await page.locator(".row:not(.head)").nth(1).click();
  await page.locator(".verdict").waitFor();
  assert.equal(await page.locator(".verdict b").textContent(), "304 ms of 348 ms in the server's application.");
  assert.match(await page.locator(".detail").textContent(), /POST \/checkout\?id=1&token=\[masked:/);
  for (const [key, heading] of [["2", "Who calls whom"], ["3", "Routes"], ["4", "TCP connections"], ["5", "Nothing was lost"]]) {
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: heading }).waitFor();
  }
});
