// What the page shows is what the arguments say: exchanges, 4xx, 5xx, the badge, and the rows that a filter selects.
import { assert, open, rest, test } from "./harness.mjs";

const [exchanges, clientErrors, serverErrors, badge, filter, selected] = rest;
await test(async page => {
  await open(page);
  await page.locator(".row:not(.head)").first().waitFor();
  const shown = await page.locator(".numbers").textContent();
  assert.ok(shown.includes(`${exchanges}exchanges`), shown);
  assert.ok(shown.includes(`4xx (${clientErrors})`) && shown.includes(`5xx (${serverErrors})`), shown);
  assert.equal(await page.locator(".badge").textContent(), badge);
  await page.locator("#filter").fill(filter);
  await page.getByText(selected, { exact: true }).waitFor();
});
