import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/**
 * Goes to each kind that the page's navigation offers, and there to the first object and its tabs, as one who clicks
 * through all that there is. Fails where anything says that it did not work.
 * @param tabs whether all tabs are looked at, for the objects of a kind by its heading; others are left at their summary
 * @returns the headings of the kinds, and which of them had an object
 */
export async function visitAll(
  page: Page,
  tabs: (heading: string) => boolean,
): Promise<Map<string, string | undefined>> {
  const navigation = page.getByRole('navigation', { name: 'Kinds' });
  const seen = new Map<string, string | undefined>();
  await navigation.getByRole('button', { name: 'Others' }).click();
  const links = navigation.locator('a[href*="/kinds/"]');
  await links.first().waitFor();
  for (const heading of await links.allInnerTexts()) {
    await links.getByText(heading, { exact: true }).first().click();
    await page.getByRole('heading', { level: 2, name: heading, exact: true }).waitFor();
    await page.locator('[role=grid][aria-busy=false]').waitFor();
    await nothingFailed(page, heading);
    const first = page.getByRole('grid').getByRole('link').first();
    if ((await first.count()) === 0) {
      seen.set(heading, undefined);
      continue;
    }
    const name = await first.innerText();
    seen.set(heading, name);
    await first.click();
    await page.getByText('resourceVersion', { exact: true }).waitFor();
    await nothingFailed(page, `${heading}/${name}`);
    if (tabs(heading)) await visitTabs(page, `${heading}/${name}`);
  }
  return seen;
}

/** Looks at each tab of the object whose page is shown, from the first to the last. */
async function visitTabs(page: Page, where: string): Promise<void> {
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    const panel = page.getByRole('tabpanel');
    await panel.waitFor();
    await panel.getByText('loading', { exact: true }).waitFor({ state: 'detached' });
    await nothingFailed(page, `${where}, ${await tab.innerText()}`);
  }
}

const nothingFailed = async (page: Page, where: string): Promise<void> =>
  expect(await page.getByRole('alert').allInnerTexts(), where).toEqual([]);
