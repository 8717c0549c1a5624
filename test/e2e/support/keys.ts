import type { Locator, Page } from 'playwright-core';

/** Steps of the Tab key in which anything on a page is reached. */
const MOST_STEPS = 200;

/** What a person does with a keyboard alone. */
export interface Keys {
  /** Leaves the navigation out by the link that is there for it: the next Tab is in the content. */
  toContent(): Promise<void>;
  /** Presses Tab until something has the focus. @param back with Shift */
  tabTo(target: Locator, back?: boolean): Promise<void>;
  /** The same with another key, as of a menu. */
  goTo(target: Locator, key: string): Promise<void>;
  /** Goes to something and presses Enter. */
  enter(target: Locator, back?: boolean): Promise<void>;
  /** Goes to something and presses a key so many times. */
  press(target: Locator, key: string, times?: number): Promise<void>;
  /** Goes to a field and writes in place of what is in it. */
  write(target: Locator, text: string): Promise<void>;
}

/** @param page asked for at each step: one that is opened later is another */
export function keysOn(page: () => Page): Keys {
  const keys: Keys = {
    async toContent() {
      await page().getByRole('heading', { level: 2 }).waitFor();
      await keys.tabTo(page().getByRole('link', { name: 'Skip to the content' }));
      await page().keyboard.press('Enter');
    },
    tabTo: (target, back = false) => keys.goTo(target, back ? 'Shift+Tab' : 'Tab'),
    async goTo(target, key) {
      await target.waitFor({ state: 'attached' });
      for (let steps = 0; steps < MOST_STEPS; steps++) {
        await page().keyboard.press(key);
        if (await target.evaluate((element) => element === document.activeElement)) return;
      }
      throw new Error(`${target} is not reached by ${key}`);
    },
    async enter(target, back) {
      await keys.tabTo(target, back);
      await page().keyboard.press('Enter');
    },
    async press(target, key, times = 1) {
      await keys.tabTo(target);
      for (let n = 0; n < times; n++) await page().keyboard.press(key);
    },
    async write(target, text) {
      await keys.tabTo(target);
      await page().keyboard.press('Control+a');
      await page().keyboard.type(text);
    },
  };
  return keys;
}
