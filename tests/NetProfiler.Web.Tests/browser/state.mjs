// What a page without exchanges says: the texts of the arguments, in light and dark, without a finding of axe.
import { assert, check, open, rest, test } from "./harness.mjs";

const colorScheme = rest[0];
await test(async page => {
  await page.locator("main h2, main .empty").first().waitFor();
  if (await page.locator("main table a").count() > 0) {
    await check(page, "tasks");
    await open(page);
    await page.locator("nav").waitFor();
  }
  for (const text of rest.slice(1)) await page.getByText(text).first().waitFor();
  assert.equal(await page.locator(".problem").count(), 0);
  await check(page, rest[1]);
}, { colorScheme });
