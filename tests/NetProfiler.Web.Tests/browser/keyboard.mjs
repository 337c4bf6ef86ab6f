// From the first page to whose time a slow request took, by keyboard alone.
import { assert, test } from "./harness.mjs";

await test(async page => {
  await page.locator("main table a").waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
  for (let i = 0; i < 10 && (await focused()) !== "shop"; i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("nav").waitFor();

  await page.keyboard.press("/");
  await page.keyboard.type("end=client duration>250ms");
  await page.keyboard.press("Enter");
  await page.getByText("1 of 2", { exact: true }).waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".verdict").waitFor();
  assert.equal(await page.locator(".verdict b").textContent(), "304 ms of 348 ms in the server's application.");
  assert.deepEqual(await page.locator(".waterfall .label").allTextContents(), ["client", "server"]);
  assert.match(await page.locator(".phase-table").textContent(), /betweennetwork and kernels43\.9 ms12\.6 %/);
  assert.match(page.url(), /request=1/);
  await page.keyboard.press("Escape");
  await page.locator(".detail").waitFor({ state: "detached" });

  for (const [key, tab] of [["2", "topology"], ["3", "routes"], ["4", "TCP"], ["5", "losses"], ["1", "requests"]]) {
    await page.keyboard.press(key);
    await page.locator(`nav a[aria-current]:text-is("${tab}")`).waitFor();
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  // A list's rows, by arrows.
  await page.keyboard.press("/");
  await page.locator("#filter").fill("");
  await page.keyboard.press("Enter");
  await page.locator(".rows").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.locator(".row.active .process").textContent(), "web");
  await page.keyboard.press("0");
  await page.getByRole("heading", { name: "Tasks" }).waitFor();
});
